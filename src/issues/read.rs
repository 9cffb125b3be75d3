//! Parses issue.toml into a draft, and reports all mistakes at once, each with its line. Knows no merge.

use std::collections::HashSet;
use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use toml_edit::{Document, Item, TableLike};

use super::table::{Fields, Source};
use crate::model::{
    Card, Covered, Draft, Entry, Figure, GuideOption, IssueName, Level, Notice, Notices, Picture, Published,
    TextFormat, Window,
};

const TOP: [&str; 16] = [
    "edition",
    "date",
    "subject",
    "preheader",
    "intro",
    "language",
    "issue_number",
    "picture",
    "number",
    "window",
    "waive",
    "waive_why",
    "news",
    "guides",
    "guides_bench",
    "bench",
];
const ENTRY: [&str; 19] = [
    "id",
    "title",
    "source",
    "published",
    "score",
    "url",
    "summary",
    "format",
    "topics",
    "also",
    "apart",
    "follow_up",
    "guide",
    "guide_options",
    "why",
    "note",
    "picture",
    "pinned",
    "banned",
];
const CARD: [&str; 8] = ["slug", "title", "level", "tldr", "url", "why", "pinned", "banned"];

/// Reads a draft. `label` is the file's path: messages name it, and its folder's name must agree with the draft's edition
/// and date.
///
/// # Errors
/// Every mistake, in the order of the lines.
pub fn parse(label: &Path, text: &str) -> Result<Draft, Notices> {
    let source = Source::new(label, text);
    let document = Document::parse(text).map_err(|error| broken(&source, &error))?;
    let draft = draft(&source, document.as_table());
    let mut wrong = source.wrong.into_inner();
    wrong.sort_by_key(|notice| notice.at.as_ref().and_then(|place| place.line));
    match draft {
        Some(draft) if wrong.is_empty() => Ok(draft),
        _ => Err(Notices(wrong)),
    }
}

/// The text is not valid TOML.
fn broken(source: &Source, error: &toml_edit::TomlError) -> Notices {
    let line = error.span().map(|span| source.line(span.start));
    let message = format!("this is not TOML: {}", error.message().replace('\n', "; "));
    let help = "often a quote is not closed, or a comma or `=` is missing on this line or the one before";
    Notice::new(message).at(source.file(), line).help(help).into()
}

fn draft(source: &Source, table: &dyn TableLike) -> Option<Draft> {
    let top = Fields { source, table, name: String::new(), line: None };
    top.only(&TOP);
    let name = name(&top);
    let (news, bench) = (entries(&top, "news"), entries(&top, "bench"));
    let cards = |key: &str| sections(&top, key, "slug").iter().filter_map(card).collect();
    Some(Draft {
        subject: top.string("subject").unwrap_or_default(),
        preheader: top.string("preheader").unwrap_or_default(),
        intro: top.string("intro").unwrap_or_default(),
        language: top.string("language").unwrap_or_default(),
        issue_number: issue_number(&top),
        picture: picture(&top),
        number: number(&top),
        window: window(&top),
        waive: top.strings("waive"),
        waive_why: top.string("waive_why").unwrap_or_default(),
        name: name?,
        news,
        guides: cards("guides"),
        guides_bench: cards("guides_bench"),
        bench,
    })
}

/// Edition and date, which are the folder's too.
fn name(top: &Fields) -> Option<IssueName> {
    let edition = top.required("edition");
    let expected = "a date such as 2026-11-25";
    let day = top.table.get("date").and_then(|item| match item.as_datetime() {
        Some(date) => Some(date.to_string()),
        None => item.as_str().map(str::to_owned),
    });
    let date = day.and_then(|text| match Published::parse(&text)? {
        Published::Day(date) => Some(date),
        Published::At(_) => None,
    });
    if date.is_none() {
        top.wrong("date", expected, "the date is the one in the folder's name");
    }
    let name = IssueName { date: date?, edition };
    let folder = top.source.file().parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
    if let Some(folder) = folder.and_then(|folder| folder.parse::<IssueName>().ok()).filter(|folder| *folder != name) {
        let key = if folder.date == name.date { "edition" } else { "date" };
        let message = format!("the folder is {folder}, but `edition` and `date` say {name}");
        top.source.wrong(
            top.line_of(key),
            message,
            "name an issue only by its folder: correct these two, or rename the folder",
        );
    }
    Some(name)
}

