//! A group commit on PostgreSQL in one round trip: it records outcomes, suppresses recipients who have left, and begins messages.

use std::collections::BTreeSet;

use super::{Claim, Queue, Step, begins, part, wrong_state};
use crate::store::StoreError;
use crate::store::db::Db;
use crate::store::outcomes::{self, Ended};

impl Queue {
    /// Commits steps that change only their own rows. The messages to begin are looked up beforehand, so everything can be sent to the server at once. If somebody
    /// else has written since then, no message begins; the loop looks them up again and retries.
    pub(super) fn at_once(&mut self, db: &Db, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let mut claims: Vec<Result<Claim, String>> = vec![Ok(Claim::Empty); steps.len()];
        let mut ended: Vec<Ended> = steps
            .iter()
            .filter_map(|(ended, _, now)| ended.as_ref().map(|(n, outcome)| Ended::new(*n, outcome, *now)))
            .collect();
        let mut open: Vec<usize> = (0..steps.len()).collect();
        loop {
            for at in &open {
                claims[*at] = part(self.claim(db, steps[*at].1, steps[*at].2))?;
            }
            let (by, known) = (self.by(), self.version);
            let begun: Vec<(i64, i64)> = open.iter().filter_map(|at| begins(&claims[*at])).collect();
            let changes = [
                outcomes::outcomes(by, &ended),
                outcomes::suppresses(by, &self.gone),
                outcomes::begins(by, begun.iter().copied()),
                outcomes::look(by),
            ];
            let waited = match db.transact(changes)? {
                Some([recorded, _, waited, seen]) => {
                    if let Some([version, stopped, alive]) = seen.first().and_then(|row| row.first_chunk::<3>()) {
                        self.seen(*version, *stopped > 0, *alive > 0)?;
                    }
                    if !ended.is_empty() {
                        refuse_others(steps, &set(recorded), &mut claims);
                    }
                    set(waited)
                }
                // The outcomes are recorded, because nobody else changes the rows that we hold. Which messages began depends on what others have written.
                None => self.in_flight(db, begun.iter().map(|(number, _)| *number))?,
            };
            ended.clear();
            self.gone.clear();
            let is_open = |claim: &Result<Claim, String>| match begins(claim) {
                Some((number, _)) => !waited.contains(&number),
                None => *claim == Ok(Claim::Stopped) && !self.stopped,
            };
            open.retain(|at| is_open(&claims[*at]));
            if open.is_empty() {
                return Ok(claims);
            }
            for at in open.iter().rev() {
                self.put_back(&mut claims[*at], steps[*at].1, known);
            }
            if known == self.version && !self.stopped {
                // Nobody else has written, so our picture of these rows is wrong, for example after a lost answer. Read them again.
                self.due.clear();
                self.walks.clear();
                return Ok(claims);
            }
        }
    }
}

/// Marks the steps as failed whose message was in the wrong state.
fn refuse_others(steps: &[Step], recorded: &BTreeSet<i64>, claims: &mut [Result<Claim, String>]) {
    for ((ended, ..), claim) in steps.iter().zip(claims) {
        if let Some((number, _)) = ended.as_ref().filter(|(number, _)| !recorded.contains(number)) {
            *claim = Err(wrong_state(*number));
        }
    }
}

/// The first column of rows.
fn set(rows: Vec<Vec<i64>>) -> BTreeSet<i64> {
    rows.into_iter().filter_map(|row| row.first().copied()).collect()
}
