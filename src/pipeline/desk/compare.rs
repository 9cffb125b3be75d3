//! What changed in a draft, as a reader sees it: by field, word by word, and by the order of the stories. Knows no TOML.

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::super::Site;
use crate::issues;
use crate::model::{Card, Draft, Entry, IssueName, Notice, Picture};
use crate::web::preview::Earlier;

/// The changes since the draft was composed or approved.
pub fn compare(site: &Site, name: &IssueName, earlier: Earlier) -> anyhow::Result<Value> {
    let diff = site.drafts().diff(name)?;
    let file = issues::folder(&site.issues_dir(), name).join("issue.toml");
    let (before, missing) = match earlier {
        Earlier::Proposed => (diff.composed, "what compose proposed is not on record"),
        Earlier::Approved => (diff.approved, "it has not been approved yet"),
    };
    let before = before.ok_or_else(|| Notice::new(format!("there is nothing to compare with: {missing}")))?;
    let (before, now) = (issues::parse(&file, &before)?, issues::parse(&file, &diff.now)?);
    Ok(json!({"changes": changes(&before, &now)}))
}

/// A change: what it is about, what happened to it, and the words of its fields that differ.
fn changes(before: &Draft, now: &Draft) -> Vec<Value> {
    let picture = |draft: &Draft| draft.picture.as_ref().map(shown_picture).unwrap_or_default();
    let number = |draft: &Draft| {
        draft.number.as_ref().map(|number| format!("{} {}", number.value, number.label)).unwrap_or_default()
    };
    let head = [
        ("Subject", before.subject.clone(), now.subject.clone()),
        ("Preheader", before.preheader.clone(), now.preheader.clone()),
        ("Intro", before.intro.clone(), now.intro.clone()),
        ("Number of the week", number(before), number(now)),
        ("Picture", picture(before), picture(now)),
    ];
    let mut all: Vec<Value> = head.iter().filter_map(|(what, was, is)| field(what, was, is)).collect();
    all.extend(stories(before, now));
    all.extend(cards(before, now));
    all
}

/// The stories in their order now, then those that are gone.
fn stories(before: &Draft, now: &Draft) -> Vec<Value> {
    let shown = |draft: &Draft| draft.news.iter().filter(|entry| !entry.banned).cloned().collect::<Vec<Entry>>();
    let (was, is) = (shown(before), shown(now));
    let place = |list: &[Entry], id: &str| list.iter().position(|entry| entry.id == id);
    // A story has moved when the order of those that both have says so, not because one above it is gone.
    let common: Vec<&str> = was.iter().map(|entry| entry.id.as_str()).filter(|id| place(&is, id).is_some()).collect();
    let ordered: Vec<&str> = is.iter().map(|entry| entry.id.as_str()).filter(|id| place(&was, id).is_some()).collect();
    let moved = moved(&common, &ordered);
    let mut all = Vec::new();
    for (at, entry) in is.iter().enumerate() {
        let told = match was.iter().enumerate().find(|(_, other)| other.id == entry.id) {
            None => Some((format!("new, in place {}", at + 1), Vec::new())),
            Some((then, other)) => {
                let fields = fields(other, entry);
                let is_moved = moved.contains(&entry.id.as_str());
                let did = if is_moved { format!("from place {} to {}", then + 1, at + 1) } else { String::new() };
                (is_moved || !fields.is_empty()).then_some((did, fields))
            }
        };
        all.extend(told.map(|(did, fields)| json!({"what": entry.title, "did": did, "fields": fields})));
    }
    for entry in was.iter().filter(|entry| place(&is, &entry.id).is_none()) {
        let benched = now.bench.iter().any(|other| other.id == entry.id);
        let did = if benched { "to the bench" } else { "taken out" };
        all.push(json!({"what": entry.title, "did": did, "fields": []}));
    }
    all
}

