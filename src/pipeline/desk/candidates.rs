//! What an editor may add: the stories that were left out, each with its reason, and the guides.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Composition, Site, trouble};
use crate::issues;
use crate::model::{IssueName, Status};
use crate::sources::Content;

/// Most stories listed. The search on the page covers only these.
const MOST: usize = 500;

/// The stories that were left out, beginning with those that are new since the last compose, and the live guides.
pub fn candidates(site: &Site, name: &IssueName) -> anyhow::Result<Value> {
    let content = site.content().scored_content()?;
    let guides = content.guides.iter().filter(|guide| guide.status == Status::Live).map(
        |guide| json!({"slug": guide.slug, "title": guide.title, "level": guide.level.as_str(), "topic": guide.topic}),
    );
    let mut told = json!({"guides": guides.collect::<Vec<_>>(), "left_out": [], "new": 0, "troubles": []});
    match site.drafts().composition(name, &content) {
        Ok(composition) => {
            let (left_out, new) = stories(site, name, &content, &composition)?;
            told["left_out"] = json!(left_out);
            told["new"] = json!(new);
        }
        // The guides can be chosen all the same.
        Err(error) => {
            let notices = trouble::notices(&error).into_iter();
            told["troubles"] = json!(notices.map(|notice| trouble::trouble(&site.root, notice)).collect::<Vec<_>>());
        }
    }
    Ok(told)
}

/// Every candidate that is not in the draft, with its reason; and how many of them are new.
fn stories(
    site: &Site,
    name: &IssueName,
    content: &Content,
    composition: &Composition,
) -> anyhow::Result<(Vec<Value>, usize)> {
    let draft = site.drafts().read(name)?;
    let held: BTreeSet<&str> = draft
        .news
        .iter()
        .chain(&draft.bench)
        .flat_map(|entry| std::iter::once(entry.id.as_str()).chain(entry.also.iter().map(|other| other.id.as_str())))
        .collect();
    let new: BTreeSet<String> =
        composition.new_since(issues::seen_before(&site.issues_dir(), name).as_ref()).into_iter().collect();
    // Stories that compose would show now but the draft does not: they are new, or the editor removed them.
    let fresh = composition.draft.iter().flat_map(|draft| draft.news.iter().chain(&draft.bench));
    let fresh = fresh.map(|entry| (entry.id.as_str(), entry.title.as_str(), entry.score, entry.why.as_str()));
    let left = composition.left_out.iter();
    let left = left.map(|item| (item.id.as_str(), item.title.as_str(), item.score, item.reason.as_str()));
    let mut listed = BTreeSet::new();
    let mut all: Vec<_> =
        fresh.chain(left).filter(|(id, ..)| !held.contains(id) && listed.insert((*id).to_owned())).collect();
    all.sort_by_key(|(id, ..)| !new.contains(*id));
    let source = |id: &str| content.items.iter().find(|item| item.id == id).map_or("", |item| item.source.as_str());
    let count = all.iter().filter(|(id, ..)| new.contains(*id)).count();
    let told = all.iter().take(MOST).map(|(id, title, score, reason)| {
        let is_new = new.contains(*id);
        json!({"id": id, "title": title, "source": source(id), "score": score, "reason": reason, "new": is_new})
    });
    Ok((told.collect(), count))
}
