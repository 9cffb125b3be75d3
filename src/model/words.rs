//! Mistakes in a file of words. Reads no files.

use super::Notice;

/// A mistake or gap in a publication's own files of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsMistake {
    pub fault: WordsFault,
    pub notice: Notice,
    /// All the lines that are [`WordsFault::Missing`]; the notice names only a few.
    pub names: Vec<String>,
}

impl WordsFault {
    /// Whether it must be fixed before an issue can be approved.
    pub fn is_error(self) -> bool {
        matches!(self, Self::PlaceholderUnknown | Self::Form)
    }
}

/// Its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordsFault {
    /// Lines shown in English, since the language's files lack them.
    Missing,
    /// A line or file that nothing reads.
    Unknown,
    /// An empty line.
    Empty,
    /// Something in braces that is never filled in, or an unpaired brace: subscribers would see it as it is.
    PlaceholderUnknown,
    /// A name in braces that the line lacks.
    PlaceholderMissing,
    /// A text where a list or plural forms are expected, or the other way round, or a count without `other`. The shipped text is used instead.
    Form,
    /// A plural form that the language has and the line lacks, or the other way round.
    Plural,
}
