//! What can be wrong with a file of words. Knows no file.

use super::Notice;

/// A mistake in a publication's own files of words, or what they lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsMistake {
    pub fault: WordsFault,
    pub notice: Notice,
}

/// Its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordsFault {
    /// Lines that are said in English, since the language's files lack them.
    Missing,
    /// A line that nothing reads.
    Unknown,
    /// A name in braces that nothing fills in: subscribers would see it as it stands.
    PlaceholderUnknown,
    /// A name in braces that the line lacks.
    PlaceholderMissing,
    /// A text where a list or plural forms are read, or the other way round: nothing would be shown.
    Form,
    /// A plural form that the language has and the line lacks, or the other way round.
    Plural,
}
