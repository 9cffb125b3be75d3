//! The template sources by name: the built-in ones, with a publication's own on top. Reads no file; callers pass the texts in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use sha2::{Digest, Sha256};

use super::compiled::Kept;
use super::language::{self, Language};
use super::source::Source;
use crate::model::{Notices, WordsMistake};

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
    "letter/editors/body.mjml.hbs",
    "letter/editors/body.txt.hbs",
    "letter/confirm/body.mjml.hbs",
    "letter/confirm/body.txt.hbs",
    "letter/confirm/subject.txt.hbs",
    "page/archive.html.hbs",
    "page/article.html.hbs",
    "page/entry.html.hbs",
    "page/form.html.hbs",
    "page/home.html.hbs",
    "page/icon.svg.hbs",
    "page/issue.html.hbs",
    "page/leave.html.hbs",
    "page/lost.html.hbs",
    "page/layout.html.hbs",
    "page/poll.html.hbs",
    "page/preferences.html.hbs",
    "page/report.html.hbs",
    "page/sheet.html.hbs",
    "page/style.css.hbs",
    "partials/also.mjml.hbs",
    "partials/archive_line.html.hbs",
    "partials/body.mjml.hbs",
    "partials/brief.mjml.hbs",
    "partials/button.mjml.hbs",
    "partials/byline.mjml.hbs",
    "partials/closing.mjml.hbs",
    "partials/closing.txt.hbs",
    "partials/contents.mjml.hbs",
    "partials/contents.txt.hbs",
    "partials/corrections.html.hbs",
    "partials/footer.mjml.hbs",
    "partials/footer.txt.hbs",
    "partials/guide_box.mjml.hbs",
    "partials/guide_card.mjml.hbs",
    "partials/guide_line.mjml.hbs",
    "partials/guide_name.mjml.hbs",
    "partials/guides.mjml.hbs",
    "partials/guides.txt.hbs",
    "partials/head.mjml.hbs",
    "partials/headline.html.hbs",
    "partials/headline.mjml.hbs",
    "partials/image.html.hbs",
    "partials/image.mjml.hbs",
    "partials/intro.mjml.hbs",
    "partials/intro.txt.hbs",
    "partials/item.mjml.hbs",
    "partials/label.mjml.hbs",
    "partials/lead.mjml.hbs",
    "partials/letter_foot.mjml.hbs",
    "partials/letter_head.mjml.hbs",
    "partials/links.txt.hbs",
    "partials/mark.mjml.hbs",
    "partials/masthead.mjml.hbs",
    "partials/masthead.txt.hbs",
    "partials/meta.mjml.hbs",
    "partials/nameplate.mjml.hbs",
    "partials/number.mjml.hbs",
    "partials/number.txt.hbs",
    "partials/number_line.mjml.hbs",
    "partials/picture.mjml.hbs",
    "partials/preheader.mjml.hbs",
    "partials/read.mjml.hbs",
    "partials/story.html.hbs",
    "partials/story.mjml.hbs",
    "partials/story.txt.hbs",
    "partials/summary.mjml.hbs",
    "partials/topic_heading.mjml.hbs",
    "partials/way.mjml.hbs",
    "partials/web_link.mjml.hbs",
    "tokens/base.toml",
    "tokens/midweek.toml",
    "tokens/sunday.toml",
    "words/de.toml",
    "words/en.toml",
];

/// The template sources: built-in ones, with a publication's own on top.
#[derive(Clone, Debug)]
pub struct Templates {
    sources: BTreeMap<String, Source>,
    /// The built-in tokens and words below a publication's own files, which may therefore be a single line.
    under: BTreeMap<String, Source>,
    pub(super) kept: Kept,
}

impl Templates {
    /// The templates that ship in the binary.
    pub fn builtin() -> Self {
        let source = |(name, text): (&str, &str)| {
            (name.to_owned(), Source { label: Path::new("templates").join(name), text: text.to_owned() })
        };
        Self { sources: Self::builtin_files().map(source).collect(), under: BTreeMap::new(), kept: Kept::default() }
    }

