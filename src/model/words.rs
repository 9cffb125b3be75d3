//! Mistakes in a file of words. Reads no files.

use super::Notice;

/// A mistake or gap in a publication's own files of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsMistake {
    pub fault: WordsFault,
    pub notice: Notice,
    /// All lines that are [`WordsFault::Missing`], of which the notice names a few.
    pub names: Vec<String>,
}

impl WordsFault {
    /// Whether subscribers would see something wrong, rather than a line in another language.
    pub fn is_error(self) -> bool {
        matches!(self, Self::PlaceholderUnknown | Self::Form)
    }
}

/// Its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordsFault {
    /// Lines shown in English, since the language's files lack them.
    Missing,
    /// A line or a file that is never read.
    Unknown,
    /// A line without a text.
    Empty,
    /// Something in braces, or a single brace, that is never filled in: subscribers would see it as is.
    PlaceholderUnknown,
    /// A name in braces that the line lacks.
    PlaceholderMissing,
    /// A text where a list or plural forms are read, or the other way round, or no plural form for most numbers: nothing of it would be
    /// shown.
    Form,
    /// A plural form that the language has and the line lacks, or the other way round.
    Plural,
}
