//! Finds what kind of news an item is, which firms it is about and which house published it, by the readable cues of
//! cues.toml or of a publication's own file. Knows no score, no rank and no file.

mod pattern;
mod rules;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::Feeds;
use super::headline::Voice;
use crate::model::{Entry, Item, Notice};
use rules::{Look, Rule, Rules};

/// The cues as shipped: of news on artificial intelligence, in English.
pub const SHIPPED: &str = include_str!("kinds/cues.toml");

static BUILT_IN: LazyLock<Cues> =
    LazyLock::new(|| Cues::read(SHIPPED).unwrap_or_else(|error| unreachable!("the shipped cues: {error}")));

/// From this score on, a kind's points may count for less: see [`From7`].
const HIGH: f64 = 7.0;

/// The share of a kind's points that counts for an item of score 7 or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum From7 {
    #[default]
    All,
    Half,
    None,
}

/// Which guides may stand with items of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindGuides {
    #[default]
    Any,
    /// One that the headline names, by the name of a product or by several words.
    Named,
    /// Any but those on a product.
    NoProduct,
}

/// A kind of news.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    pub name: String,
    /// Points on the scale of the scores.
    pub points: f64,
    pub from_7: From7,
    /// Extra points when the headline names a followed firm.
    pub firm: f64,
    /// The heading over stories of this kind that no topic holds together; empty for none.
    pub heading: String,
    pub guides: KindGuides,
}

/// The kind of an item, and the cue that decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'c> {
    pub kind: &'c Kind,
    /// In words: `"launches", "gpt-5"`, or `its address, arxiv.org/`.
    pub cue: String,
}

/// A publication's cues, ready to be asked.
#[derive(Debug)]
pub struct Cues {
    kinds: Vec<Kind>,
    rules: Rules,
    firms: Vec<(String, Regex)>,
    makers: Vec<Regex>,
    /// By registrable domain.
    houses: BTreeMap<String, String>,
    voice: Voice,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    names: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    firms: BTreeMap<String, String>,
    #[serde(default)]
    makers: Makers,
    #[serde(default)]
    houses: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    voice: VoiceFile,
    #[serde(default)]
    kinds: Vec<KindFile>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct VoiceFile {
    own: String,
    breaks: String,
    platforms: String,
    named: String,
    alone: String,
    says: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Makers {
    at: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindFile {
    name: String,
    points: f64,
    #[serde(default)]
    from_7: From7,
    #[serde(default)]
    firm: f64,
    #[serde(default)]
    heading: String,
    #[serde(default)]
    guides: KindGuides,
    #[serde(default)]
    first: Vec<Rule>,
    #[serde(default)]
    strong: Vec<Rule>,
    #[serde(default)]
    weak: Vec<Rule>,
    #[serde(default)]
    last: Vec<Rule>,
}

impl Cues {
    /// The cues that ship.
    pub fn shipped() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a file of cues.
    ///
    /// # Errors
    /// The text is not valid TOML of this form, a cue is not a regular expression, a `{name}` is unknown, points are not within ±10; the
    /// notice has the line where there is one.
    pub fn parse(text: &str) -> Result<Self, Notice> {
        let cues = Self::read(text)?;
        cues.rules.prove().map_err(|error| Notice::new(format!("the cues: {error}")))?;
        Ok(cues)
    }

    /// The same without a look at each cue: those that ship are proved by a test.
    fn read(text: &str) -> Result<Self, Notice> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            Notice::new(format!("the cues cannot be read: {}", error.message().trim())).at("cues.toml", line)
        })?;
        let mut kinds = Vec::new();
        let mut rules = Rules::builder(&file.names);
        for (at, kind) in file.kinds.into_iter().enumerate() {
            let sane = |points: f64| (-10.0..=10.0).contains(&points);
            if !sane(kind.points) || !sane(kind.firm) {
                return Err(Notice::new(format!("kind `{}`: points must be from -10 to 10", kind.name)));
            }
            for (look, list) in [
                (Look::First, kind.first),
                (Look::Strong, kind.strong),
                (Look::Weak, kind.weak),
                (Look::Last, kind.last),
            ] {
                for rule in list {
                    rules.add(at, look, rule).map_err(|error| Notice::new(format!("kind `{}`: {error}", kind.name)))?;
                }
            }
            let KindFile { name, points, from_7, firm, heading, guides, .. } = kind;
            kinds.push(Kind { name, points, from_7, firm, heading, guides });
        }
        let names = &file.names;
        let firms = file.firms.iter().map(|(name, cue)| {
            let regex = rules::words(names, cue).map_err(|error| Notice::new(format!("firm `{name}`: {error}")))?;
            Ok((name.clone(), regex))
        });
        let makers = file
            .makers
            .at
            .iter()
            .map(|cue| rules::address(names, cue).map_err(|error| Notice::new(format!("[makers]: {error}"))));
        let houses = file.houses.iter().flat_map(|(house, domains)| domains.iter().map(|d| (d.clone(), house.clone())));
        Ok(Self {
            kinds,
            firms: firms.collect::<Result<_, Notice>>()?,
            makers: makers.collect::<Result<_, Notice>>()?,
            houses: houses.collect(),
            voice: file.voice.compile(names)?,
            rules: rules.build(),
        })
    }

