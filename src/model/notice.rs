//! A message to a person: an error or a warning with its place and remedy.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where something was found: a file, and a line counted from 1 if known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: PathBuf,
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file.display()),
            None => write!(f, "{}", self.file.display()),
        }
    }
}

/// One message to a person. As an error it says what went wrong and how to fix it; as a warning, what was noticed.
/// Displayed as `PLACE: MESSAGE` and, on a line of its own, `  help: HELP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub at: Option<Place>,
    pub message: String,
    pub help: Option<String>,
}

impl Notice {
    pub fn new(message: impl Into<String>) -> Self {
        Self { at: None, message: message.into(), help: None }
    }

    /// Adds the file it is about, with a line (from 1) when there is one.
    #[must_use]
    pub fn at(mut self, file: impl AsRef<Path>, line: impl Into<Option<usize>>) -> Self {
        self.at = Some(Place { file: file.as_ref().to_path_buf(), line: line.into() });
        self
    }

    /// Adds the remedy: what the person can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.at {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Notice {}

/// Several notices as one error, such as all mistakes in a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notices(pub Vec<Notice>);

impl fmt::Display for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, notice) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{notice}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Notices {}

impl From<Notice> for Notices {
    fn from(notice: Notice) -> Self {
        Self(vec![notice])
    }
}
