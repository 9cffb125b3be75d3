//! How good compose's proposals were: what editors kept of them in the issues that were frozen.

use super::Drafts;
use crate::issues;
use crate::model::{Editing, IssueName, Sentence, Value};

/// How many issues make a trend.
const TREND: usize = 10;

impl Drafts {
    /// How the editor changed the proposal, and the trend over the last issues; nothing if that cannot
    /// be known. `frozen` is the text of the draft as approved.
    pub(super) fn proposal(&self, name: &IssueName, frozen: &str) -> Vec<Sentence> {
        self.verdict(name, frozen).into_iter().chain(self.trend(name)).collect()
    }

    /// "kept 10 of 12, moved 3, subject rewritten".
    pub(super) fn verdict(&self, name: &IssueName, frozen: &str) -> Option<Sentence> {
        let dir = self.site.issues_dir();
        let draft = issues::parse(&issues::folder(&dir, name).join("issue.toml"), frozen).ok()?;
        Some(verdict(&issues::editing(&dir, name, &draft)?))
    }

    /// "over the last 10 issues 81 % was kept; in the latest 5 88 %, before that 74 %: better"; none before there are four.
    pub(super) fn trend(&self, name: &IssueName) -> Option<Sentence> {
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

fn count(n: usize) -> Value {
    Value::Count(n.try_into().unwrap_or(u64::MAX))
}

/// How an editor changed one proposal.
fn verdict(editing: &Editing) -> Sentence {
    if editing.untouched() {
        return Sentence::new("proposal.untouched").with("n", count(editing.proposed.len()));
    }
    let kept = Sentence::new("proposal.kept");
    let mut parts = vec![kept.with("kept", count(editing.kept)).with("proposed", count(editing.proposed.len()))];
    let counted = [(editing.brought(), "proposal.brought"), (editing.moved, "proposal.moved")];
    parts.extend(counted.into_iter().filter(|(n, _)| *n > 0).map(|(n, name)| Sentence::new(name).with("n", count(n))));
    let rewritten = match (editing.subject_rewritten, editing.preheader_rewritten) {
        (true, true) => Some("proposal.both_rewritten"),
        (true, false) => Some("proposal.subject_rewritten"),
        (false, true) => Some("proposal.preheader_rewritten"),
        (false, false) => None,
    };
    parts.extend(rewritten.map(Sentence::new));
    Sentence::new("proposal.changed").with("parts", Value::Parts(parts))
}

/// The trend over several editings, in order.
fn trend(editings: &[Editing]) -> Option<Sentence> {
    if editings.len() < 4 {
        return None;
    }
    let kept = |editings: &[Editing]| {
        let (kept, proposed) = editings
            .iter()
            .fold((0, 0), |(kept, proposed), editing| (kept + editing.kept, proposed + editing.proposed.len()));
        kept * 100 / proposed.max(1)
    };
    let percent = |percent: usize| Value::Percent(percent.try_into().unwrap_or(u64::MAX));
    let (before, latest) = editings.split_at(editings.len() / 2);
    let (was, is) = (kept(before), kept(latest));
    let name = match is.cmp(&was) {
        std::cmp::Ordering::Greater => "proposal.better",
        std::cmp::Ordering::Equal => "proposal.same",
        std::cmp::Ordering::Less => "proposal.worse",
    };
    let sentence = Sentence::new(name).with("issues", count(editings.len())).with("all", percent(kept(editings)));
    Some(sentence.with("latest", count(latest.len())).with("now", percent(is)).with("before", percent(was)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use crate::render::in_english;

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
        let of = |kept: &[usize]| {
            trend(&kept.iter().map(|kept| editing(*kept, 10)).collect::<Vec<_>>()).map(|told| in_english(&told))
        };
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
        assert_eq!(in_english(&verdict(&editing)), "kept 10 of 12, moved 3, subject rewritten");
        let untouched = Editing { kept: 12, moved: 0, subject_rewritten: false, ..editing };
        assert_eq!(in_english(&verdict(&untouched)), "kept all 12 as composed");
    }
}
