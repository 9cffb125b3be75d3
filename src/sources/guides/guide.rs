//! One object to one guide, for front matter and JSON alike. Knows the fields of a guide; knows no file.

use serde_json::Value;

use super::slug_of_title;
use crate::model::{Faq, Guide, Level, Section, Status, TimelineEntry, Version};
use crate::sources::fields::Fields;
use crate::sources::report::nearest;
use crate::sources::text;

/// The fields of a guide, in the order in which they are written; `sections` are the body of a Markdown file.
pub(super) const KNOWN: [&str; 17] = [
    "slug",
    "title",
    "topic",
    "level",
    "status",
    "version",
    "updated",
    "url",
    "tldr",
    "takeaways",
    "related_topics",
    "related_guides",
    "related_guides_count",
    "timeline",
    "faq",
    "versions",
    "sections",
];

/// The known key nearest to an unknown one, as the end of a sentence; empty when none is near.
pub(super) fn meant(key: &str) -> String {
    nearest(key, &KNOWN).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

/// Reads a guide out of an object; keys that no guide has stay in it. `named` is the slug that the file's name gives.
/// `None` when something was wrong (and reported).
pub(super) fn guide(fields: &mut Fields, named: Option<&str>) -> Option<Guide> {
    let before = fields.report.errors.len();
    let title = fields.title("title", "a guide without a title cannot be shown");
    let slug = slug(fields, named, title.as_deref());
    let topic = fields.line_text("topic").or_else(|| title.as_deref().map(before_colon));
    let level = word::<Level>(fields, "level", "beginner, intermediate or advanced");
    if level.is_none() && fields.report.errors.len() == before {
        fields.note("level", "is missing; beginner is assumed");
    }
    let status = word::<Status>(fields, "status", "live, draft or retired");
    let version = fields.count("version");
    let updated = fields.day("updated");
    let url = fields.url("url");
    let tldr = fields.block("tldr").unwrap_or_default();
    let takeaways = fields.list("takeaways");
    let related_topics = fields.list("related_topics");
    let related_guides = fields.slugs("related_guides");
    let related_guides_count = fields.count("related_guides_count");
    let timeline = timeline(fields);
    let faq = faq(fields);
    let versions = versions(fields);
    let sections = sections(fields);
    if fields.report.errors.len() > before {
        return None;
    }
    let counted = u32::try_from(related_guides.len()).unwrap_or(u32::MAX);
    Some(Guide {
        slug: slug?,
        title: title?,
        topic: topic?,
        level: level.unwrap_or(Level::Beginner),
        status: status.unwrap_or(Status::Live),
        version: version.unwrap_or(1),
        updated,
        tldr,
        takeaways,
        sections,
        related_topics,
        related_guides,
        related_guides_count: related_guides_count.unwrap_or(counted),
        timeline,
        faq,
        versions,
        url,
    })
}

fn before_colon(title: &str) -> String {
    title.split_once(':').map_or(title, |(head, _)| head).trim().to_owned()
}

fn slug(fields: &mut Fields, named: Option<&str>, title: Option<&str>) -> Option<String> {
    const HELP: &str = "a slug has a to z, 0 to 9 and `-`, as in \"mixture-of-experts\"";
    let given = fields.line_text("slug");
    let guessed = || named.map(str::to_owned).or_else(|| title.map(slug_of_title));
    let was_given = given.is_some();
    let slug = given.or_else(guessed)?;
    if text::is_slug(&slug) {
        return Some(slug);
    }
    if was_given || named.is_some() {
        fields.wrong("slug", "a slug", &Value::from(slug), HELP);
    } else {
        fields.missing("slug", HELP);
    }
    None
}

fn word<T: std::str::FromStr>(fields: &mut Fields, key: &str, expected: &str) -> Option<T> {
    let found = fields.take(key)?;
    let read = found.as_str().and_then(|t| t.parse().ok());
    if read.is_none() {
        fields.wrong(key, expected, &found, "");
    }
    read
}

/// Runs `read` on every table of a list; keys that it leaves are errors, as they are nowhere kept.
fn each<T>(fields: &mut Fields, key: &str, known: &[&str], read: impl Fn(&mut Fields) -> Option<T>) -> Vec<T> {
    let mut out = Vec::new();
    for (path, map) in fields.tables(key) {
        let line = fields.line_of(&path);
        let prefix = format!("{}{path}.", fields.prefix);
        let mut inner = Fields { map, lines: fields.lines, prefix, line, report: &mut *fields.report };
        out.extend(read(&mut inner));
        for key in inner.map.keys().cloned().collect::<Vec<_>>() {
            let help = nearest(&key, known).map(|k| format!("did you mean `{k}`?")).unwrap_or_default();
            let message = format!("`{}{key}` is not a known key", inner.prefix);
            inner.report.error(inner.line_of(&key), message, &help);
        }
    }
    out
}

fn timeline(fields: &mut Fields) -> Vec<TimelineEntry> {
    each(fields, "timeline", &["text", "date"], |f| {
        let text = f.required("text", "say what happened");
        let date = f.day("date");
        Some(TimelineEntry { text: text?, date })
    })
}

fn faq(fields: &mut Fields) -> Vec<Faq> {
    each(fields, "faq", &["question", "answer"], |f| {
        let question = f.required("question", "a pair has a question and an answer");
        Some(Faq { answer: f.block("answer").unwrap_or_default(), question: question? })
    })
}

fn versions(fields: &mut Fields) -> Vec<Version> {
    each(fields, "versions", &["version", "date", "status"], |f| {
        let before = f.report.errors.len();
        let version = f.count("version");
        if version.is_none() && f.report.errors.len() == before {
            f.missing("version", "a version has its number, such as 2");
        }
        let date = f.day("date");
        Some(Version { version: version?, date, status: word(f, "status", "live, draft or retired") })
    })
}

fn sections(fields: &mut Fields) -> Vec<Section> {
    let all = each(fields, "sections", &["heading", "text"], |f| {
        let heading = f.line_text("heading").unwrap_or_default();
        Some(Section { heading, text: f.block("text").unwrap_or_default() })
    });
    all.into_iter().filter(|s| !s.heading.is_empty() || !s.text.is_empty()).collect()
}
