//! How good compose's proposals were: what editors kept of them in the issues that were frozen.

use super::Drafts;
use crate::issues;
use crate::model::{Editing, IssueName};

/// How many issues make a trend.
const TREND: usize = 10;

impl Drafts {
    /// What the editor made of the proposal, and over the last issues whether it gets better; nothing where nobody can
    /// tell. `frozen` is the text of the draft as approved.
    pub(super) fn proposal(&self, name: &IssueName, frozen: &str) -> Vec<String> {
        self.verdict(name, frozen).into_iter().chain(self.trend(name)).collect()
    }

    /// "kept 10 of 12, moved 3, subject rewritten".
    pub(super) fn verdict(&self, name: &IssueName, frozen: &str) -> Option<String> {
        let dir = self.site.issues_dir();
        let draft = issues::parse(&issues::folder(&dir, name).join("issue.toml"), frozen).ok()?;
        Some(issues::editing(&dir, name, &draft)?.in_words())
    }

    /// "of the last 10 issues 81 % was kept, of the 5 before the latest 5 74 %, of these 88 %"; none before there are four.
    pub(super) fn trend(&self, name: &IssueName) -> Option<String> {
        let dir = self.site.issues_dir();
        let earlier = issues::list(&dir).ok()?.into_iter().filter(|other| other <= name);
        let names: Vec<IssueName> = earlier.collect();
        let last = names.iter().rev().take(TREND).rev();
        let editings: Vec<Editing> = last
            .filter_map(|name| issues::editing(&dir, name, &issues::read(&dir, name).ok()?))
            .filter(|editing| !editing.proposed.is_empty())
            .collect();
        trend(&editings)
    }
}

/// The trend of editings in their order.
fn trend(editings: &[Editing]) -> Option<String> {
    if editings.len() < 4 {
        return None;
    }
    let kept = |editings: &[Editing]| {
        let (kept, proposed) = editings
            .iter()
            .fold((0, 0), |(kept, proposed), editing| (kept + editing.kept, proposed + editing.proposed.len()));
        kept * 100 / proposed.max(1)
    };
    let (before, latest) = editings.split_at(editings.len() / 2);
    let (was, is) = (kept(before), kept(latest));
    let word = match is.cmp(&was) {
        std::cmp::Ordering::Greater => "better",
        std::cmp::Ordering::Equal => "the same",
        std::cmp::Ordering::Less => "worse",
    };
    let (all, n, m) = (kept(editings), editings.len(), latest.len());
    Some(format!("over the last {n} issues {all} % was kept; in the latest {m} {is} %, before that {was} %: {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn editing(kept: usize, of: usize) -> Editing {
        Editing {
            issue: "2026-11-25-midweek".parse().unwrap(),
            proposed: vec![Origin::default(); of],
            acts: Vec::new(),
            kept,
            moved: 0,
            subject_rewritten: false,
            preheader_rewritten: false,
        }
    }

    #[test]
    fn the_trend_compares_the_latest_half_with_the_one_before() {
        let of = |kept: &[usize]| trend(&kept.iter().map(|kept| editing(*kept, 10)).collect::<Vec<_>>());
        assert_eq!(of(&[5, 5, 5]), None);
        assert_eq!(
            of(&[5, 6, 9, 9]).unwrap(),
            "over the last 4 issues 72 % was kept; in the latest 2 90 %, before that 55 %: better"
        );
        assert!(of(&[9, 9, 5, 6]).unwrap().ends_with("worse"));
    }

    #[test]
    fn a_verdict_names_what_was_kept_moved_and_rewritten() {
        let mut editing = editing(10, 12);
        editing.moved = 3;
        editing.subject_rewritten = true;
        assert_eq!(editing.in_words(), "kept 10 of 12, moved 3, subject rewritten");
        let untouched = Editing { kept: 12, moved: 0, subject_rewritten: false, ..editing };
        assert_eq!(untouched.in_words(), "kept all 12 as composed");
    }
}
