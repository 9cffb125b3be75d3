//! The walk through a feed's elements: which is open, whose text comes now, where it belongs. Knows no bytes and no item.

use std::collections::BTreeSet;
use std::rc::Rc;

use quick_xml::events::BytesStart;
use url::Url;

use super::names::{Part, Space, Spaces, part};
use super::parsed::{Entry, LONGEST, Link, MOST, ParsedFeed, Role, Text};
use super::prose::Kind;
use super::{DEPTH, ENTRIES};
use crate::sources::report::Report;
use crate::text::html::references;

/// Most stray closing tags that are ignored; a document with more is not read further.
const STRAY: usize = 1_000;

/// An open element.
struct Frame {
    name: String,
    base: Option<Rc<Url>>,
    language: Option<Rc<str>>,
    is_entry: bool,
}

/// The text of one element on its way.
struct Catch {
    part: Part,
    /// How many elements were open before it.
    depth: usize,
    raw: String,
    kind: Kind,
    /// Whether the text holds elements, so that all of it is kept as HTML.
    markup: bool,
    /// A link's `href`, or a category's `term`.
    value: Option<String>,
    role: Role,
}

pub(super) struct Walk<'a> {
    text: &'a str,
    told: ParsedFeed,
    spaces: Spaces,
    open: Vec<Frame>,
    entry: Option<Entry>,
    catch: Option<Catch>,
    /// How many elements are open around a foreign one.
    foreign: Option<usize>,
    is_feed: bool,
    pub broken: bool,
    /// The repairs reported already: each is reported once.
    said: BTreeSet<&'static str>,
    /// How many tags closed nothing, and how many references were unknown.
    stray: usize,
    pub unknown: usize,
    /// The byte at which the event begins, and the line of a byte counted already.
    pub at: usize,
    counted: (usize, usize),
}

