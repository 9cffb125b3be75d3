//! Polls: the question mailed with an issue, and how often each answer was given. Does not store who answered.

use std::collections::BTreeMap;

use super::db::params;
use super::{Issues, StoreError};
use crate::model::{AnswerCount, IssueName, Poll, PollCounts};

impl Issues<'_> {
    /// The poll of an issue whose send has begun, if it was mailed with one that pages count.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the approved bytes hold another thing in its place.
    pub fn poll(&self, issue: &IssueName) -> Result<Option<Poll>, StoreError> {
        let sql =
            "SELECT json_extract(frozen, '$.rendered.poll') FROM approvals JOIN sends USING (issue) WHERE issue = ?1";
        let found = self.store.db.first(sql, params![issue.to_string()], |row| row.get::<Option<String>>(0))?;
        let Some(text) = found.flatten() else { return Ok(None) };
        let damaged = |why| StoreError::Damaged(self.store.place.clone(), format!("the poll of {issue}: {why}"));
        serde_json::from_str(&text).map(Some).map_err(damaged)
    }

    /// Counts one vote for an answer, numbered from 1. `false` if no sent issue has this answer.
    pub fn count_answer(&self, issue: &IssueName, answer: u8) -> Result<bool, StoreError> {
        let Some(poll) = self.poll(issue)? else { return Ok(false) };
        if answer == 0 || usize::from(answer) > poll.answers.len() {
            return Ok(false);
        }
        self.store.db.execute(
            "INSERT INTO poll_answers (issue, answer, count) VALUES (?1, ?2, 1)
             ON CONFLICT (issue, answer) DO UPDATE SET count = poll_answers.count + 1",
            params![issue.to_string(), answer],
        )?;
        Ok(true)
    }

    /// The poll of an issue with its counts; `None` where [`Self::poll`] has none.
    pub fn poll_counts(&self, issue: &IssueName) -> Result<Option<PollCounts>, StoreError> {
        let Some(Poll { question, answers }) = self.poll(issue)? else { return Ok(None) };
        let sql = "SELECT answer, count FROM poll_answers WHERE issue = ?1";
        let rows = self.store.db.rows(sql, params![issue.to_string()], |row| {
            Ok::<_, StoreError>((row.get(0)?, u64::try_from(row.get::<i64>(1)?).unwrap_or(0)))
        })?;
        let counts: BTreeMap<u8, u64> = rows.into_iter().collect();
        let count = |number: u8| counts.get(&number).copied().unwrap_or(0);
        let numbered = (1..).zip(answers);
        let answers = numbered.map(|(number, answer)| AnswerCount { answer, count: count(number) }).collect();
        Ok(Some(PollCounts { question, answers }))
    }
}