fn window(top: &Fields) -> Option<Window> {
    let item = top.table.get("window")?;
    let Some(table) = item.as_table_like() else {
        top.wrong("window", "a table with from, to and seen", "delete the line: compose writes it again");
        return None;
    };
    let fields = Fields { source: top.source, table, name: "window".into(), line: top.line_of("window") };
    fields.only(&["from", "to", "seen"]);
    let at = |key: &str| -> Option<DateTime<Utc>> {
        match fields.published(key)? {
            // Written again in UTC, its year must still have four digits.
            Published::At(at) if (0..=9999).contains(&at.to_utc().year()) => Some(at.to_utc()),
            _ => {
                fields.wrong(key, "a date and time with its zone", "delete `window`: compose writes it again");
                None
            }
        }
    };
    let (from, to, seen) = (at("from"), at("to"), at("seen"));
    Some(Window { from: from?, to: to?, seen: seen? })
}

fn issue_number(top: &Fields) -> Option<u32> {
    let item = top.table.get("issue_number")?;
    let number = item.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    if number.is_none() {
        top.wrong("issue_number", "a whole number from 1", "correct it, or delete the line");
    }
    number
}

/// The picture of the issue, or of an entry.
fn picture(top: &Fields) -> Option<Picture> {
    let item = top.table.get("picture")?;
    let Some(table) = item.as_table_like() else {
        let help = "write it as picture = { file = \"sun.png\", width = 600, height = 200, alt = \"…\" }";
        top.wrong("picture", "a table with url or file, width, height and alt", help);
        return None;
    };
    let name = format!("{} picture", top.name).trim_start().to_owned();
    let fields = Fields { source: top.source, table, name, line: top.line_of("picture") };
    fields.only(&["url", "file", "width", "height", "alt"]);
    let pixels = |key: &str| {
        let number =
            table.get(key)?.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=2000).contains(n));
        if number.is_none() {
            fields.wrong(key, "a number of pixels", "write it without quotes and unit, such as 600");
        }
        number
    };
    let (width, height) = (pixels("width"), pixels("height"));
    if !table.contains_key("width") || !table.contains_key("alt") {
        let help = "write its width as shown, in pixels, and in `alt` what it shows; alt = \"\" if it only decorates";
        fields.source.wrong(fields.line, format!("{}: `width` and `alt` must be there", fields.name), help);
    }
    let picture = Picture {
        url: link(&fields),
        file: fields.filled("file"),
        width: width?,
        height,
        alt: fields.string("alt").unwrap_or_default(),
    };
    if let Some(mistake) = picture.mistake() {
        fields.source.wrong(
            fields.line,
            format!("{}: {mistake}", fields.name),
            "docs/templates.md says how pictures are shown",
        );
    }
    Some(picture)
}

/// The number of the week.
fn number(top: &Fields) -> Option<Figure> {
    let item = top.table.get("number")?;
    let Some(table) = item.as_table_like() else {
        top.wrong("number", "a table with value, label and url", "write it as [number], above the first [[news]]");
        return None;
    };
    let fields = Fields { source: top.source, table, name: "number".into(), line: top.line_of("number") };
    fields.only(&["value", "label", "url"]);
    Some(Figure { value: fields.required("value"), label: fields.required("label"), url: link(&fields) })
}

/// The tables of a list, each with its name for messages. An id or slug that comes twice is a mistake.
fn sections<'a>(within: &Fields<'a>, key: &str, id: &str) -> Vec<Fields<'a>> {
    let Some(item) = within.table.get(key) else { return Vec::new() };
    let tables: Option<Vec<(&dyn TableLike, Option<usize>)>> = match item {
        Item::ArrayOfTables(array) => {
            Some(array.iter().map(|t| (t as &dyn TableLike, t.span().map(|s| s.start))).collect())
        }
        item => item.as_array().and_then(|array| {
            array.iter().map(|v| Some((v.as_inline_table()? as &dyn TableLike, v.span().map(|s| s.start)))).collect()
        }),
    };
    let Some(tables) = tables else {
        within.wrong(key, "a list of tables", &format!("head each entry with a line [[{key}]]"));
        return Vec::new();
    };
    let called = |at: usize| format!("{} {key} {}", within.name, at + 1).trim_start().to_owned();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (at, (table, start)) in tables.into_iter().enumerate() {
        let line = start.map(|byte| within.source.line(byte));
        let fields = Fields { source: within.source, table, name: called(at), line };
        if let Some(id_text) =
            table.get(id).and_then(Item::as_str).filter(|text| !text.is_empty() && !seen.insert((*text).to_owned()))
        {
            let message = format!("{}: `{id}` \"{id_text}\" appears twice", called(at));
            within.source.wrong(fields.line_of(id), message, "delete one of the two entries");
        }
        found.push(fields);
    }
    found
}

