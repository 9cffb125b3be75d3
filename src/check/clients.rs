//! The rule on mail clients: HTML and CSS of the page that some client does not support, by the caniemail.com data
//! built in (clients.tsv, made by scripts/caniemail). Knows no draft.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use super::css::{self, Declaration, Stylesheet};
use super::page::{Element, Page};
use super::{At, Found, Issue};

const TABLE: &str = include_str!("clients.tsv");

/// Features that a mail may use although some clients do not support them, since nothing is lost: the feature,
/// the uses concerned (empty: all), and why. docs/checks.md, "client-support", says the same to people.
const HARMLESS: &[(&str, &[&str], &str)] = &[
    ("css-at-media", &[], "sets small screens and dark mode; the mail is one column and reads without"),
    ("css-at-media-prefers-color-scheme", &[], "who does not know it shows the light colours, or turns them by itself"),
    ("css-border-radius", &[], "corners are square"),
    ("css-color-scheme", &[], "as prefers-color-scheme"),
    ("css-height", &["height: auto"], "MJML's style sheet; pictures have their height as an attribute"),
    ("css-important", &[], "needed only where the style sheet overrides an inline colour"),
    ("css-max-height", &["max-height: 0"], "hides the preheader a second time, after display:none"),
    ("css-outline", &["outline: none"], "MJML's style sheet"),
    ("css-overflow", &["overflow: hidden"], "hides the preheader a second time"),
    ("css-overflow-wrap", &[], "a very long word runs over the edge"),
    ("css-selector-attribute", &[], "only the style sheet's colours are lost, and inline ones stand in for them"),
    ("css-selector-child", &[], "as the attribute selector"),
    ("css-selector-class", &[], "as the attribute selector"),
    ("css-selector-descendant", &[], "as the attribute selector"),
    ("css-selector-grouping", &[], "as the attribute selector"),
    ("css-selector-id", &[], "as the attribute selector"),
    ("css-selector-type", &[], "as the attribute selector"),
    ("css-white-space", &["white-space: nowrap"], "the dots and the word of a level may stand on two lines"),
    ("css-word-break", &["word-break: break-word", "word-break: normal"], "as overflow-wrap; in MJML's style sheet"),
    ("css-word-spacing", &["word-spacing: normal"], "MJML's style sheet; it is the default"),
    ("html-aria-label", &[], "speaks to screen readers only"),
    ("html-body", &[], "becomes a div; the ground is also on the element inside it"),
    ("html-dir", &[], "the words stay in their order, at the other edge"),
    ("html-height", &[], "a picture still has its width, and its height follows"),
    ("html-lang", &[], "speaks to screen readers only"),
    ("html-meta-color-scheme", &[], "as prefers-color-scheme"),
    ("html-role", &[], "speaks to screen readers only"),
    ("html-style", &[], "everything reads with inline styles alone"),
    ("html-width", &[], "a table is as wide as what is in it"),
];

/// One line of the table.
struct Feature {
    slug: &'static str,
    title: &'static str,
    /// A letter for each client.
    support: &'static str,
    /// Uses of it that are harmless.
    harmless: &'static [&'static str],
}

struct Table {
    clients: Vec<&'static str>,
    /// For how many of the clients, from the first, a finding is a warning.
    major: usize,
    features: Vec<Feature>,
    /// Features by what finds them, such as `("p", "gap")` or `("e", "video")`; each with the value that it is about, if it is
    /// not about all.
    by: HashMap<(&'static str, &'static str), Vec<About>>,
}

/// The value that a feature is about, if not all, and the feature's number.
type About = (Option<&'static str>, usize);

static KNOWN: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { clients: Vec::new(), major: 0, features: Vec::new(), by: HashMap::new() };
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["clients", major, clients @ ..] => {
                (table.major, table.clients) = (major.parse().unwrap_or(0), clients.to_vec());
            }
            [slug, title, keys, support] => {
                let harmless = HARMLESS.iter().find(|(known, _, _)| known == slug).map(|(_, uses, _)| *uses);
                if harmless != Some(&[]) {
                    for (kind, key) in keys.split(' ').filter_map(|key| key.split_once(':')) {
                        let (key, value) = key.split_once('=').map_or((key, None), |(key, value)| (key, Some(value)));
                        table.by.entry((kind, key)).or_default().push((value, table.features.len()));
                    }
                    table.features.push(Feature { slug, title, support, harmless: harmless.unwrap_or_default() });
                }
            }
            _ => {}
        }
    }
    table
});

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let mut used = Used::default();
    used.page(&issue.page);
    used.sheet(&Stylesheet::read(&issue.css));
    for (number, sample) in used.features {
        found.extend(finding(&KNOWN.features[number], &sample));
    }
}

/// One feature that some clients do not support.
fn finding(feature: &Feature, sample: &str) -> Option<Found> {
    let without: Vec<usize> = feature.support.bytes().enumerate().filter(|(_, b)| *b == b'n').map(|(i, _)| i).collect();
    let names: Vec<&str> = without.iter().filter_map(|client| KNOWN.clients.get(*client).copied()).collect();
    let title = if sample == feature.title { String::new() } else { format!(" ({})", super::short(sample)) };
    let message = format!("{}{title} does not work in {}", feature.title, names.join(", "));
    let help = format!(
        "see that the mail reads well without it, or do without: https://www.caniemail.com/features/{}/",
        feature.slug
    );
    match without.first()? {
        first if *first < KNOWN.major => Some(Found::warning("client-support", At::Html, message, help)),
        _ => Some(Found::note("client-support", At::Html, message, help)),
    }
}

