//! Whatever an editor does, no word of theirs is lost.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::issues::blocks::DraftBlocks;
use crate::issues::memory::Memory;
use crate::issues::merge::weave;

/// The two files of a draft, in memory: thousands of merges would wear a disk out.
pub struct Paper {
    pub draft: String,
    pub composed: String,
}

impl Paper {
    pub fn new(first: &Draft) -> Self {
        let base = DraftBlocks::cut(&to_toml(first)).unwrap();
        Self { draft: to_toml(first), composed: Memory { base, ..Memory::default() }.write() }
    }

    pub fn compose(&mut self, fresh: &Draft) {
        let fresh = DraftBlocks::cut(&to_toml(fresh)).unwrap();
        let woven =
            weave(Path::new("issue.toml"), &self.draft, Some(&self.composed), &fresh, Around::default()).unwrap();
        (self.draft, self.composed) = (woven.draft, woven.composed);
    }
}

/// Something an editor does to the draft.
#[derive(Clone, Debug)]
pub enum Edit {
    Delete(Index),
    Move(Index, Index),
    Retitle(Index),
    Comment(Index),
    Note(Index),
    Pin(Index),
    Ban(Index),
    Intro,
}

pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let which = any::<Index>;
    let edit = prop_oneof![
        which().prop_map(Edit::Delete),
        (which(), which()).prop_map(|(a, b)| Edit::Move(a, b)),
        which().prop_map(Edit::Retitle),
        which().prop_map(Edit::Comment),
        which().prop_map(Edit::Note),
        which().prop_map(Edit::Pin),
        which().prop_map(Edit::Ban),
        Just(Edit::Intro),
    ];
    prop::collection::vec(edit, 0..6)
}

pub fn fresh() -> impl Strategy<Value = Draft> {
    let ids: Vec<String> = ('a'..='l').map(String::from).collect();
    (Just(ids).prop_shuffle(), 0..6_usize, 0..4_usize, 0..3_usize, 0..3_u8).prop_map(|(ids, news, bench, guides, n)| {
        let mut draft = draft(
            &ids[..news].join(" "),
            &["guide-1", "guide-2", "guide-3"][..guides].join(" "),
            &ids[news..news + bench].join(" "),
        );
        draft.guides_bench = ["guide-1", "guide-2", "guide-3", "guide-4"][guides..].iter().map(|g| card(g)).collect();
        if let Some(lead) = draft.news.first_mut() {
            lead.also = vec![covered("other")];
            lead.follow_up = "2026-11-22-sunday".parse().ok();
            lead.guide_options = vec![GuideOption { guide: "guide-4".into(), fit: 0.31 }];
        }
        draft.subject = format!("Subject {n}");
        draft
    })
}

/// What must still be so after composing again.
#[derive(Debug, Default)]
pub struct Promises {
    words: Vec<String>,
    deleted: Vec<String>,
    /// Moved entries of a section in their order.
    touched: Vec<String>,
}