/// The ids that were moved: those outside the longest run that both orders share.
fn moved<'d>(before: &[&'d str], now: &[&'d str]) -> Vec<&'d str> {
    let kept: Vec<&str> = similar::capture_diff_slices(similar::Algorithm::Lcs, before, now)
        .iter()
        .filter(|op| op.tag() == similar::DiffTag::Equal)
        .flat_map(|op| now[op.new_range()].to_vec())
        .collect();
    now.iter().copied().filter(|id| !kept.contains(id)).collect()
}

fn cards(before: &Draft, now: &Draft) -> Vec<Value> {
    let shown = |draft: &Draft| draft.guides.iter().filter(|card| !card.banned).cloned().collect::<Vec<Card>>();
    let (was, is) = (shown(before), shown(now));
    let missing = |from: &[Card], in_: &[Card], did: &str| -> Vec<Value> {
        let gone = from.iter().filter(|card| in_.iter().all(|other| other.slug != card.slug));
        gone.map(|card| json!({"what": format!("Guide: {}", card.title), "did": did, "fields": []})).collect()
    };
    [missing(&is, &was, "new"), missing(&was, &is, "taken out")].concat()
}

fn fields(was: &Entry, is: &Entry) -> Vec<Value> {
    let guide = |entry: &Entry| entry.guide.clone().unwrap_or_default();
    let also = |entry: &Entry| entry.also.iter().map(|other| other.source.as_str()).collect::<Vec<_>>().join(", ");
    let url = |entry: &Entry| entry.url.clone().unwrap_or_default();
    let picture = |entry: &Entry| entry.picture.as_ref().map(shown_picture).unwrap_or_default();
    [
        field("Title", &was.title, &is.title),
        field("Summary", &was.summary, &is.summary),
        field("Note", &was.note, &is.note),
        field("Source", &was.source, &is.source),
        field("Link", &url(was), &url(is)),
        field("Guide", &guide(was), &guide(is)),
        field("Also covered by", &also(was), &also(is)),
        field("Picture", &picture(was), &picture(is)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The words of a field as `[kind, text]`, where the kind is `same`, `gone` or `new`; none where nothing differs.
fn field(what: &str, was: &str, is: &str) -> Option<Value> {
    let (was, is) = (was.trim(), is.trim());
    if was == is {
        return None;
    }
    let mut parts: Vec<(&str, String)> = Vec::new();
    for change in TextDiff::from_words(was, is).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => "same",
            ChangeTag::Delete => "gone",
            ChangeTag::Insert => "new",
        };
        match parts.last_mut().filter(|(last, _)| *last == kind) {
            Some((_, text)) => text.push_str(change.value()),
            None => parts.push((kind, change.value().to_owned())),
        }
    }
    Some(json!({"what": what, "parts": parts}))
}

fn shown_picture(picture: &Picture) -> String {
    let place = picture.file.as_deref().or(picture.url.as_deref()).unwrap_or_default();
    format!("{place}, {} px wide: {}", picture.width, picture.alt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Published;

    fn draft(ids: &str) -> Draft {
        let text = "edition = \"midweek\"\ndate = 2026-11-25\n";
        let mut draft = issues::parse(std::path::Path::new("issue.toml"), text).expect("a draft");
        let published = Published::parse("2026-11-24").expect("a day");
        let entry = |id: &str| Entry::bare(id.into(), format!("Title of {id}"), "Wire".into(), published);
        draft.news = ids.split_whitespace().map(entry).collect();
        draft
    }

    fn told(before: &Draft, now: &Draft) -> Vec<String> {
        let words = |change: &Value| {
            let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}{}", text("what"), text("did"), change["parts"]).trim_end_matches("null").trim().to_owned()
        };
        changes(before, now).iter().map(words).collect()
    }

    #[test]
    fn only_what_a_person_moved_has_moved() {
        assert_eq!(told(&draft("a b c"), &draft("a b c")), [""; 0]);
        assert_eq!(told(&draft("a b c"), &draft("c a b")), ["Title of c from place 3 to 1"]);
        assert_eq!(told(&draft("a b c"), &draft("b c")), ["Title of a taken out"]);
        assert_eq!(told(&draft("b c"), &draft("a b c")), ["Title of a new, in place 1"]);
    }

    #[test]
    fn words_are_compared_one_by_one() {
        let (before, mut now) = (draft("a"), draft("a"));
        now.subject = "A new word".into();
        assert_eq!(told(&before, &now), [r#"Subject [["new","A new word"]]"#]);
        let before = now.clone();
        now.subject = "A last word".into();
        let expected = r#"Subject [["same","A "],["gone","new"],["new","last"],["same"," word"]]"#;
        assert_eq!(told(&before, &now), [expected]);
    }
}
