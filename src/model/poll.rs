//! An issue's poll: one question, some answers, and how often each was given. Does not know who answered.

use serde::{Deserialize, Serialize};

/// The question and answers of a poll on the public pages, as mailed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    pub question: String,
    /// In the order shown; an answer's number, from 1, stands in its address.
    pub answers: Vec<String>,
}

/// A poll with its counts; serializes as it stands in the JSON of `digest status` and `digest report`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PollCounts {
    pub question: String,
    /// Every answer in the order shown, also those that nobody gave.
    pub answers: Vec<AnswerCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerCount {
    pub answer: String,
    pub count: u64,
}

impl PollCounts {
    /// All answers together.
    pub fn total(&self) -> u64 {
        self.answers.iter().map(|answer| answer.count).sum()
    }
}

impl std::fmt::Display for PollCounts {
    /// "Was this issue useful? Yes 12, So-so 3, No 1".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.question)?;
        for (at, AnswerCount { answer, count }) in self.answers.iter().enumerate() {
            write!(f, "{} {answer} {count}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