/// Edits the text, one edit after the other, and notes what the editor may now rely on.
pub fn apply(workspace: &mut Paper, edits: &[Edit], promises: &mut Promises, round: usize) {
    let shifts = edits.iter().filter(|e| matches!(e, Edit::Move(..) | Edit::Delete(_))).count();
    for (number, edit) in edits.iter().enumerate() {
        let mark = format!("mark-{round}-{number}-");
        let mut cut = DraftBlocks::cut(&workspace.draft).unwrap();
        let blocks = &mut cut.blocks;
        if let Edit::Intro = edit {
            workspace.draft =
                workspace.draft.replacen("intro = \"\"\"\n", &format!("# {mark}\nintro = \"\"\"\n{mark}x\n"), 1);
            promises.words.extend([format!("# {mark}"), format!("{mark}x")]);
            continue;
        }
        let (Edit::Delete(at)
        | Edit::Move(at, _)
        | Edit::Retitle(at)
        | Edit::Comment(at)
        | Edit::Note(at)
        | Edit::Pin(at)
        | Edit::Ban(at)) = edit
        else {
            continue;
        };
        if blocks.is_empty() {
            continue;
        }
        let at = at.index(blocks.len());
        let id = blocks[at].id.clone();
        match edit {
            Edit::Delete(_) => {
                let gone = blocks.remove(at);
                promises.words.retain(|word| !gone.text.contains(word));
                promises.touched.retain(|t| *t != id);
                promises.deleted.push(id);
            }
            Edit::Move(_, to) => {
                let block = blocks.remove(at);
                let section = block.section;
                let places: Vec<usize> = (0..=blocks.len())
                    .filter(|p| {
                        blocks.get(*p).is_some_and(|b| b.section == section)
                            || (*p > 0 && blocks[*p - 1].section == section)
                    })
                    .collect();
                let place = if places.is_empty() { at } else { places[to.index(places.len())] };
                blocks.insert(place, block);
                // Two moves, or a move past something then deleted, may leave no trace in the file.
                if place != at && shifts == 1 {
                    promises.touched.push(id);
                }
            }
            _ => {
                let line = match edit {
                    Edit::Retitle(_) => None,
                    Edit::Comment(_) => Some(format!("# {mark}c")),
                    Edit::Pin(_) if !blocks[at].text.contains("pinned") => Some(format!("pinned = true # {mark}p")),
                    Edit::Ban(_) if !blocks[at].text.contains("banned") => Some(format!("banned = true # {mark}b")),
                    _ => Some(format!("# {mark}n")),
                };
                let text = &blocks[at].text;
                blocks[at].text = match &line {
                    None => text.replacen("title = \"", &format!("title = \"{mark}t "), 1),
                    Some(line) => text.replacen("\ntitle", &format!("\n{line}\ntitle"), 1),
                };
                promises.words.push(line.unwrap_or_else(|| format!("{mark}t ")));
                promises.touched.push(id);
            }
        }
        workspace.draft = cut.join();
    }
}

fn order(workspace: &Paper, of: &[String]) -> Vec<String> {
    let blocks = DraftBlocks::cut(&workspace.draft).unwrap().blocks;
    blocks.into_iter().map(|b| b.id).filter(|id| of.contains(id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn composing_again_loses_nothing_of_the_editors(
        first in fresh(),
        rounds in prop::collection::vec((edits(), fresh()), 1..4),
    ) {
        let mut workspace = Paper::new(&first);
        let mut promises = Promises::default();
        for (round, (edits, fresh)) in rounds.iter().enumerate() {
            apply(&mut workspace, edits, &mut promises, round);
            let before = order(&workspace, &promises.touched);
            workspace.compose(fresh);
            let (text, composed) = (workspace.draft.clone(), workspace.composed.clone());
            for word in &promises.words {
                prop_assert!(text.contains(word.as_str()), "lost `{}` in\n{}", word, text);
            }
            prop_assert_eq!(before, order(&workspace, &promises.touched));
            let blocks = DraftBlocks::cut(&text).unwrap().blocks;
            prop_assert!(blocks.iter().all(|b| !promises.deleted.contains(&b.id)), "{:?} came back", promises.deleted);
            let now = parse(Path::new("issue.toml"), &text).unwrap();
            let added = now.news.iter().filter(|e| !e.banned).count();
            let kept = now.news.iter().filter(|e| !e.banned && promises.touched.contains(&e.id)).count();
            // A swap counts both neighbours as moved, so more than the promised may stay; never more than were there.
            prop_assert!(added <= fresh.news.len().max(kept + 12));
            workspace.compose(fresh);
            prop_assert_eq!(text, workspace.draft.clone());
            prop_assert_eq!(composed, workspace.composed.clone());
        }
    }

    #[test]
    fn an_untouched_draft_is_the_fresh_one(first in fresh(), second in fresh()) {
        let mut workspace = Paper::new(&first);
        workspace.compose(&second);
        prop_assert_eq!(workspace.draft, to_toml(&second));
    }

    #[test]
    fn any_draft_comes_back_as_it_was(subject in "\\PC*", intro in any::<String>(), note in any::<String>()) {
        let mut draft = draft("a", "g", "b");
        draft.subject = subject;
        draft.number = Some(Figure { value: format!("1 {intro}"), label: format!("of {}", draft.subject), url: None });
        draft.intro = intro;
        draft.news[0].note = note;
        draft.news[0].also = vec![Covered { title: draft.subject.clone(), url: None, ..covered("other") }];
        draft.guides_bench = vec![card("spare")];
        prop_assert_eq!(parse(Path::new("issue.toml"), &to_toml(&draft)), Ok(draft));
    }
}
