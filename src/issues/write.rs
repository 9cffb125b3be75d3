//! Writes a draft as issue.toml: the same draft gives the same bytes. Knows no file.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::{Card, Covered, Draft, Entry, Figure, GuideOption, Picture, Published, TextFormat};

const HEADER: &str = "\
# This issue is yours to edit; `digest render` shows it as a page.
#
# [[news]] stands in the order shown. Delete an entry, move it, move one up from [[bench]]; change any word.
# Titles and summaries are plain text, or Markdown where the entry says format = \"markdown\".
# `note` is your comment under an item, in Markdown like `intro`; `guide` names the guide shown with an item, and
# `guide_options` the next best. Move a card up from [[guides_bench]] to show it.
# `picture = { file = \"sun.png\", width = 600, height = 200, alt = \"what it shows\" }` shows a picture of content/pictures/, here or in an entry.
# `number = { value = \"405 billion\", label = \"what it counts\", url = \"…\" }` shows a number of the week.
# `pinned = true` keeps an entry whatever compose finds later, `banned = true` keeps it out.
# Composing again brings in fresh items and leaves alone whatever you changed, moved, deleted or wrote beside.
";

/// The draft in the contract's layout and key order. Fields that an editor may fill are written empty.
pub fn to_toml(draft: &Draft) -> String {
    let mut out = format!("{HEADER}\n");
    line(&mut out, "edition", &quoted(&draft.name.edition));
    line(&mut out, "date", &draft.name.date.to_string());
    line(&mut out, "subject", &quoted(&draft.subject));
    line(&mut out, "preheader", &quoted(&draft.preheader));
    line(&mut out, "intro", &block(&draft.intro));
    if !draft.language.is_empty() {
        line(&mut out, "language", &quoted(&draft.language));
    }
    if let Some(number) = draft.issue_number {
        line(&mut out, "issue_number", &number.to_string());
    }
    if let Some(picture) = &draft.picture {
        line(&mut out, "picture", &self::picture(picture));
    }
    if let Some(figure) = &draft.number {
        line(&mut out, "number", &self::figure(figure));
    }
    if let Some(window) = &draft.window {
        let [from, to, seen] = [window.from, window.to, window.seen].map(instant);
        line(&mut out, "window", &format!("{{ from = {from}, to = {to}, seen = {seen} }}"));
    }
    if !draft.waive.is_empty() {
        line(&mut out, "waive", &list(&draft.waive));
    }
    if !draft.waive_why.is_empty() {
        line(&mut out, "waive_why", &quoted(&draft.waive_why));
    }
    draft.news.iter().for_each(|entry| push_entry(&mut out, "news", entry));
    draft.guides.iter().for_each(|card| push_card(&mut out, "guides", card));
    draft.guides_bench.iter().for_each(|card| push_card(&mut out, "guides_bench", card));
    draft.bench.iter().for_each(|entry| push_entry(&mut out, "bench", entry));
    out
}

/// A `[[news]]` entry as the lines of a draft, with the blank line above.
pub fn entry_block(entry: &Entry) -> String {
    let mut out = String::new();
    push_entry(&mut out, "news", entry);
    out
}

/// A `[[guides]]` card, written the same way.
pub fn card_block(card: &Card) -> String {
    let mut out = String::new();
    push_card(&mut out, "guides", card);
    out
}

fn push_entry(out: &mut String, section: &str, entry: &Entry) {
    let _ = write!(out, "\n[[{section}]]\n");
    line(out, "id", &quoted(&entry.id));
    line(out, "title", &quoted(&entry.title));
    line(out, "source", &quoted(&entry.source));
    line(out, "published", &published(entry.published));
    if let Some(score) = entry.score {
        line(out, "score", &number(score));
    }
    line(out, "url", &quoted(entry.url.as_deref().unwrap_or_default()));
    line(out, "summary", &text(&entry.summary));
    if entry.format == TextFormat::Markdown {
        line(out, "format", "\"markdown\"");
    }
    line(out, "topics", &list(&entry.topics));
    if !entry.also.is_empty() {
        line(out, "also", &covered(&entry.also));
    }
    if !entry.apart.is_empty() {
        line(out, "apart", &list(&entry.apart));
    }
    if let Some(issue) = &entry.follow_up {
        line(out, "follow_up", &quoted(&issue.to_string()));
    }
    line(out, "guide", &quoted(entry.guide.as_deref().unwrap_or_default()));
    if !entry.guide_options.is_empty() {
        line(out, "guide_options", &options(&entry.guide_options));
    }
    line(out, "why", &quoted(&entry.why));
    line(out, "note", &text(&entry.note));
    if let Some(picture) = &entry.picture {
        line(out, "picture", &self::picture(picture));
    }
    push_marks(out, entry.pinned, entry.banned);
}