/// The features that a page uses, each with its first use.
#[derive(Default)]
struct Used {
    features: BTreeMap<usize, String>,
    seen: HashSet<String>,
}

impl Used {
    /// Records a use of `key`. The kinds are the letters of clients.tsv.
    fn note(&mut self, kind: &str, key: &str, value: &str, sample: impl FnOnce() -> String) {
        let Some(about) = KNOWN.by.get(&(kind, key)) else { return };
        let fits = |wanted: Option<&str>| wanted.is_none_or(|wanted| wanted == value);
        let fresh = || about.iter().filter(|(wanted, n)| fits(*wanted) && !self.features.contains_key(n));
        if fresh().next().is_some() {
            let sample = sample();
            let harmful = |number: &usize| !KNOWN.features[*number].harmless.contains(&sample.as_str());
            let fresh: Vec<usize> = fresh().map(|(_, number)| *number).filter(harmful).collect();
            self.features.extend(fresh.into_iter().map(|number| (number, sample.clone())));
        }
    }

    fn page(&mut self, page: &Page) {
        for element in &page.elements {
            self.element(element);
        }
    }

    fn element(&mut self, element: &Element) {
        let name = element.name();
        self.note("e", name, "", || format!("<{name}>"));
        for (attribute, value) in element.attrs() {
            match attribute {
                "style" => {
                    // The same few styles occur over and over.
                    if !self.seen.contains(value) {
                        self.seen.insert(value.to_owned());
                        css::declarations(value).for_each(|declaration| self.declaration(&declaration));
                    }
                }
                "href" if name == "a" => {
                    let start = if value.starts_with('#') { "#" } else { "mailto" };
                    if value.starts_with(start) {
                        self.note("h", start, "", || value.to_owned());
                    }
                }
                "src" if name == "img" => self.image(value),
                "name" if name == "meta" => self.note("n", value, "", || format!("<meta name=\"{value}\">")),
                _ => self.note("a", attribute, value, || format!("{attribute}=\"{value}\"")),
            }
        }
    }

    fn image(&mut self, src: &str) {
        let path = src.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        match path.rsplit_once('.') {
            _ if path.starts_with("data:") => self.note("g", "data", "", || "src=\"data:…\"".into()),
            Some((_, ending)) => self.note("g", ending, "", || src.to_owned()),
            None => {}
        }
    }

    fn sheet(&mut self, sheet: &Stylesheet) {
        for (name, condition) in &sheet.at_rules {
            self.note("@", name, "", || format!("@{name}"));
            let features = condition.split('(').skip(1).filter_map(|part| part.split([':', ')', ' ', '<', '>']).next());
            for feature in features {
                let plain =
                    ["-webkit-", "min-", "max-", "any-"].iter().fold(feature, |f, p| f.strip_prefix(p).unwrap_or(f));
                self.note("m", plain, "", || format!("@media ({feature})"));
            }
        }
        for rule in &sheet.rules {
            self.selectors(rule.selectors);
            css::declarations(rule.block).for_each(|declaration| self.declaration(&declaration));
        }
    }

    fn selectors(&mut self, prelude: &str) {
        for selector in css::selectors(prelude) {
            let mut kinds: Vec<&str> = Vec::new();
            for (compound, join) in &selector.compounds {
                let parts = [
                    (compound.id.is_some(), "#"),
                    (!compound.classes.is_empty(), "."),
                    (!compound.attributes.is_empty(), "["),
                    (!compound.name.is_empty(), "type"),
                    (compound.classes.len() > 1, "chaining"),
                    (*join == css::Join::Child, ">"),
                    (*join == css::Join::Descendant, "descendant"),
                    (*join == css::Join::Sibling && prelude.contains('+'), "+"),
                    (*join == css::Join::Sibling && prelude.contains('~'), "~"),
                ];
                kinds.extend(parts.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind));
                for pseudo in &compound.pseudos {
                    let name = pseudo.split('(').next().unwrap_or_default();
                    self.note("s", name, "", || format!(":{name}"));
                }
            }
            for kind in kinds {
                self.note("k", kind, "", || prelude.trim().to_owned());
            }
        }
        if prelude.contains('*') {
            self.note("k", "*", "", || prelude.trim().to_owned());
        }
        if prelude.contains(',') {
            self.note("k", ",", "", || prelude.trim().to_owned());
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let (property, value) = (declaration.property.to_ascii_lowercase(), declaration.value.to_ascii_lowercase());
        let sample = || format!("{property}: {value}");
        self.note("p", &property, &value, sample);
        if property.starts_with("--") {
            self.note("p", "--*", "", sample);
        }
        if declaration.important {
            self.note("i", "important", "", || format!("{property}: {value} !important"));
        }
        for word in value.split(|c: char| !c.is_ascii_alphanumeric() && !"-.%(".contains(c)) {
            if let Some((function, inside)) = word.split_once('(') {
                self.note("f", function, "", sample);
                self.unit(inside, sample);
                continue;
            }
            self.note("v", word, "", sample);
            self.unit(word, sample);
        }
    }

    /// The unit of a number such as `1.5rem`.
    fn unit(&mut self, word: &str, sample: impl FnOnce() -> String) {
        let number = word.trim_start_matches('-');
        if number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            self.note("u", unit, "", sample);
        }
    }
}
