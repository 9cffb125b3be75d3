//! Writes a guide as Markdown with TOML front matter, so that reading it gives the same guide. Knows no folder.

use std::fmt::Write;

use super::markdown::is_heading_like;
use crate::model::Guide;

/// The bytes of content/guides/SLUG.md. Every text of the front matter is on one line, so none can end it early.
pub(in crate::sources) fn write_markdown(guide: &Guide) -> String {
    let mut out = String::from("+++\n");
    front(&mut out, guide);
    tables(&mut out, guide);
    out.push_str("+++\n");
    for (i, section) in guide.sections.iter().enumerate() {
        out.push('\n');
        if i > 0 || !section.heading.is_empty() || section.text.trim().is_empty() {
            out.push_str(format!("## {}", section.heading).trim_end());
            out.push_str("\n\n");
        }
        for line in section.text.trim().lines() {
            if is_heading_like(line) {
                out.push('\\');
            }
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn front(out: &mut String, guide: &Guide) {
    text(out, "slug", &guide.slug);
    text(out, "title", &guide.title);
    text(out, "topic", &guide.topic);
    text(out, "level", guide.level.as_str());
    text(out, "status", guide.status.as_str());
    pair(out, "version", guide.version);
    if let Some(day) = guide.updated {
        pair(out, "updated", day);
    }
    if let Some(url) = &guide.url {
        text(out, "url", url);
    }
    if !guide.tldr.is_empty() {
        text(out, "tldr", &guide.tldr);
    }
    list(out, "takeaways", &guide.takeaways);
    list(out, "related_topics", &guide.related_topics);
    list(out, "related_guides", &guide.related_guides);
    if usize::try_from(guide.related_guides_count) != Ok(guide.related_guides.len()) {
        pair(out, "related_guides_count", guide.related_guides_count);
    }
}

fn tables(out: &mut String, guide: &Guide) {
    for entry in &guide.timeline {
        out.push_str("\n[[timeline]]\n");
        text(out, "text", &entry.text);
        if let Some(day) = entry.date {
            pair(out, "date", day);
        }
    }
    for faq in &guide.faq {
        out.push_str("\n[[faq]]\n");
        text(out, "question", &faq.question);
        text(out, "answer", &faq.answer);
    }
    for version in &guide.versions {
        out.push_str("\n[[versions]]\n");
        pair(out, "version", version.version);
        if let Some(day) = version.date {
            pair(out, "date", day);
        }
        if let Some(status) = version.status {
            text(out, "status", status.as_str());
        }
    }
}

fn pair(out: &mut String, key: &str, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

fn text(out: &mut String, key: &str, value: &str) {
    pair(out, key, quoted(value));
}

/// A list with one element a line, so that an edit shows as one line in a diff.
fn list(out: &mut String, key: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for value in values {
        let _ = writeln!(out, "  {},", quoted(value));
    }
    out.push_str("]\n");
}

/// A TOML basic string.
fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