    pub fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Whether an entry comes from the site of a firm that announces its own work.
    pub fn is_maker(&self, entry: &Entry) -> bool {
        let address = entry.url.as_deref().map(address).unwrap_or_default();
        self.makers.iter().any(|site| site.is_match(&address))
    }

    /// Notices about names that are not kinds.
    pub fn unknown<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Vec<Notice> {
        let known: Vec<&str> = self.kinds.iter().map(|kind| kind.name.as_str()).collect();
        let wrong = names.into_iter().filter(|name| !known.contains(&name.as_str()));
        let notice = |name: &String| Notice::new(format!("[compose.kinds]: `{name}` is not a kind of news"));
        wrong.map(|name| notice(name).help(format!("the kinds are {}", known.join(", ")))).collect()
    }

    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The item's kind; `None` when no cue matches.
    pub fn kind(&self, item: &Item, feeds: &Feeds) -> Option<Found<'_>> {
        let address = item.url.as_deref().map(address).unwrap_or_default();
        let maker = feeds.is_primary(item) || self.makers.iter().any(|site| site.is_match(&address));
        let (at, cue) = self.rules.find(&rules::Seen::new(item, address, maker))?;
        Some(Found { kind: &self.kinds[at], cue })
    }

    /// The firms that the headline names, the first one named first.
    pub fn firms(&self, title: &str) -> Vec<&str> {
        let title = rules::plain(title);
        let mut named: Vec<(usize, &str)> =
            self.firms.iter().filter_map(|(name, cue)| Some((cue.find(&title)?.start(), name.as_str()))).collect();
        named.sort_unstable();
        named.into_iter().map(|(_, name)| name).collect()
    }

    /// Who published the item: the house of its site if the cues know one, else its source, folded.
    pub fn house(&self, item: &Item) -> String {
        let house = site(item).and_then(|site| self.houses.get(&site).cloned());
        house.unwrap_or_else(|| super::fold(&item.source))
    }
}

impl VoiceFile {
    fn compile(self, names: &BTreeMap<String, Vec<String>>) -> Result<Voice, Notice> {
        let cue = |text: &str| match text {
            "" => Ok(None),
            text => rules::words(names, text).map(Some).map_err(|error| Notice::new(format!("[voice]: {error}"))),
        };
        let (own, breaks, platforms) = (cue(&self.own)?, cue(&self.breaks)?, cue(&self.platforms)?);
        Ok(Voice {
            own,
            breaks,
            platforms,
            says: self.says.into_iter().collect(),
            named: self.named,
            alone: self.alone,
        })
    }
}

impl Kind {
    /// The kind's points for an item of this score.
    pub fn at(&self, score: f64) -> f64 {
        match self.from_7 {
            From7::Half if score >= HIGH => self.points / 2.0,
            From7::None if score >= HIGH => 0.0,
            _ => self.points,
        }
    }
}

/// The registrable domain of the item's address: `openai.com`, `bbc.co.uk`, `github.io`.
pub fn site(item: &Item) -> Option<String> {
    let address = item.url.as_deref().map(address)?;
    let host = address.split(['/', ':']).next().filter(|host| !host.is_empty())?;
    Some(registrable_host(host).to_owned())
}

/// The last two labels of a host, or three where the last two are a country's own (`co.uk`, `com.au`).
pub fn registrable_host(host: &str) -> &str {
    const SECOND: [&str; 10] = ["ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"];
    let labels: Vec<&str> = host.split('.').collect();
    let country = labels.len() > 2 && labels[labels.len() - 1].len() == 2 && SECOND.contains(&labels[labels.len() - 2]);
    let skip = labels.len().saturating_sub(if country { 3 } else { 2 });
    let cut: usize = labels[..skip].iter().map(|label| label.len() + 1).sum();
    &host[cut..]
}

/// An address as cues see it: host and path in small letters, without `www.`, query and fragment.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    let rest = rest.strip_prefix("www.").unwrap_or(&rest);
    if rest.contains('/') || rest.is_empty() { rest.to_owned() } else { format!("{rest}/") }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at.min(text.len())].matches('\n').count()
}

#[cfg(test)]
mod tests;
