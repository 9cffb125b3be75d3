//! Compiled templates: with the path that errors show, ready to run, and cached. Knows no draft and no rule.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use handlebars::{Handlebars, Template};

use super::language::Language;

/// Which part a template makes; it decides the file extension, the escaping and the helpers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Mjml,
    Text,
    /// A page of the public site, or its style sheet.
    Html,
}

impl Format {
    pub fn ending(self) -> &'static str {
        match self {
            Self::Mjml => "mjml",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }
}

/// A compiled template with the path that errors show.
pub struct Compiled<'t> {
    pub label: &'t Path,
    pub template: Template,
}

/// The name under which the issue's own template is registered; no partial can have this name.
pub const ROOT: &str = "issue/";

/// The templates of one part, ready to run.
pub struct Ready {
    pub registry: Handlebars<'static>,
    /// By name: the path that errors show.
    pub labels: BTreeMap<String, PathBuf>,
}

/// A part, its issue template, and the merge fields that templates may name.
pub type Key = (Format, String, Vec<String>);

/// The compiled templates, cached with their sources for the next draft. Clones share it.
#[derive(Clone, Default)]
pub struct Kept {
    pub ready: Arc<Mutex<BTreeMap<Key, Arc<Ready>>>>,
    /// By the requested tag.
    pub languages: Arc<Mutex<BTreeMap<String, Arc<Language>>>>,
    /// The tokens of an issue template, by its name.
    pub looks: Arc<Mutex<BTreeMap<String, BTreeMap<String, String>>>>,
    /// The SHA-256 of all sources.
    pub digest: Arc<OnceLock<[u8; 32]>>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}