    /// The built-in files, by their path under `templates/`: what `init` writes out.
    pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILTIN.iter().copied()
    }

    /// Replaces the template `name` (its path under `templates/`) with `source`, or adds it. `label` is the path that
    /// errors show. Tokens and words are laid over the built-in ones of that name, line by line.
    #[must_use]
    pub fn with(mut self, name: &str, label: &Path, source: String) -> Self {
        self.kept = Kept::default();
        let name = name.replace('\\', "/");
        let source = Source { label: label.to_path_buf(), text: source };
        let before = self.sources.insert(name.clone(), source);
        if let Some(before) = before.filter(|_| name.starts_with("tokens/") || name.starts_with("words/")) {
            self.under.entry(name).or_insert(before);
        }
        self
    }

    /// The tokens of an issue template, from the bottom to the top: the built-in ones, all editions' before the edition's,
    /// then the publication's in the same order.
    pub(super) fn tokens(&self, name: &str) -> Vec<&Source> {
        let files = ["tokens/base.toml".to_owned(), format!("tokens/{name}.toml")];
        let shipped =
            |file: &String| self.under.get(file).or_else(|| self.sources.get(file).filter(|_| is_builtin(file)));
        let own = |file: &String| self.sources.get(file).filter(|_| self.under.contains_key(file) || !is_builtin(file));
        files.iter().filter_map(shipped).chain(files.iter().filter_map(own)).collect()
    }

    /// The language of a BCP 47 tag with its words, kept for the next time.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub fn language(&self, tag: &str) -> Result<Arc<Language>, Notices> {
        let kept = || self.kept.languages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(language) = kept().get(tag) {
            return Ok(Arc::clone(language));
        }
        let language = Arc::new(Language::load(tag, |file| self.words(file))?);
        kept().insert(tag.to_owned(), Arc::clone(&language));
        Ok(language)
    }

    /// A file of words, from the bottom to the top: the built-in one, then the publication's own.
    fn words(&self, file: &str) -> Vec<&Source> {
        self.under.get(file).into_iter().chain(self.sources.get(file)).collect()
    }

    /// What the publication's own files of words for a language lack or misspell.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub(super) fn words_mistakes(&self, tag: &str) -> Result<Vec<WordsMistake>, Notices> {
        let tag = language::canonical(tag).unwrap_or_else(|| language::BASE.to_owned());
        let (mut built_in, mut own) = (Vec::new(), Vec::new());
        for file in language::files(&tag) {
            let shipped =
                if is_builtin(&file) { self.under.get(&file).or_else(|| self.sources.get(&file)) } else { None };
            own.extend(self.sources.get(&file).filter(|_| shipped.is_none() || self.under.contains_key(&file)));
            built_in.extend(shipped);
        }
        let base = language::name(language::BASE);
        let Some(base) = self.under.get(&base).or_else(|| self.sources.get(&base)) else { return Ok(Vec::new()) };
        let files = language::Files { tag: &tag, base, built_in, own, templates: self.issues("mjml") };
        language::mistakes(&files, |name| {
            name.rsplit_once('.').is_some_and(|(_, name)| self.has(&format!("words.{name}")))
        })
    }

    /// The publication's own files of words for languages that are not in use.
    pub(super) fn unread_words(&self, in_use: &BTreeSet<String>) -> Vec<WordsMistake> {
        let words = self.sources.iter().filter(|(name, _)| name.starts_with("words/") && !is_builtin(name));
        language::unread(in_use, words.map(|(name, source)| (name.as_str(), source)))
    }

    /// Whether any template reads the token `name`.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.has(&format!("look.{name}"))
    }

    /// Whether any template contains `read` as a whole name.
    fn has(&self, read: &str) -> bool {
        let whole = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        self.sources.values().any(|source| source.text.split(read).skip(1).any(whole))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    /// The partials of one part, `mjml` or `txt`, by the name that templates use. One in a folder named after the issue
    /// template replaces the common one.
    pub(super) fn partials(&self, part: &str, issue: &str) -> BTreeMap<&str, &Source> {
        let ending = format!(".{part}.hbs");
        let own = format!("{issue}/");
        let stems = || {
            let files = self.sources.iter();
            files.filter_map(|(name, source)| {
                Some((name.strip_prefix("partials/")?.strip_suffix(ending.as_str())?, source))
            })
        };
        let common = stems().filter(|(stem, _)| !stem.contains('/'));
        let special = stems().filter_map(|(stem, source)| Some((stem.strip_prefix(own.as_str())?, source)));
        common.chain(special).collect()
    }

    /// Names of the issue templates there are for `part`.
    pub(super) fn issues(&self, part: &str) -> Vec<String> {
        let ending = format!(".{part}.hbs");
        let stem = |name: &String| Some(name.strip_prefix("issue/")?.strip_suffix(ending.as_str())?.to_owned());
        self.sources.keys().filter_map(stem).collect()
    }

    /// The SHA-256 of all sources, so that any change to a template changes it. Computed once.
    pub(super) fn digest(&self) -> &[u8; 32] {
        self.kept.digest.get_or_init(|| {
            let mut hash = Sha256::new();
            for (name, source) in self.sources.iter().chain(&self.under) {
                hash.update(name.as_bytes());
                hash.update([0]);
                hash.update(source.text.as_bytes());
                hash.update([0]);
            }
            hash.finalize().into()
        })
    }
}

fn is_builtin(name: &str) -> bool {
    BUILTIN.iter().any(|(builtin, _)| *builtin == name)
}
