//! A rendered issue: the same bytes for every subscriber, with slots where a subscriber's own values go.

use serde::{Deserialize, Serialize};

use super::{Poll, Tracking};

/// A place that is filled for each subscriber.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The subscriber's name, or the publication's fallback.
    Name,
    /// The subscriber's address.
    Email,
    UnsubscribeUrl,
    PreferencesUrl,
    /// The public page; the same for every subscriber, but known only when the issue is sent.
    WebCopyUrl,
    /// A merge field of the subscriber list, such as `city`.
    Field(String),
}

/// A segment of a rendered part: either text that all subscribers share, or a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    Shared(String),
    Slot(Slot),
}

/// Which body part a copy is made for; it decides how a slot's value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Html,
    Text,
}

/// What fills the slots for one subscriber. Values are raw: [`Rendered::fill`] escapes them.
pub trait Fill {
    /// The value for `slot`; empty when the subscriber has none.
    fn value(&self, slot: &Slot) -> &str;
}

/// An issue as an article on the web: the same for everybody, without slots and with direct links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// What stands below the title: HTML without inline styles. A picture of content/ is at `/pictures/FILE`; [`Self::html_at`]
    /// knows where that is.
    pub html: String,
    /// The address of the first picture, in the same form; empty when there is none.
    pub picture: String,
    /// A BCP 47 tag.
    pub language: String,
    /// The amount to read, in words: "5 stories, 1 guide, 6 min"; empty for an empty issue.
    pub length: String,
}

impl Article {
    /// The HTML with the publication's own pictures under `base`: a path such as `/news`, or a URL, without its last slash.
    pub fn html_at(&self, base: &str) -> String {
        self.html.replace("<img src=\"/pictures/", &format!("<img src=\"{base}/pictures/"))
    }

    /// The address of the first picture on the web; `base` is the URL of the public pages, without its last slash.
    pub fn picture_at(&self, base: &str) -> String {
        if self.picture.starts_with('/') { format!("{base}{}", self.picture) } else { self.picture.clone() }
    }
}

/// An issue compiled once: subject, preheader, both bodies, and the article for the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    pub subject: String,
    pub preheader: String,
    pub html: Vec<Segment>,
    pub text: Vec<Segment>,
    /// The links whose clicks are counted; `None` where none are, and the bytes are those without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Tracking>,
    /// The poll on the public pages; `None` if there is none, or it is answered by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// `None` for a letter, and for an issue approved before issues had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Article>,
}

impl Rendered {
    /// Writes one part with its slots filled. HTML values are escaped so that they are safe as text and as a quoted
    /// attribute; text values go in as they are.
    pub fn fill(&self, part: Part, copy: &dyn Fill) -> String {
        let segments = match part {
            Part::Html => &self.html,
            Part::Text => &self.text,
        };
        let mut out = String::with_capacity(segments.iter().map(Segment::len_hint).sum());
        for segment in segments {
            match segment {
                Segment::Shared(text) => out.push_str(text),
                Segment::Slot(slot) => push_escaped(&mut out, part, copy.value(slot)),
            }
        }
        out
    }
}

impl Segment {
    fn len_hint(&self) -> usize {
        match self {
            Self::Shared(text) => text.len(),
            Self::Slot(_) => 64,
        }
    }
}

/// Appends a slot's value to `out`, escaped for `part`.
pub fn push_escaped(out: &mut String, part: Part, value: &str) {
    match part {
        Part::Text => out.push_str(value),
        Part::Html => {
            for c in value.chars() {
                match c {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    '\'' => out.push_str("&#39;"),
                    c => out.push(c),
                }
            }
        }
    }
}
