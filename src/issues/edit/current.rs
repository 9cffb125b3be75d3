//! What a field or an entry says now, so that an edit can tell whether somebody else changed it since a person saw it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::super::blocks::{DraftBlocks, Section};
use super::Place;
use crate::model::{Draft, Entry, Figure, Picture, TextFormat};

/// A field's words as a person reads and writes them: of an entry, or of the issue without one. `None` where there is no such field.
pub fn words(draft: &Draft, entry: Option<Place>, field: &str) -> Option<String> {
    match entry {
        Some(place) => of_entry(place.of(draft)?, field),
        None => of_issue(draft, field),
    }
}

fn of_issue(draft: &Draft, field: &str) -> Option<String> {
    let words = match field {
        "subject" => draft.subject.clone(),
        "preheader" => draft.preheader.clone(),
        "intro" => draft.intro.clone(),
        "language" => draft.language.clone(),
        "issue_number" => draft.issue_number.map(|number| number.to_string()).unwrap_or_default(),
        "waive" => draft.waive.join(", "),
        "waive_why" => draft.waive_why.clone(),
        _ => match field.split_once('.')? {
            ("number", part) => of_figure(draft.number.as_ref(), part)?,
            ("picture", part) => of_picture(draft.picture.as_ref(), part)?,
            _ => return None,
        },
    };
    Some(words)
}

fn of_entry(entry: &Entry, field: &str) -> Option<String> {
    let yes = |is: bool| if is { "yes".to_owned() } else { "no".into() };
    let words = match field {
        "title" => entry.title.clone(),
        "source" => entry.source.clone(),
        "published" => entry.published.to_string(),
        "score" => entry.score.map(|score| score.to_string()).unwrap_or_default(),
        "url" => entry.url.clone().unwrap_or_default(),
        "summary" => entry.summary.clone(),
        "format" => if entry.format == TextFormat::Markdown { "markdown" } else { "text" }.to_owned(),
        "topics" => entry.topics.join(", "),
        "guide" => entry.guide.clone().unwrap_or_default(),
        "also" => entry.also.iter().map(|other| other.source.as_str()).collect::<Vec<_>>().join(", "),
        "note" => entry.note.clone(),
        "pinned" => yes(entry.pinned),
        "banned" => yes(entry.banned),
        _ => match field.split_once('.')? {
            ("picture", part) => of_picture(entry.picture.as_ref(), part)?,
            _ => return None,
        },
    };
    Some(words)
}

fn of_figure(figure: Option<&Figure>, part: &str) -> Option<String> {
    let words = |of: fn(&Figure) -> String| figure.map(of).unwrap_or_default();
    match part {
        "value" => Some(words(|figure| figure.value.clone())),
        "label" => Some(words(|figure| figure.label.clone())),
        "url" => Some(words(|figure| figure.url.clone().unwrap_or_default())),
        _ => None,
    }
}

fn of_picture(picture: Option<&Picture>, part: &str) -> Option<String> {
    let words = |of: fn(&Picture) -> String| picture.map(of).unwrap_or_default();
    match part {
        "file" => Some(words(|picture| picture.file.clone().unwrap_or_default())),
        "url" => Some(words(|picture| picture.url.clone().unwrap_or_default())),
        "width" => Some(words(|picture| picture.width.to_string())),
        "height" => Some(words(|picture| picture.height.map(|height| height.to_string()).unwrap_or_default())),
        "alt" => Some(words(|picture| picture.alt.clone())),
        _ => None,
    }
}

/// The entries' stamps by id: another one as soon as any byte of the entry is another. The news have precedence over the bench.
pub fn stamps(text: &str) -> BTreeMap<String, String> {
    let mut stamps = BTreeMap::new();
    let Some(draft) = DraftBlocks::cut(text) else { return stamps };
    for section in [Section::News, Section::Bench] {
        for block in draft.of(section) {
            stamps.entry(block.id.clone()).or_insert_with(|| stamp(block.text.trim()));
        }
    }
    stamps
}

/// A text's stamp: the first 64 bits of its SHA-256, hex.
pub fn stamp(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..8])
}