fn entries(top: &Fields, key: &str) -> Vec<Entry> {
    sections(top, key, "id").iter().filter_map(entry).collect()
}

fn entry(fields: &Fields) -> Option<Entry> {
    fields.only(&ENTRY);
    let (id, title, source) = (fields.required("id"), fields.required("title"), fields.required("source"));
    let published = fields.published("published");
    let apart = fields.strings("apart");
    let entry = Entry {
        id,
        title,
        source,
        // Only a dummy if the field is wrong: the mistake is recorded, so no draft is returned.
        published: published.unwrap_or(Published::Day(NaiveDate::MIN)),
        score: fields.number("score", 10.0),
        url: link(fields),
        summary: fields.string("summary").unwrap_or_default(),
        format: format(fields),
        topics: fields.strings("topics"),
        also: sections(fields, "also", "id").iter().map(covered).filter(|other| !apart.contains(&other.id)).collect(),
        apart,
        follow_up: follow_up(fields),
        guide: fields.filled("guide"),
        guide_options: sections(fields, "guide_options", "guide").iter().map(option).collect(),
        why: fields.string("why").unwrap_or_default(),
        note: fields.string("note").unwrap_or_default(),
        picture: picture(fields),
        pinned: fields.flag("pinned"),
        banned: fields.flag("banned"),
    };
    published.map(|_| entry)
}

fn format(fields: &Fields) -> TextFormat {
    let Some(word) = fields.filled("format") else { return TextFormat::default() };
    let format = TextFormat::parse(&word);
    if format.is_none() {
        fields.wrong(
            "format",
            "\"text\" or \"markdown\"",
            "correct it; without the line, title and summary are plain text",
        );
    }
    format.unwrap_or_default()
}

/// Another telling of the entry's story.
fn covered(fields: &Fields) -> Covered {
    fields.only(&["id", "source", "title", "url"]);
    Covered {
        id: fields.string("id").unwrap_or_default(),
        source: fields.required("source"),
        title: fields.string("title").unwrap_or_default(),
        url: link(fields),
    }
}

fn option(fields: &Fields) -> GuideOption {
    fields.only(&["guide", "fit"]);
    GuideOption { guide: fields.required("guide"), fit: fields.number("fit", 1.0).unwrap_or_default() }
}

/// The earlier issue that an entry follows up on.
fn follow_up(fields: &Fields) -> Option<IssueName> {
    let name = fields.filled("follow_up")?.parse();
    if name.is_err() {
        fields.wrong("follow_up", "an issue's name, such as 2026-11-22-sunday", "correct it, or delete the line");
    }
    name.ok()
}

/// An absolute URL, or none.
fn link(fields: &Fields) -> Option<String> {
    let url = fields.filled("url");
    if url.as_ref().is_some_and(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
        fields.wrong("url", "an absolute http(s) URL", "begin it with https://, or leave it empty");
    }
    url
}

fn card(fields: &Fields) -> Option<Card> {
    fields.only(&CARD);
    let (slug, title, word) = (fields.required("slug"), fields.required("title"), fields.required("level"));
    let level = word.parse::<Level>();
    if level.is_err() && !word.is_empty() {
        fields.wrong("level", "beginner, intermediate or advanced", "write one of the three");
    }
    let card = Card {
        slug,
        title,
        level: level.unwrap_or(Level::Beginner),
        tldr: fields.string("tldr").unwrap_or_default(),
        url: fields.filled("url"),
        why: fields.string("why").unwrap_or_default(),
        pinned: fields.flag("pinned"),
        banned: fields.flag("banned"),
    };
    level.ok().map(|_| card)
}