fn push_card(out: &mut String, section: &str, card: &Card) {
    let _ = write!(out, "\n[[{section}]]\n");
    line(out, "slug", &quoted(&card.slug));
    line(out, "title", &quoted(&card.title));
    line(out, "level", &quoted(card.level.as_str()));
    line(out, "tldr", &text(&card.tldr));
    line(out, "url", &quoted(card.url.as_deref().unwrap_or_default()));
    line(out, "why", &quoted(&card.why));
    push_marks(out, card.pinned, card.banned);
}

fn push_marks(out: &mut String, pinned: bool, banned: bool) {
    if pinned {
        line(out, "pinned", "true");
    }
    if banned {
        line(out, "banned", "true");
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn published(published: Published) -> String {
    published.to_string()
}

/// An instant as a TOML datetime.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// `8`, `7.5`. A number that TOML would not read back as such is written in full.
fn number(score: f64) -> String {
    if score.is_finite() { format!("{score}") } else { "0".into() }
}

/// On one line: a table of its own would swallow the keys that follow it.
pub fn figure(figure: &Figure) -> String {
    let url = figure.url.as_ref().map(|url| format!(", url = {}", quoted(url))).unwrap_or_default();
    format!("{{ value = {}, label = {}{url} }}", quoted(&figure.value), quoted(&figure.label))
}

pub fn picture(picture: &Picture) -> String {
    let text = |key: &str, value: &Option<String>| value.as_ref().map(|text| format!("{key} = {}, ", quoted(text)));
    let (url, file) = (text("url", &picture.url), text("file", &picture.file));
    let height = picture.height.map(|height| format!("height = {height}, ")).unwrap_or_default();
    let place = url.or(file).unwrap_or_default();
    format!("{{ {place}width = {}, {height}alt = {} }}", picture.width, quoted(&picture.alt))
}

/// The `also` items of a story, one per line.
pub fn covered(also: &[Covered]) -> String {
    let lines = also.iter().map(|telling| {
        let [id, source, title] = [&telling.id, &telling.source, &telling.title].map(|text| quoted(text));
        let url = telling.url.as_ref().map(|url| format!(", url = {}", quoted(url))).unwrap_or_default();
        format!("  {{ id = {id}, source = {source}, title = {title}{url} }},\n")
    });
    format!("[\n{}]", lines.collect::<String>())
}

fn options(options: &[GuideOption]) -> String {
    let options: Vec<String> =
        options.iter().map(|o| format!("{{ guide = {}, fit = {} }}", quoted(&o.guide), number(o.fit))).collect();
    format!("[{}]", options.join(", "))
}

/// A list of strings on one line.
pub fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A string on one line, or on several where it holds several.
pub fn text(text: &str) -> String {
    if text.contains('\n') { block(text) } else { quoted(text) }
}

/// A basic string (TOML 1.0, "String").
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('\n', "\\n").replace('"', "\\\""))
}

/// A multi-line basic string. Its text begins on a line of its own: TOML drops the first line break.
fn block(text: &str) -> String {
    let mut body = escaped(text).replace("\"\"\"", "\"\"\\\"");
    if body.ends_with('"') && !body.ends_with("\\\"") {
        body.pop();
        body.push_str("\\\"");
    }
    format!("\"\"\"\n{body}\"\"\"")
}

/// Escapes backslashes and control characters; quotes and line breaks are the caller's, since they differ.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push('\n'),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
