//! A draft's changes as a person sees them: by field, word by word, and in the order of the stories. Knows no TOML.

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::super::Site;
use crate::issues::{self, Difference, FieldDifference, StoryMove};
use crate::model::{Draft, IssueName, Notice};
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

/// The fields of an issue that a reader sees, with the page's names for them.
const HEAD: [(&str, &str); 8] = [
    ("subject", "Subject"),
    ("preheader", "Preheader"),
    ("intro", "Intro"),
    ("number.value", "Number of the week"),
    ("number.label", "What the number counts"),
    ("picture.file", "Picture"),
    ("picture.url", "Picture"),
    ("picture.alt", "What the picture shows"),
];
/// The same of a story.
const STORY: [(&str, &str); 10] = [
    ("title", "Title"),
    ("summary", "Summary"),
    ("note", "Note"),
    ("source", "Source"),
    ("url", "Link"),
    ("guide", "Guide"),
    ("also", "Also covered by"),
    ("picture.file", "Picture"),
    ("picture.url", "Picture"),
    ("picture.alt", "What the picture shows"),
];

/// A change: what it is about, what happened, and the words of the fields that differ.
fn changes(before: &Draft, now: &Draft) -> Vec<Value> {
    let (before, now) = (visible(before), visible(now));
    issues::differences(&before, &now).into_iter().filter_map(change).collect()
}

/// The draft without banned entries, which no reader sees.
fn visible(draft: &Draft) -> Draft {
    let mut draft = draft.clone();
    draft.news.retain(|entry| !entry.banned);
    draft.guides.retain(|card| !card.banned);
    draft
}

fn change(difference: Difference) -> Option<Value> {
    match difference {
        Difference::Issue(differs) => field(&HEAD, &differs),
        Difference::Card { title, is_added } => {
            let did = if is_added { "new" } else { "taken out" };
            Some(json!({"what": format!("Guide: {title}"), "did": did, "fields": []}))
        }
        Difference::Story { title, is_shown, moved, fields } => {
            let did = match moved {
                StoryMove::Stayed => String::new(),
                StoryMove::Added(Some(place)) | StoryMove::FromBench(place) => format!("new, in place {place}"),
                StoryMove::Moved { from, to } => format!("from place {from} to {to}"),
                StoryMove::ToBench => "to the bench".into(),
                StoryMove::Dropped | StoryMove::Merged(_) => "taken out".into(),
                StoryMove::Added(None) => return None,
            };
            // A story that is new is not compared with itself on the bench.
            let is_compared = is_shown && !did.starts_with("new");
            let fields: Vec<Value> =
                fields.iter().filter(|_| is_compared).filter_map(|differs| field(&STORY, differs)).collect();
            (!did.is_empty() || !fields.is_empty()).then(|| json!({"what": title, "did": did, "fields": fields}))
        }
    }
}

/// The words of a field as `[kind, text]`, where the kind is `same`, `gone` or `new`; none of a field that no reader sees.
fn field(names: &[(&str, &str)], differs: &FieldDifference) -> Option<Value> {
    let (_, what) = names.iter().find(|(name, _)| *name == differs.field)?;
    let (was, is) = (differs.before.trim(), differs.after.trim());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Published};

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
