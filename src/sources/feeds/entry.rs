//! One entry of a feed to one news item: clean text, a good address, a plausible date. Every repair and refusal is reported.
//! Knows neither XML nor JSON.

use std::borrow::Cow;

use url::{Host, Url};

use super::dates::{self, Ahead, ahead};
use super::parsed::{Entry, Link, ParsedFeed, Role, Text};
use super::prose::{self, Kind};
use super::{Dated, Fed, Origin};
use crate::model::{Item, Published, TextFormat, untracked};
use crate::sources::fields::is_web_url;
use crate::sources::news::derived_id;
use crate::sources::report::{Report, quoted};
use crate::sources::text;

/// An item has at most this many topics: those of its source, then its own.
const TOPICS: usize = 6;
/// A title made from the text has at most this many characters.
const MADE_TITLE: usize = 100;
/// Topics that say nothing.
const NO_TOPICS: &[&str] =
    &["uncategorized", "uncategorised", "general", "news", "blog", "posts", "articles", "latest", "featured"];

/// What all entries of a feed share.
pub(super) struct Shared<'a> {
    origin: &'a Origin<'a>,
    pub source: String,
    base: Option<Url>,
    language: Option<String>,
    /// When the feed was built, if it says so and the date is not in the future.
    built: Option<Published>,
}

impl<'a> Shared<'a> {
    pub fn new(told: &ParsedFeed, origin: &'a Origin<'a>, fallback: &str) -> Self {
        let title = prose::title(&told.title.raw, told.title.kind).text;
        let site = told.site.as_deref().and_then(|site| match origin.base {
            Some(base) => base.join(site).ok(),
            None => Url::parse(site).ok(),
        });
        let site = site.filter(|site| matches!(site.scheme(), "http" | "https"));
        let host = site.as_ref().and_then(Url::host_str).map(str::to_owned);
        let named = origin.source.map(str::to_owned).or_else(|| Some(title).filter(|title| text::has_ink(title)));
        let source = named.or(host).unwrap_or_else(|| fallback.to_owned());
        let built = told.built.as_deref().and_then(dates::parse).map(|read| read.published);
        let built = built.filter(|built| ahead(*built, origin.latest) == Ahead::No);
        Self {
            origin,
            source: text::cut(&source, text::NAME).unwrap_or(source),
            base: site.or_else(|| origin.base.cloned()),
            language: told.language.as_deref().and_then(language),
            built,
        }
    }

    /// The item, or `None` after reporting the reason.
    pub fn item(&self, entry: &Entry, report: &mut Report) -> Option<Fed> {
        let line = entry.line;
        if entry.cut {
            report.note(line, "an item is incomplete; it was refused", "");
            return None;
        }
        let Some(title) = title(entry, report) else {
            report.note(line, "an item has neither a title nor a text; it was refused", "");
            return None;
        };
        let url = self.address(entry, report);
        let (published, dated) = self.published(entry, report);
        let summary = summary(entry, &title);
        let id = match (&url, &entry.guid) {
            (None, Some(guid)) => derived_id(None, &self.source, guid),
            _ => derived_id(url.as_deref(), &self.source, &title),
        };
        let mut extra = serde_json::Map::new();
        if let Some(language) = entry.language.as_deref().and_then(language).or_else(|| self.language.clone()) {
            extra.insert("language".into(), language.into());
        }
        let topics = self.topics(entry);
        let score = score(entry, report);
        let (source, format) = (self.source.clone(), TextFormat::Text);
        let item =
            Item { id, title, source, published, score, url, summary, format, topics, guides: Vec::new(), extra };
        Some(Fed { item, dated })
    }

