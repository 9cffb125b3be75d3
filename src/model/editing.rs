//! How an editor changed a draft from what compose had proposed. Knows no points and no file.

use super::IssueName;

/// One thing that an editor does to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditorAct {
    /// Deleted from the news.
    Dropped,
    /// Marked `banned = true`.
    Banned,
    /// Moved from the news to the bench.
    Benched,
    /// Added to the news, though compose had it neither there nor on the bench.
    Added,
    /// Moved up from the bench.
    Raised,
    /// Marked `pinned = true`.
    Pinned,
    /// Moved to the top of the news.
    Led,
}

impl EditorAct {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Banned => "banned",
            Self::Benched => "benched",
            Self::Added => "added",
            Self::Raised => "raised",
            Self::Pinned => "pinned",
            Self::Led => "led",
        }
    }
}

/// An item of a draft, with its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub id: String,
    pub title: String,
    pub source: String,
    pub url: Option<String>,
}

/// How an editor changed compose's proposal for one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editing {
    pub issue: IssueName,
    /// The news that compose proposed.
    pub proposed: Vec<Origin>,
    pub acts: Vec<(EditorAct, Origin)>,
    /// How many of the proposed items are in the news.
    pub kept: usize,
    /// How many of these were moved from where compose had put them.
    pub moved: usize,
    pub subject_rewritten: bool,
    pub preheader_rewritten: bool,
}

impl Editing {
    /// How many items were added that compose had not proposed.
    pub fn brought(&self) -> usize {
        self.acts.iter().filter(|(act, _)| matches!(act, EditorAct::Added | EditorAct::Raised)).count()
    }

    /// Whether the issue is as it was proposed.
    pub fn untouched(&self) -> bool {
        self.acts.is_empty()
            && self.kept == self.proposed.len()
            && self.moved == 0
            && !self.subject_rewritten
            && !self.preheader_rewritten
    }
}
