//! The parts of the mail: subject, preheader, both bodies, their size, their items and images.

use unicode_width::UnicodeWidthStr;

use super::{Finding, Issue, error, warning};
use crate::model::{Piece, Slot};

/// Gmail cuts a message whose HTML is longer than this, in bytes.
const CLIP: usize = 102_400;
/// From here on it is worth knowing.
const NEAR: usize = 80_000;

pub fn subject(issue: &Issue) -> Vec<Finding> {
    let subject = &issue.rendered.subject;
    if subject.trim().is_empty() {
        return vec![error("subject-empty", "subject", "the subject is empty", "write one in the draft")];
    }
    let mut found = Vec::new();
    if subject.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) {
        let what = "the subject holds a control character or a direction override";
        found.push(error("subject-control", "subject", what, "type it anew on one line"));
    }
    if subject.width() > 60 {
        let what = format!("the subject is {} columns wide; phones show about 40, Gmail about 60", subject.width());
        found.push(warning("subject-long", "subject", what, "say the most important words first, or cut it"));
    }
    found
}

pub fn preheader(issue: &Issue) -> Vec<Finding> {
    let (subject, preheader) = (issue.rendered.subject.trim(), issue.rendered.preheader.trim());
    if preheader.is_empty() {
        let what = "without a preheader the inbox shows the first words of the page";
        return vec![warning("preheader-empty", "preheader", what, "write one sentence that goes on after the subject")];
    }
    if preheader.to_lowercase().contains(&subject.to_lowercase()) && !subject.is_empty() {
        let what = "the preheader says the subject again";
        return vec![warning("preheader-repeats-subject", "preheader", what, "use it for what the subject left out")];
    }
    Vec::new()
}

/// Both bodies say something, and both let the reader leave.
pub fn both_parts(issue: &Issue) -> Vec<Finding> {
    let mut found = Vec::new();
    if issue.text.split_whitespace().count() < 10 {
        let what = "there is no text part to speak of; it costs the mail its place in many inboxes";
        found.push(error("no-text", "text", what, "let the text template write the issue"));
    }
    let leaves = |pieces: &[Piece]| pieces.contains(&Piece::Slot(Slot::UnsubscribeUrl));
    for (part, pieces) in [("html", &issue.rendered.html), ("text", &issue.rendered.text)] {
        if !leaves(pieces) {
            let help = "put {{unsubscribe_url}} into the footer template";
            found.push(error("no-unsubscribe", part, "there is no place for the reader's unsubscribe link", help));
        }
    }
    found
}

pub fn size(issue: &Issue) -> Vec<Finding> {
    let bytes = issue.html.len();
    let help = "leave out the last items or shorten their summaries";
    if bytes > CLIP {
        let what = format!("the HTML has {bytes} bytes; Gmail cuts it at {CLIP}, and the unsubscribe link with it");
        return vec![error("html-too-big", "html", what, help)];
    }
    if bytes > NEAR {
        let what = format!("the HTML has {bytes} bytes; Gmail cuts at {CLIP}");
        return vec![warning("html-near-clip", "html", what, help)];
    }
    Vec::new()
}

pub fn items(issue: &Issue) -> Vec<Finding> {
    let shown: Vec<_> = issue.draft.news.iter().enumerate().filter(|(_, entry)| !entry.banned).collect();
    if shown.is_empty() {
        let help = "move items up from the bench, or compose again";
        return vec![error("no-news", "news", "the issue carries no news", help)];
    }
    let mut found = Vec::new();
    for (i, entry) in shown {
        let place = format!("news[{i}] \"{}\"", entry.title);
        if entry.url.as_deref().is_none_or(|url| url.trim().is_empty()) {
            let what = "the item has no link, so readers cannot go on reading";
            found.push(warning("item-no-link", &place, what, "add its `url`, or waive item-no-link"));
        }
        if entry.summary.trim().is_empty() {
            found.push(warning("item-no-summary", &place, "the item has no summary", "write one to five sentences"));
        }
    }
    found
}

pub fn images(issue: &Issue) -> Vec<Finding> {
    let bare = issue.page.all("img").filter(|image| image.get("alt").is_none());
    bare.map(|image| {
        let what = format!("the image {} has no alt text", image.get("src").unwrap_or("without a source"));
        error("missing-alt", "html", what, "say what it shows, or write alt=\"\" when it only decorates")
    })
    .collect()
}
