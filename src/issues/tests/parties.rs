//! Three write in one draft: an editor at the desk, whose page may show an older text; a person with another program; and compose.
//! Whatever they do and in whatever order, no word that a person wrote is lost but to somebody who saw it.
//!
//! `PROPTEST_CASES=100000 cargo test --lib three_parties` tries as many sequences.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::props::{self, Paper, Promises};
use super::*;
use crate::issues::blocks::DraftBlocks;
use crate::issues::edit::{Edit, find, stamps, words};
use crate::issues::history::{EditError, Step, make};

#[derive(Clone, Debug)]
enum Act {
    /// The desk; whether its page shows the newest text by then.
    Desk(Change, bool),
    /// Another program, which reads and writes at once.
    Text(Vec<props::Edit>),
    Compose(Box<Draft>),
    Undo,
    Redo,
}

/// What the desk does to an entry of its page.
#[derive(Clone, Debug)]
enum Change {
    Field(Index, &'static str, bool),
    Head(&'static str),
    Drop(Index),
    Merge(Index, Index),
    Move(Index, usize),
    Bench(Index),
    Ban(Index),
    Pin(Index),
    Guide(Index),
    Split(Index),
    Waive,
}

fn change() -> impl Strategy<Value = Change> {
    let which = any::<Index>;
    prop_oneof![
        3 => (which(), prop::sample::select(vec!["note", "summary", "title"]), any::<bool>())
            .prop_map(|(at, field, nasty)| Change::Field(at, field, nasty)),
        1 => prop::sample::select(vec!["subject", "preheader", "intro"]).prop_map(Change::Head),
        1 => which().prop_map(Change::Drop),
        1 => (which(), which()).prop_map(|(a, b)| Change::Merge(a, b)),
        1 => (which(), 1_usize..6).prop_map(|(at, place)| Change::Move(at, place)),
        1 => which().prop_map(Change::Bench),
        1 => which().prop_map(Change::Ban),
        1 => which().prop_map(Change::Pin),
        1 => which().prop_map(Change::Guide),
        1 => which().prop_map(Change::Split),
        1 => Just(Change::Waive),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (change(), any::<bool>()).prop_map(|(change, fresh)| Act::Desk(change, fresh)),
        2 => props::edits().prop_map(Act::Text),
        1 => props::fresh().prop_map(|draft| Act::Compose(Box::new(draft))),
        1 => Just(Act::Undo),
        1 => Just(Act::Redo),
    ]
}

fn label() -> &'static Path {
    Path::new("issues/2026-11-25-midweek/issue.toml")
}

/// The marks that stand in a text: each is a word that one person wrote.
fn marks(text: &str) -> BTreeSet<String> {
    let word = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    text.match_indices("mark-").map(|(at, _)| word(&text[at..])).collect()
}

/// The edit that the desk sends, what it saw of what that replaces, and the words that may go with it.
fn sent(change: &Change, page: &str, mark: &str) -> Option<(Edit, Option<String>, BTreeSet<String>)> {
    let draft = parse(label(), page).ok()?;
    let all: Vec<String> = draft.news.iter().chain(&draft.bench).map(|entry| entry.id.clone()).collect();
    let id = |at: &Index| (!all.is_empty()).then(|| all[at.index(all.len())].clone());
    let block = |id: &str| {
        let blocks = DraftBlocks::cut(page).expect("blocks").blocks;
        blocks.iter().filter(|block| block.id == id).map(|block| block.text.clone()).collect::<String>()
    };
    let stamp = |id: &str| stamps(page).remove(id);
    Some(match change {
        Change::Field(at, field, nasty) => {
            let id = id(at)?;
            let was = words(&draft, Some(find(&draft, &id).ok()?), field)?;
            let text =
                if *nasty && *field != "title" { format!("{mark} x\n[[news]]\n\"\"\"\\ # y") } else { mark.to_owned() };
            let may_go = marks(&was);
            (Edit::Set { entry: Some(id), field: (*field).into(), text }, Some(was), may_go)
        }
        Change::Head(field) => {
            let was = words(&draft, None, field)?;
            let may_go = marks(&was);
            (Edit::Set { entry: None, field: (*field).into(), text: mark.into() }, Some(was), may_go)
        }
        Change::Drop(at) => {
            let id = id(at)?;
            (Edit::Drop { entry: id.clone() }, stamp(&id), marks(&block(&id)))
        }
        Change::Merge(at, other) => {
            let (entry, other) = (id(at)?, id(other)?);
            let may_go = marks(&block(&other));
            let seen = stamp(&other);
            (Edit::Merge { entry, other }, seen, may_go)
        }
        Change::Move(at, place) => (Edit::Move { entry: id(at)?, place: *place }, None, BTreeSet::new()),
        Change::Bench(at) => (Edit::Bench { entry: id(at)? }, None, BTreeSet::new()),
        Change::Ban(at) => (Edit::Ban { entry: id(at)? }, None, BTreeSet::new()),
        Change::Pin(at) => (Edit::Pin { entry: id(at)? }, None, BTreeSet::new()),
        Change::Guide(at) => (Edit::Guide { entry: id(at)?, slug: None }, None, BTreeSet::new()),
        Change::Split(at) => {
            let id = id(at)?;
            let entry = draft.news.iter().chain(&draft.bench).find(|entry| entry.id == id)?;
            let other = entry.also.first()?.id.clone();
            (Edit::Split { entry: id, id: other, known: None }, None, BTreeSet::new())
        }
        Change::Waive => (Edit::Waive { code: "link-vague".into(), why: mark.into() }, None, BTreeSet::new()),
    })
}

/// The ids that an edit names: nobody else's bytes may differ after it.
fn named(edit: &Edit) -> Vec<&str> {
    match edit {
        Edit::Set { entry: Some(entry), .. }
        | Edit::Drop { entry }
        | Edit::Move { entry, .. }
        | Edit::Bench { entry }
        | Edit::Ban { entry }
        | Edit::Pin { entry }
        | Edit::Guide { entry, .. } => vec![entry],
        Edit::Merge { entry, other } => vec![entry, other],
        Edit::Split { entry, id, .. } => vec![entry, id],
        _ => Vec::new(),
    }
}

/// The undo list with the whole texts, to compare with.
#[derive(Default)]
struct Undoing {
    done: Vec<(Step, String, String)>,
    undone: Vec<(Step, String, String)>,
}

proptest! {
    // As many cases as PROPTEST_CASES says, else 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_parties_lose_nothing_that_a_person_wrote(first in props::fresh(), acts in prop::collection::vec(act(), 1..10)) {
        let mut paper = Paper::new(&first);
        let mut page = paper.draft.clone();
        let mut undoing = Undoing::default();
        for (number, act) in acts.iter().enumerate() {
            let before = paper.draft.clone();
            let mut may_go = BTreeSet::new();
            match act {
                Act::Desk(change, fresh) => {
                    if *fresh {
                        page.clone_from(&before);
                    }
                    let Some((edit, seen, gone)) = sent(change, &page, &format!("mark-desk-{number}-")) else { continue };
                    match make(label(), &before, &edit, seen.as_deref()) {
                        Ok(Some((after, step))) => {
                            may_go = gone;
                            let (was, is) = (DraftBlocks::cut(&before).unwrap(), DraftBlocks::cut(&after).unwrap());
                            for block in was.blocks.iter().filter(|block| !named(&edit).contains(&block.id.as_str())) {
                                prop_assert!(is.blocks.iter().any(|other| other.same_words(block)), "{:?} touched\n{}", edit, block.text);
                            }
                            undoing.undone.clear();
                            undoing.done.push((step, before.clone(), after.clone()));
                            paper.draft = after;
                        }
                        Ok(None) | Err(EditError::Refused(_)) => {}
                        // Both are there to choose from: theirs in the draft, ours in the page.
                        Err(EditError::Conflict(conflict)) => prop_assert_ne!(Some(conflict.theirs), seen),
                    }
                    page.clone_from(&paper.draft);
                }
                Act::Text(edits) => {
                    props::apply(&mut paper, edits, &mut Promises::default(), number);
                    continue;
                }
                Act::Compose(fresh) => paper.compose(fresh),
                Act::Undo => {
                    let Some((step, was, is)) = undoing.done.last() else { continue };
                    let Some(becomes) = step.replay(&before, false) else {
                        prop_assert_ne!(is, &before);
                        continue;
                    };
                    prop_assert_eq!(&becomes, was, "undone to the byte");
                    may_go = marks(is).difference(&marks(was)).cloned().collect();
                    paper.draft = becomes;
                    let step = undoing.done.pop().unwrap();
                    undoing.undone.push(step);
                }
                Act::Redo => {
                    let Some((step, was, is)) = undoing.undone.last() else { continue };
                    let Some(becomes) = step.replay(&before, true) else {
                        prop_assert_ne!(was, &before);
                        continue;
                    };
                    prop_assert_eq!(&becomes, is, "made again to the byte");
                    may_go = marks(was).difference(&marks(is)).cloned().collect();
                    paper.draft = becomes;
                    let step = undoing.undone.pop().unwrap();
                    undoing.done.push(step);
                }
            }
            let lost: BTreeSet<String> = marks(&before).difference(&marks(&paper.draft)).cloned().collect();
            let wrong: Vec<&String> = lost.difference(&may_go).collect();
            prop_assert!(wrong.is_empty(), "{:?} lost {:?}\n{}\n=>\n{}", act, wrong, before, paper.draft);
            prop_assert!(parse(label(), &paper.draft).is_ok(), "{}", paper.draft);
        }
    }
}
