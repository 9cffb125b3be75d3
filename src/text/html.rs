//! HTML to text: strips tags and scripts, decodes references once; lists, tables and code keep their lines. Also detects whether text
//! declared as plain is really HTML. Knows no feed, no item and no mail.

mod element;
mod head;
pub mod markup;
pub mod references;

pub use head::PageHead;

use element::{BLOCKS, HIDDEN, INLINE, KNOWN, VOID};
use markup::{Piece, Tag};

/// Where text from HTML gets line breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breaks {
    /// Nowhere: one line.
    #[default]
    None,
    /// Only where lines mean something: items of lists, rows of tables, code.
    Lists,
    /// There and between paragraphs.
    All,
}

/// The text of HTML. Content of hidden elements (scripts, styles, forms) is left out; a list item begins with `- ` or its
/// number, the cells of a row are separated by ` | `, and code keeps its white space.
pub fn text(html: &str, breaks: Breaks) -> String {
    let mut seen = Seen { breaks, ..Seen::default() };
    for piece in markup::pieces(html) {
        match piece {
            Piece::Text(text) if seen.hidden.is_none() => seen.text(&references::html(text)),
            Piece::Text(_) => {}
            Piece::Tag(tag) => seen.tag(&tag),
        }
    }
    seen.out
}

/// The text of HTML that was declared as plain text; `None` if it is plain text. Angle brackets around anything but
/// HTML's own elements stay.
pub fn from_plain(text: &str, breaks: Breaks) -> Option<String> {
    is_html(text).then(|| self::text(&with_known_tags(text), breaks))
}

/// Whether a text is HTML: an element of it is opened and closed again, has attributes, or stands where only markup stands. `Vec<T>`,
/// `a < b`, "how the <b> tag came to be" and text between backticks are not.
pub fn is_html(text: &str) -> bool {
    if !text.contains('<') {
        return false;
    }
    let known = with_known_tags(text);
    let mut pieces = markup::pieces(&known);
    let mut open: Vec<String> = Vec::new();
    let (mut at_start, mut before) = (true, None);
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(words) => {
                at_start &= words.trim().is_empty();
                before = words.chars().next_back();
            }
            Piece::Tag(tag) => {
                let place = Place { before, after: pieces.rest().chars().next(), at_start };
                if is_certain(&tag, place, &open) {
                    return true;
                }
                if tag.opens {
                    open.push(tag.name);
                }
                (at_start, before) = (false, Some('>'));
            }
        }
    }
    false
}

/// Where a tag stands.
#[derive(Clone, Copy)]
struct Place {
    /// The characters on both sides.
    before: Option<char>,
    after: Option<char>,
    /// Whether no text stands before it.
    at_start: bool,
}

/// Whether a known tag can only be markup in its position.
fn is_certain(tag: &Tag, place: Place, open: &[String]) -> bool {
    let name = tag.name.as_str();
    let is_glued = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !"`\"'(),.;:!?".contains(c));
    let has_attributes = tag.attributes.contains('=');
    match tag.opens {
        false => open.iter().any(|open| open == name),
        true if VOID.contains(&name) => {
            let ends_a_line = place.before.is_some_and(|c| !c.is_whitespace() && !"`\"'(".contains(c));
            has_attributes || tag.is_empty || ends_a_line
        }
        true => has_attributes || place.at_start && BLOCKS.contains(&name) && is_glued(place.after),
    }
}

/// The stretches between backticks, in bytes.
fn code_spans(text: &str) -> Vec<std::ops::Range<usize>> {
    let ticks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
    ticks.chunks_exact(2).filter_map(|pair| Some(*pair.first()?..*pair.last()?)).collect()
}

/// The text with every `<` made harmless that opens none of the known tags, or stands between backticks.
pub fn with_known_tags(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let quoted = code_spans(raw);
    let mut spans = quoted.iter().peekable();
    for (at, c) in raw.char_indices() {
        if c != '<' {
            out.push(c);
            continue;
        }
        while spans.next_if(|span| span.end <= at).is_some() {}
        let is_quoted = spans.peek().is_some_and(|span| span.contains(&at));
        let rest = raw.get(at + 1..).unwrap_or_default();
        out.push_str(if is_quoted || !is_known_tag(rest) { "&lt;" } else { "<" });
    }
    out
}

/// Whether a known tag, or a comment, stands behind a `<`.
pub fn is_known_tag(rest: &str) -> bool {
    if rest.starts_with("!--") {
        return true;
    }
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let (name, behind) = rest.split_at(name);
    name.len() <= 10 && KNOWN.contains(&name.to_ascii_lowercase().as_str()) && element::is_tag(behind)
}