    /// The best address that is http(s), whole, and without what only counts its readers.
    fn address(&self, entry: &Entry, report: &mut Report) -> Option<String> {
        let mut links: Vec<&Link> = entry.links.iter().collect();
        links.sort_by_key(|link| link.role);
        let good = links.iter().find_map(|link| self.resolved(link));
        let refused = links.iter().take_while(|_| good.is_none()).find(|link| link.role <= Role::Own);
        if let Some(link) = refused {
            let message = match Url::parse(link.raw.trim()) {
                // Not printed: it is a secret of somebody's.
                Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                    "the link holds a user name or a password; the item has none".into()
                }
                _ => {
                    let raw = quoted(&link.raw);
                    format!("the link {raw} is not an http(s) address that others can open; the item has none")
                }
            };
            report.note(entry.line, message, "");
        } else if good.is_none() {
            report.note(entry.line, "an item has no link; it is shown without one", "");
        }
        good
    }

    fn resolved(&self, link: &Link) -> Option<String> {
        // Readers of XML 1.0 leave line ends in; no address has any.
        let raw: String = link.raw.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
        let raw = mended(raw.trim());
        let base = link.base.as_deref().or(self.base.as_ref());
        let url = match base {
            Some(base) => base.join(&raw).ok()?,
            None => Url::parse(&raw).ok()?,
        };
        let url = Some(url).filter(|url| !is_own_machine(url))?;
        Some(untracked(&url)).filter(|url| is_web_url(url))
    }

    /// When the item appeared; without a date of its own, when its feed was built, else now: whoever fetches knows since when the
    /// item has been there. A date that is far ahead is not believed; one that is a little ahead is now.
    fn published(&self, entry: &Entry, report: &mut Report) -> (Published, Dated) {
        let now = Published::At(self.origin.now.fixed_offset());
        let raw: Vec<&String> = entry.published.iter().chain(&entry.updated).collect();
        let dates: Vec<dates::Read> = raw.iter().filter_map(|raw| dates::parse(raw)).collect();
        let read: Vec<Published> = dates.iter().map(|date| date.published).collect();
        let stands = |date: &Published| ahead(*date, self.origin.latest);
        let good = read.iter().find(|date| stands(date) != Ahead::Far).copied();
        match (good, read.first(), raw.first()) {
            (Some(date), Some(first), _) => {
                if date != *first {
                    let message = format!("an item is dated {first}, which is in the future; its other date is used");
                    report.note(entry.line, message, "");
                }
                let used = dates.iter().find(|read| read.published == date);
                if let Some(zone) = used.and_then(|read| read.unknown_zone.as_deref()) {
                    let message =
                        format!("the zone {} behind a time is not known; the time counts as UTC", quoted(zone));
                    report.note(entry.line, message, "the feed should give the offset, such as +0100");
                }
                if stands(&date) == Ahead::Little { (now, Dated::Not) } else { (date, Dated::Itself) }
            }
            (None, Some(first), _) => {
                let message = format!("an item is dated {first}, which is in the future, so the date was ignored");
                let help =
                    "it counts from when it was first seen; if that is unknown, it is left out until its date is fixed";
                report.note(entry.line, message, help);
                (now, Dated::Doubted)
            }
            (_, None, Some(raw)) => {
                report.note(entry.line, format!("the date {} cannot be read", quoted(raw)), "it counts as undated");
                (self.built.unwrap_or(now), Dated::Not)
            }
            (_, None, None) => {
                report.note(
                    entry.line,
                    "an item has no date; it counts from the feed's own date, or from when it was first seen",
                    "",
                );
                (self.built.unwrap_or(now), Dated::Not)
            }
        }
    }

    fn topics(&self, entry: &Entry) -> Vec<String> {
        let mut out: Vec<String> = self.origin.topics.to_vec();
        for raw in &entry.topics {
            let topic = prose::title(raw, Kind::Unsaid).text;
            let key = crate::model::topic_key(&topic);
            let known = out.iter().any(|known| crate::model::topic_key(known) == key);
            let address = topic.contains("://");
            if text::has_ink(&topic)
                && !known
                && !address
                && topic.len() <= 60
                && !NO_TOPICS.contains(&key.as_str())
                && out.len() < TOPICS
            {
                out.push(topic);
            }
        }
        out
    }
}

/// An address whose scheme was forgotten, or written twice by a template.
fn mended(raw: &str) -> Cow<'_, str> {
    let web = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let inner =
        ["http://", "https://", "feed:"].iter().find_map(|scheme| raw.strip_prefix(scheme).filter(|rest| web(rest)));
    match inner {
        Some(inner) => inner.into(),
        None if raw.starts_with("www.") => format!("https://{raw}").into(),
        None => raw.into(),
    }
}

/// Whether the address leads a reader to their own machine, as those of a site that was built on somebody's laptop do.
fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

fn title(entry: &Entry, report: &mut Report) -> Option<String> {
    let given = [&entry.title, &entry.other_title].into_iter().find(|title| !title.is_blank());
    let clean = given.map(|title| prose::title(&title.raw, title.kind));
    if let Some(clean) = clean.filter(|clean| text::has_ink(&clean.text)) {
        if clean.markup {
            report.note(entry.line, "a title has markup; it was taken out", "");
        }
        let short = text::cut(&clean.text, text::TITLE);
        if short.is_some() {
            report.note(
                entry.line,
                format!("a title is longer than {} characters; it was cut at a word", text::TITLE),
                "",
            );
        }
        return Some(short.unwrap_or(clean.text));
    }
    let words = texts(entry).map(|text| prose::summary(&text.raw, text.kind, "")).find(|words| text::has_ink(words))?;
    report.note(entry.line, "an item has no title; it got the start of its text", "");
    let words = text::line(&words).text;
    Some(text::cut(&words, MADE_TITLE).unwrap_or(words))
}

fn texts(entry: &Entry) -> impl Iterator<Item = &Text> {
    [&entry.summary, &entry.content, &entry.other_summary].into_iter().filter(|text| !text.is_blank())
}

/// The first of the texts that says more than the title.
fn summary(entry: &Entry, title: &str) -> String {
    let plain = texts(entry).map(|text| prose::summary(&text.raw, text.kind, title));
    let mut plain = plain.filter(|words| {
        text::has_ink(words) && words.trim_end_matches(['.', '…']) != title.trim_end_matches(['.', '…'])
    });
    plain.next().unwrap_or_default()
}

/// The score: a number from 0 to 10.
fn score(entry: &Entry, report: &mut Report) -> Option<f64> {
    let raw = entry.score.as_deref()?.trim();
    let read = raw.parse::<f64>().ok().filter(|score| (0.0..=10.0).contains(score));
    if read.is_none() {
        let message =
            format!("the score {} is not a number from 0 to 10; the item has no score of its own", quoted(raw));
        report.note(entry.line, message, "the source's `base_score` counts");
    }
    read
}

/// A language's tag by BCP 47, as far as its shape goes: `en`, `pt-BR`, `zh-Hant`.
fn language(raw: &str) -> Option<String> {
    let tag = raw.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let first =
        parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (first && rest && tag.len() <= 35).then_some(tag)
}
