//! Works out what an editor did to a draft by comparing it with composed.toml. Knows no points.

use std::collections::HashSet;
use std::path::Path;

use super::memory::Memory;
use super::{COMPOSED, folder, read};
use crate::model::{Draft, Editing, EditorAct, Entry, IssueName, Origin};

/// How the `why` of a bench entry begins.
const FROM_THE_BENCH: &str = "next best:";

/// How the editor changed compose's proposal; `None` if composed.toml is missing or broken.
pub fn editing(issues_dir: &Path, name: &IssueName, now: &Draft) -> Option<Editing> {
    let file = folder(issues_dir, name).join(COMPOSED);
    told(&file, &std::fs::read_to_string(&file).ok()?, name, now)
}

/// The same from the text of composed.toml.
pub fn told(file: &Path, composed: &str, name: &IssueName, now: &Draft) -> Option<Editing> {
    let memory = Memory::read(composed)?;
    let base = read::parse(file, &memory.base.join()).ok()?;
    let ids = |entries: &[Entry]| -> HashSet<String> { entries.iter().map(|entry| entry.id.clone()).collect() };
    let shown: Vec<&Entry> = now.news.iter().filter(|entry| !entry.banned).collect();
    let (benched, spare) = (ids(&now.bench), ids(&base.bench));
    let in_news: HashSet<&str> = shown.iter().map(|entry| entry.id.as_str()).collect();
    // What the editor added stays in composed.toml's news after composing again.
    let editors = |entry: &Entry| {
        let by_hand = entry.why.is_empty() || entry.why.starts_with(FROM_THE_BENCH);
        memory.items.placed.contains(&entry.id) && by_hand
    };
    let proposed: Vec<&Entry> =
        base.news.iter().filter(|entry| !editors(entry) && !memory.items.waiting.contains(&entry.id)).collect();
    let was = |id: &str| proposed.iter().position(|entry| entry.id == id);
    let mut acts = Vec::new();
    for entry in &proposed {
        if benched.contains(&entry.id) && !in_news.contains(entry.id.as_str()) {
            acts.push((EditorAct::Benched, origin(entry)));
        } else if now.news.iter().all(|other| other.id != entry.id) {
            acts.push((EditorAct::Dropped, origin(entry)));
        }
    }
    for entry in &now.news {
        if entry.banned {
            acts.push((EditorAct::Banned, origin(entry)));
            continue;
        }
        if was(&entry.id).is_none() {
            let raised = spare.contains(&entry.id) || entry.why.starts_with(FROM_THE_BENCH);
            acts.push((if raised { EditorAct::Raised } else { EditorAct::Added }, origin(entry)));
        }
        if entry.pinned {
            acts.push((EditorAct::Pinned, origin(entry)));
        }
    }
    let stood: Vec<usize> = shown.iter().filter_map(|entry| was(&entry.id)).collect();
    let placed = |entry: &&&Entry| was(&entry.id).is_some() && memory.items.placed.contains(&entry.id);
    let moved = moves(&stood).max(shown.iter().filter(placed).count());
    if let Some(first) = shown.first() {
        let led = match was(&first.id) {
            Some(at) => stood.iter().any(|other| *other < at) || memory.items.placed.contains(&first.id),
            None => true,
        };
        if led {
            acts.push((EditorAct::Led, origin(first)));
        }
    }
    Some(Editing {
        issue: name.clone(),
        kept: stood.len(),
        moved,
        proposed: proposed.into_iter().map(origin).collect(),
        acts,
        subject_rewritten: now.subject != base.subject,
        preheader_rewritten: now.preheader != base.preheader,
    })
}

/// The minimum number of moves that turn an ascending sequence into this order.
fn moves(positions: &[usize]) -> usize {
    let n = positions.len();
    let mut longest = vec![1_usize; n];
    for at in 0..n {
        for before in 0..at {
            if positions[before] < positions[at] {
                longest[at] = longest[at].max(longest[before] + 1);
            }
        }
    }
    n - longest.into_iter().max().unwrap_or(0)
}

fn origin(entry: &Entry) -> Origin {
    let Entry { id, title, source, url, .. } = entry;
    Origin { id: id.clone(), title: title.clone(), source: source.clone(), url: url.clone() }
}