/// A break to be written before the next word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Seen {
    out: String,
    breaks: Breaks,
    gap: Gap,
    /// The open hidden element, and its nesting depth.
    hidden: Option<(String, usize)>,
    /// The open lists: the next number of each, `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The list item's mark, to be written before the next word.
    mark: String,
    /// The start of the open row's text.
    row: usize,
    pre: usize,
}

impl Seen {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if self.pre > 0 && self.breaks != Breaks::None {
                self.code(c);
            } else if c.is_whitespace() {
                self.gap = self.gap.max(Gap::Space);
            } else {
                self.settle();
                self.out.push(c);
            }
        }
    }

    /// A character of code, which keeps its white space.
    fn code(&mut self, c: char) {
        match c {
            '\n' => self.gap = if self.gap == Gap::None { Gap::Line } else { Gap::Paragraph },
            '\r' => {}
            other => {
                self.settle();
                self.out.push(if other == '\t' { ' ' } else { other });
                if other == '\t' {
                    self.out.push_str("   ");
                }
            }
        }
    }

    /// Writes the pending break and mark, now that text follows.
    fn settle(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        if !self.out.is_empty() {
            let kept = self.out.trim_end_matches(' ').len();
            match gap {
                Gap::None => {}
                Gap::Space if self.out.ends_with([' ', '\n']) => {}
                Gap::Space => self.out.push(' '),
                Gap::Line => {
                    self.out.truncate(kept);
                    self.out.push('\n');
                }
                Gap::Paragraph => {
                    self.out.truncate(kept);
                    self.out.push_str("\n\n");
                }
            }
        }
        self.out.push_str(&std::mem::take(&mut self.mark));
    }

    fn tag(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if self.hidden.is_none() {
            self.part(tag);
        }
        match &mut self.hidden {
            Some((open, depth)) if open == name && tag.opens && !tag.is_empty => *depth += 1,
            Some((open, depth)) if open == name && !tag.opens => {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            None if tag.opens && !tag.is_empty && HIDDEN.contains(&name) && name != "embed" => {
                self.hidden = Some((name.to_owned(), 1));
            }
            _ => {}
        }
    }

    /// The break that a tag makes.
    fn part(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if INLINE.contains(&name) {
            return;
        }
        let closes_list = !tag.opens && matches!(name, "ul" | "ol");
        let is_flat = self.breaks == Breaks::None || HIDDEN.contains(&name);
        let gap = match (name, self.breaks) {
            ("ul" | "ol" | "table" | "pre", Breaks::All) if self.lists.len() <= usize::from(closes_list) => {
                Gap::Paragraph
            }
            // A paragraph inside an item of a list is a line of it.
            ("ul" | "ol" | "table" | "pre" | "li" | "tr" | "dt" | "dd", _)
            | ("br" | "div" | "caption", Breaks::All) => Gap::Line,
            ("td" | "th" | "tbody" | "thead" | "tfoot", _) | (_, Breaks::Lists | Breaks::None) => Gap::Space,
            (_, Breaks::All) if !self.lists.is_empty() => Gap::Line,
            (_, Breaks::All) => Gap::Paragraph,
        };
        let gap = if is_flat { Gap::Space } else { gap };
        // An item's words follow its mark, whatever elements are around them.
        if self.mark.is_empty() || gap <= Gap::Space {
            self.gap = self.gap.max(gap);
        }
        if self.breaks != Breaks::None {
            self.structure(tag);
        }
    }

    fn structure(&mut self, tag: &Tag) {
        /// Lists deeper than this are not indented further.
        const DEEPEST: usize = 6;
        match (tag.name.as_str(), tag.opens) {
            ("ul", true) => self.lists.push(None),
            ("ol", true) => self.lists.push(Some(element::number(tag.attributes, "start").unwrap_or(1))),
            ("ul" | "ol", false) => {
                self.lists.pop();
                self.mark.clear();
            }
            ("li", true) => {
                let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(DEEPEST));
                self.mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{indent}{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => format!("{indent}- "),
                };
                self.gap = self.gap.max(Gap::Line);
            }
            ("li", false) => self.mark.clear(),
            ("tr", true) => self.row = self.out.len(),
            ("td" | "th", true) if !self.out.get(self.row..).unwrap_or_default().trim().is_empty() => {
                self.gap = Gap::None;
                let kept = self.out.trim_end_matches(' ').len();
                self.out.truncate(kept);
                self.out.push_str(" | ");
            }
            ("pre", true) => self.pre += 1,
            ("pre", false) => self.pre = self.pre.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
