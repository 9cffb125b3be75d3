//! Who gets an issue first, and whether the others may get it after that. Pure.

use sha2::{Digest, Sha256};

use super::retry::may_be_about_us;
use crate::model::Reply;

/// The recipients' numbers of the canary, in order: `size` of `audience`, drawn by a hash of the issue's name, so that each issue
/// has others and the same issue always the same.
pub fn canary_numbers(issue: &str, audience: u64, size: u64) -> Vec<i64> {
    let digest = Sha256::digest(issue);
    let seed = digest.iter().take(8).fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte));
    let mut drawn: Vec<(u64, i64)> =
        (1..=audience).filter_map(|number| Some((mixed(seed ^ number), i64::try_from(number).ok()?))).collect();
    drawn.sort_unstable();
    drawn.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let mut numbers: Vec<i64> = drawn.into_iter().map(|(_, number)| number).collect();
    numbers.sort_unstable();
    numbers
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014): neighbours become strangers.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

/// The parts of the tried messages, 0 to 1, beyond which a send stops itself; 0 means any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Refused for what we send or who we are.
    pub refused: f64,
    /// Refused for good for other reasons: addresses that do not exist.
    pub bounced: f64,
    /// Complaints that came in.
    pub complained: f64,
}

/// The outcomes of a canary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Messages that were answered for good.
    pub answered: u64,
    /// The replies to those that were refused for good.
    pub refusals: Vec<Reply>,
    /// Bounces that came in after the relay had taken the message.
    pub bounced_later: u64,
    pub complaints: u64,
}

/// Fewer than this of a kind say nothing, unless they are all there is.
const FEWEST: u64 = 3;

/// Why the others may not have the issue; `None` when they may.
pub fn verdict(answers: &Answers, limits: Limits) -> Option<String> {
    let about_us = answers.refusals.iter().filter(|reply| may_be_about_us(reply)).count() as u64;
    let bounced = answers.refusals.len() as u64 - about_us + answers.bounced_later;
    let over = |count: u64, limit: f64, fewest: u64| {
        #[expect(clippy::cast_precision_loss, reason = "counts of subscribers, far below 2^52")]
        let beyond = count as f64 > limit * answers.answered as f64;
        limit > 0.0 && beyond && (count >= fewest || count == answers.answered)
    };
    let last = answers.refusals.last().map(|reply| format!(", last `{reply}`")).unwrap_or_default();
    for (count, limit, fewest, what) in [
        (about_us, limits.refused, FEWEST, "were refused for content or reputation"),
        (bounced, limits.bounced, FEWEST, "bounced"),
        (answers.complaints, limits.complained, 2, "were complained about"),
    ] {
        if over(count, limit, fewest) {
            let of = answers.answered;
            return Some(format!(
                "of the first {of} messages, {count} {what}{last}; nobody else was mailed. Fix that, then run `digest resume`"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_cohort_is_the_same_each_time_and_another_for_each_issue() {
        let one = canary_numbers("2026-11-25-midweek", 10_000, 200);
        assert_eq!(one, canary_numbers("2026-11-25-midweek", 10_000, 200));
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), 200);
        assert!(one.iter().all(|n| (1..=10_000).contains(n)));
        let other = canary_numbers("2026-12-02-midweek", 10_000, 200);
        let both = one.iter().filter(|n| other.contains(n)).count();
        assert!(both < 20, "{both} of 200 are in both");
        // Spread over the list: each tenth of it has some of them.
        for tenth in 0..10 {
            let there = one.iter().filter(|n| (**n - 1) / 1000 == tenth).count();
            assert!((5..45).contains(&there), "{there} of the {tenth}th tenth");
        }
        assert_eq!(canary_numbers("x", 3, 10), [1, 2, 3]);
        assert!(canary_numbers("x", 0, 10).is_empty());
    }

    #[test]
    fn the_others_wait_when_too_many_of_the_first_were_refused() {
        let reply =
            |code, enhanced: &str| Reply { code: Some(code), enhanced: Some(enhanced.into()), text: "no".into() };
        let answers = |answered, us: usize, gone: usize, complaints| Answers {
            answered,
            refusals: [vec![reply(554, "5.7.1"); us], vec![reply(550, "5.1.1"); gone]].concat(),
            bounced_later: 0,
            complaints,
        };
        let limits = Limits { refused: 0.1, bounced: 0.1, complained: 0.003 };
        for (answers, stops) in [
            (answers(200, 0, 0, 0), None),
            (answers(200, 20, 0, 0), None),
            (answers(200, 21, 0, 0), Some("refused for content")),
            (answers(200, 0, 21, 0), Some("bounced")),
            (answers(200, 0, 0, 1), None),
            (answers(200, 0, 0, 2), Some("complained")),
            // Small ones: two of ten are no sign, all of two are.
            (answers(10, 2, 0, 0), None),
            (answers(10, 3, 0, 0), Some("refused for content")),
            (answers(2, 2, 0, 0), Some("refused for content")),
            (answers(0, 0, 0, 0), None),
        ] {
            let told = verdict(&answers, limits);
            match stops {
                None => assert_eq!(told, None, "{answers:?}"),
                Some(word) => assert!(told.as_ref().is_some_and(|t| t.contains(word)), "{told:?} for {answers:?}"),
            }
        }
        let any = Limits { refused: 0.0, bounced: 0.0, complained: 0.0 };
        assert_eq!(verdict(&answers(5, 5, 0, 5), any), None);
    }
}
