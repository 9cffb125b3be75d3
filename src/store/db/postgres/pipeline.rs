//! A transaction in one round trip: all statements are sent before the first answer arrives.

use futures_util::future::join_all;

use super::{Change, Postgres, StoreError, WRITING, column};

/// The rows that each change of a transaction returned, as numbers.
pub type Changed<const N: usize> = [Vec<Vec<i64>>; N];

impl Postgres {
    /// Changes rows for the writer of a ledger, while writers of other ledgers may write too. The server runs the statements in order, and commits
    /// nothing if one fails. `None`: the transaction was committed, but the answer was lost.
    ///
    /// # Errors
    /// Nothing was changed; but for [`StoreError::Unanswered`], after which nobody knows.
    pub fn transact<const N: usize>(&self, changes: [Change; N]) -> Result<Option<Changed<N>>, StoreError> {
        let session = self.session(false)?;
        let number = self.last.get() + 1;
        // If this transaction was given up and arrives late, no row matches and the division by zero aborts it.
        let begin = format!(
            "BEGIN; SELECT pg_advisory_xact_lock_shared({WRITING});
             WITH mine AS (UPDATE commits SET number = {number} WHERE id = {} AND refused < {number} RETURNING 1) SELECT 1 / count(*) FROM mine",
            self.writer()?
        );
        let mut asked = Vec::with_capacity(N);
        for change in changes {
            let prepared = if change.is_empty() { None } else { Some(self.prepared(&session, &change.sql)?) };
            asked.push((change, prepared));
        }
        self.last.set(number);
        let done = self.ask(async move {
            let client = &session.client;
            let changes = asked.iter().map(|(change, prepared)| async move {
                match prepared {
                    Some(prepared) => change.run(client, &prepared.statement).await,
                    None => Ok(Vec::new()),
                }
            });
            let (begun, changed, committed) =
                tokio::join!(client.batch_execute(&begin), join_all(changes), client.batch_execute("COMMIT"));
            Ok((begun.and_then(|()| changed.into_iter().collect::<Result<Vec<_>, _>>()), committed))
        });
        let wrong = |error: tokio_postgres::Error| self.server.wrong(&error);
        let (changed, committed) = match done {
            Ok((changed, committed)) => (changed.map_err(wrong), committed.map_err(wrong)),
            Err(late) => (Ok(Vec::new()), Err(late)),
        };
        let is_told = committed.is_ok();
        self.settle(number, committed)?;
        if !is_told {
            return Ok(None);
        }
        let numbers = |rows: Vec<tokio_postgres::Row>| rows.iter().map(all).collect::<Result<Vec<_>, _>>();
        let mut changed = changed?.into_iter().map(numbers).collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(Some(std::array::from_fn(|_| changed.next().unwrap_or_default())))
    }
}

fn all(row: &tokio_postgres::Row) -> Result<Vec<i64>, StoreError> {
    (0..row.len()).map(|at| column::<Option<i64>>(row, at).map(Option::unwrap_or_default)).collect()
}