impl<'a> Walk<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            told: ParsedFeed::default(),
            spaces: Spaces::default(),
            open: Vec::new(),
            entry: None,
            catch: None,
            foreign: None,
            is_feed: false,
            broken: false,
            said: BTreeSet::new(),
            stray: 0,
            unknown: 0,
            at: 0,
            counted: (0, 1),
        }
    }

    /// The line of the event, counted on from the last one asked for.
    pub fn line(&mut self) -> usize {
        let (from, line) = self.counted;
        let passed = self.text.as_bytes().get(from..self.at).unwrap_or_default();
        self.counted = (self.at.max(from), line + passed.iter().filter(|b| **b == b'\n').count());
        self.counted.1
    }

    pub fn once(&mut self, report: &mut Report, repair: &'static str) {
        if self.said.insert(repair) {
            report.note(None, repair, "");
        }
    }

    pub fn start(&mut self, tag: &BytesStart, empty: bool, report: &mut Report) -> bool {
        let name = tag.name().as_ref().to_lowercase();
        if self.open.len() >= DEPTH {
            let line = self.line();
            report.note(line, format!("has more than {DEPTH} nested elements; it was read up to here"), "");
            self.broken = true;
            return false;
        }
        let attributes = self.attributes(tag);
        let (prefix, local) = name.split_once(':').unwrap_or(("", &name));
        let space = self.spaces.of(prefix);
        if self.open.is_empty() && !self.is_feed && space != Space::Other {
            if local == "html" {
                return false;
            }
            self.is_feed = matches!(local, "rss" | "rdf" | "feed" | "channel" | "item" | "entry");
        }
        let get = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let above = self.open.last().and_then(|frame| frame.base.clone());
        let language = get("xml:lang").filter(|tag| tag.len() <= 40);
        if self.entry.is_none() && self.told.language.is_none() {
            self.told.language = language.map(str::to_owned);
        }
        let frame = Frame {
            base: get("xml:base").map_or(above.clone(), |base| join(base, above.as_deref())),
            language: language.map(Rc::from).or_else(|| self.open.last()?.language.clone()),
            is_entry: false,
            name: name.clone(),
        };
        self.open.push(frame);
        if self.catch.is_some() {
            self.inner(local, false);
        } else if self.foreign.is_none() {
            let goes_on = self.known(part(space, local), &attributes, report);
            if !goes_on {
                return false;
            }
        }
        !empty || self.end(&name, report)
    }

    /// The attributes by name in small letters; bindings of vocabularies are noted on the way.
    fn attributes(&mut self, tag: &BytesStart) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for attribute in tag.html_attributes().with_checks(false).flatten().take(64) {
            let key = attribute.key.as_ref().to_lowercase();
            let value = references::xml(&attribute.value);
            match key.strip_prefix("xmlns") {
                Some(prefix) if prefix.is_empty() || prefix.starts_with(':') => {
                    self.spaces.bind(prefix.trim_start_matches(':'), &value);
                }
                _ => out.push((key, value)),
            }
        }
        out
    }

    /// An element that is not inside a text.
    fn known(&mut self, part: Part, attributes: &[(String, String)], report: &mut Report) -> bool {
        let get = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let depth = self.open.len() - 1;
        let (mut kind, mut value, mut role) = (Kind::Unsaid, None, Role::Own);
        match part {
            Part::Entry => return self.begin(get("rdf:about"), report),
            Part::Wrapper => return true,
            Part::Foreign => {
                self.foreign = Some(depth);
                return true;
            }
            Part::Title | Part::Summary | Part::Content => {
                kind = match get("type").as_deref().map(str::trim) {
                    Some("text" | "text/plain") => Kind::Plain,
                    Some("html" | "xhtml" | "text/html" | "application/xhtml+xml") => Kind::Html,
                    _ => Kind::Unsaid,
                };
            }
            Part::Link | Part::OriginalLink | Part::Enclosure => {
                value = get("href").or_else(|| get("url"));
                role = match (part, get("rel").as_deref().unwrap_or("alternate")) {
                    (Part::OriginalLink, _) => Role::Original,
                    (Part::Enclosure, _) | (_, "enclosure") => Role::Enclosure,
                    (_, "alternate") => Role::Own,
                    (_, "related" | "via") => Role::Related,
                    _ => return true,
                };
            }
            Part::Guid => {
                role = if get("ispermalink").as_deref() == Some("false") { Role::Related } else { Role::Permalink }
            }
            Part::Topic => value = get("label").or_else(|| get("term")),
            _ => {}
        }
        self.catch = Some(Catch { part, depth, raw: String::new(), kind, markup: false, value, role });
        true
    }

    /// `about` is what RSS 1.0 calls the item by, which is its address.
    fn begin(&mut self, about: Option<String>, report: &mut Report) -> bool {
        self.is_feed = true;
        // The one before was never closed.
        if self.entry.is_some() {
            self.close_entry();
        }
        if self.told.entries.len() == ENTRIES {
            let line = self.line();
            report.note(line, format!("has more than {ENTRIES} items; the first {ENTRIES} are read"), "");
            return false;
        }
        let line = self.line();
        if let Some(frame) = self.open.last_mut() {
            frame.is_entry = true;
            let permalink = about.filter(|raw| raw.starts_with("http"));
            let links = permalink.map(|raw| Link { raw, base: None, role: Role::Permalink }).into_iter().collect();
            let language = frame.language.as_deref().map(str::to_owned);
            self.entry = Some(Entry { line, links, language, ..Entry::default() });
        }
        true
    }

    /// A tag inside a text: the text is HTML then, with all that stood before it.
    fn inner(&mut self, local: &str, closes: bool) {
        let Some(catch) = &mut self.catch else { return };
        if !catch.markup {
            // In a text that was HTML in references, the elements around them are part of the same HTML.
            if catch.kind == Kind::Plain || catch.raw.trim().is_empty() {
                catch.raw = escaped(&catch.raw);
            }
            (catch.markup, catch.kind) = (true, Kind::Html);
        }
        if catch.raw.len() < LONGEST {
            catch.raw.push_str(if closes { "</" } else { "<" });
            catch.raw.push_str(local);
            catch.raw.push('>');
        }
    }

    /// Whether a text is being read, and has room for more.
    pub fn listens(&self) -> bool {
        self.unknown < STRAY && self.catch.as_ref().is_some_and(|catch| catch.raw.len() < LONGEST)
    }

    pub fn text(&mut self, text: &str) {
        if let Some(catch) = &mut self.catch
            && catch.raw.len() < LONGEST
        {
            let room = text.floor_char_boundary(LONGEST);
            let text = text.get(..room).unwrap_or_default();
            if catch.markup { catch.raw.push_str(&escaped(text)) } else { catch.raw.push_str(text) }
        }
    }

    /// Closes the last open element of this name and what was left open inside it; a tag that closes nothing is nothing, but a feed
    /// of such tags is not read on.
    pub fn end(&mut self, name: &str, report: &mut Report) -> bool {
        let Some(to) = self.open.iter().rposition(|frame| frame.name == name) else {
            self.stray += 1;
            self.once(report, "closes elements that are not open; such tags were ignored");
            return self.stray < STRAY;
        };
        if to + 1 < self.open.len() {
            self.once(report, "has elements that are not closed; they end with the one around them");
        }
        while self.open.len() > to {
            self.pop();
        }
        true
    }

    fn pop(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let depth = self.open.len();
        match &self.catch {
            Some(catch) if catch.depth == depth => self.caught(&frame),
            Some(_) => {
                let local = frame.name.rsplit(':').next().unwrap_or_default().to_owned();
                self.inner(&local, true);
            }
            None => {}
        }
        if self.foreign == Some(depth) {
            self.foreign = None;
        }
        if frame.is_entry {
            self.close_entry();
        }
    }

    fn close_entry(&mut self) {
        self.told.entries.extend(self.entry.take());
    }

    /// A whole text, put where it belongs; the first of its kind counts, but empty ones.
    fn caught(&mut self, frame: &Frame) {
        let Some(catch) = self.catch.take() else { return };
        let text = Text::new(catch.raw, catch.kind);
        let plain = || {
            Some(catch.value.clone().unwrap_or_else(|| text.raw.clone()).trim().to_owned())
                .filter(|raw| !raw.is_empty())
        };
        let Some(entry) = &mut self.entry else {
            let told = &mut self.told;
            match catch.part {
                Part::Title if told.title.is_blank() => told.title = text,
                Part::OtherTitle if told.other_title.is_blank() => told.other_title = text,
                Part::Link if catch.role == Role::Own && told.site.is_none() => told.site = plain(),
                Part::Language => told.language = plain().or(told.language.take()),
                Part::Built | Part::Published | Part::Updated if told.built.is_none() => told.built = plain(),
                _ => {}
            }
            return;
        };
        let first = |place: &mut Text, text: Text| {
            if place.is_blank() {
                *place = text;
            }
        };
        let link = |role| plain().map(|raw| Link { raw, base: frame.base.clone(), role });
        match catch.part {
            Part::Title => first(&mut entry.title, text),
            Part::OtherTitle => first(&mut entry.other_title, text),
            Part::Summary => first(&mut entry.summary, text),
            Part::Content => first(&mut entry.content, text),
            Part::OtherSummary => first(&mut entry.other_summary, text),
            Part::Link | Part::OriginalLink | Part::Enclosure if entry.links.len() < MOST => {
                entry.links.extend(link(catch.role));
            }
            Part::Guid => {
                let permalink =
                    link(catch.role).filter(|link| link.role == Role::Permalink && link.raw.starts_with("http"));
                entry.links.extend(permalink.filter(|_| entry.links.len() < MOST));
                entry.guid = entry.guid.take().or_else(plain);
            }
            Part::Published if entry.published.len() < MOST => entry.published.extend(plain()),
            Part::Updated if entry.updated.len() < MOST => entry.updated.extend(plain()),
            Part::Topic if entry.topics.len() < MOST => entry.topics.extend(plain()),
            Part::Score => entry.score = entry.score.take().or_else(plain),
            Part::Language => entry.language = plain().or(entry.language.take()),
            _ => {}
        }
    }

    pub fn finish(mut self, report: &mut Report) -> Option<ParsedFeed> {
        if let Some(entry) = &mut self.entry {
            entry.cut = true;
            self.close_entry();
        }
        if !self.open.is_empty() && !self.broken && self.is_feed {
            report.note(None, "ends before its last element is closed", "");
        }
        if self.told.title.is_blank() {
            self.told.title = std::mem::take(&mut self.told.other_title);
        }
        self.is_feed.then_some(self.told)
    }
}

fn join(address: &str, base: Option<&Url>) -> Option<Rc<Url>> {
    let joined = match base {
        Some(base) => base.join(address.trim()).ok(),
        None => Url::parse(address.trim()).ok(),
    };
    joined.filter(|url| url.as_str().len() <= 4_000).map(Rc::new)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
