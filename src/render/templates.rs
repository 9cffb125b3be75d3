//! The template sources by name: the built-in ones, with a publication's own on top. Reads no file; others hand texts in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Every built-in template: its name, which is its path under `templates/`, and its source.
const BUILTIN: &[(&str, &str)] = builtin![
    "issue/midweek.mjml.hbs",
    "issue/midweek.txt.hbs",
    "issue/sunday.mjml.hbs",
    "issue/sunday.txt.hbs",
    "partials/body.mjml.hbs",
    "partials/footer.mjml.hbs",
    "partials/footer.txt.hbs",
    "partials/guide_card.mjml.hbs",
    "partials/guides.mjml.hbs",
    "partials/guides.txt.hbs",
    "partials/head.mjml.hbs",
    "partials/intro.mjml.hbs",
    "partials/intro.txt.hbs",
    "partials/lead.mjml.hbs",
    "partials/links.txt.hbs",
    "partials/masthead.mjml.hbs",
    "partials/masthead.txt.hbs",
    "partials/meta.mjml.hbs",
    "partials/preheader.mjml.hbs",
    "partials/story.mjml.hbs",
    "partials/story.txt.hbs",
    "partials/topic_heading.mjml.hbs",
    "tokens/midweek.toml",
    "tokens/sunday.toml",
];

/// One template's source and the path that errors show.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub label: PathBuf,
    pub text: String,
}

/// The template sources: built-in ones, with a publication's own on top.
#[derive(Clone, Debug)]
pub struct Templates {
    sources: BTreeMap<String, Source>,
}

impl Templates {
    /// The templates that ship in the binary.
    pub fn builtin() -> Self {
        let source = |(name, text): (&str, &str)| {
            (name.to_owned(), Source { label: Path::new("templates").join(name), text: text.to_owned() })
        };
        Self { sources: Self::builtin_files().map(source).collect() }
    }

    /// The built-in files, by their path under `templates/`: what `init` writes out.
    pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILTIN.iter().copied()
    }

    /// Puts `source` in place of the template `name` (its path under `templates/`), or adds it. `label` is the path that
    /// errors show.
    #[must_use]
    pub fn with(mut self, name: &str, label: &Path, source: String) -> Self {
        self.sources.insert(name.replace('\\', "/"), Source { label: label.to_path_buf(), text: source });
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    /// The partials of one part, `mjml` or `txt`, by the name that templates call them.
    pub(super) fn partials(&self, part: &str) -> impl Iterator<Item = (&str, &Source)> {
        let ending = format!(".{part}.hbs");
        self.sources.iter().filter_map(move |(name, source)| {
            let stem = name.strip_prefix("partials/")?.strip_suffix(ending.as_str())?;
            Some((stem, source))
        })
    }

    /// Names of the issue templates there are for `part`.
    pub(super) fn issues(&self, part: &str) -> Vec<String> {
        let ending = format!(".{part}.hbs");
        let stem = |name: &String| Some(name.strip_prefix("issue/")?.strip_suffix(ending.as_str())?.to_owned());
        self.sources.keys().filter_map(stem).collect()
    }

    /// Feeds every source into `hash`, so that what is derived from it changes with any template.
    pub(super) fn digest(&self, hash: &mut Sha256) {
        for (name, source) in &self.sources {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(source.text.as_bytes());
            hash.update([0]);
        }
    }
}
