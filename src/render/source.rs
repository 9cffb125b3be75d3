//! The text of a template or of a file of words. Knows neither.

use std::path::PathBuf;

/// One source, and the path that errors show.
#[derive(Clone, Debug)]
pub struct Source {
    pub label: PathBuf,
    pub text: String,
}
