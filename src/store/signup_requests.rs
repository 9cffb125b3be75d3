//! Sign-ups as they were typed: kept before their answer, looked at after it. Which of them get a letter is decided in `signups`.

use chrono::{DateTime, Utc};

use super::db::params;
use super::signups::{SignUp, Wanted, take};
use super::subscribers::{join, split, stored_address};
use super::{StoreError, Subscribers};
use crate::model::{Address, LetterOrder};

/// Somebody typed an address into the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpRequest {
    pub email: Address,
    /// Names of editions; empty means all.
    pub editions: Vec<String>,
    pub network: String,
    pub kind: Wanted,
}

impl Subscribers<'_> {
    /// Stores what was typed, in one transaction. No other table is read, so a known address takes no longer than a new one.
    pub fn keep_asked<'a>(&self, all: impl Iterator<Item = &'a SignUpRequest>) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        for asking in all {
            tx.execute(
                "INSERT INTO signup_requests (email, email_key, editions, network, kind) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    asking.email.as_str(),
                    asking.email.key(),
                    join(&asking.editions),
                    asking.network,
                    asking.kind.as_str()
                ],
            )?;
        }
        tx.commit()
    }

    /// The requests that wait to be processed, by number, the oldest first.
    pub fn asked(&self, most: usize) -> Result<Vec<(i64, SignUpRequest)>, StoreError> {
        let sql = "SELECT id, email, editions, network, kind FROM signup_requests ORDER BY id LIMIT ?1";
        self.store.db.rows(sql, params![i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            let asking = SignUpRequest {
                email: stored_address(&row.get::<String>(1)?)?,
                editions: split(&row.get::<String>(2)?),
                network: row.get(3)?,
                kind: Wanted::read(&row.get::<String>(4)?),
            };
            Ok((row.get(0)?, asking))
        })
    }

    /// Takes sign-ups in, each with the number it waited under, and queues their letters; says how many had one. Whoever asks for the
    /// link of an address that is not on the list gets none, and is counted all the same. It is one
    /// transaction that writes whatever is decided, so that neither a crash nor the time it takes tells one from another.
    pub fn take_in(
        &self,
        all: &[(i64, SignUp, Option<LetterOrder>)],
        per_network: u32,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let tx = self.store.begin()?;
        let mut taken = 0;
        for (id, sign_up, letter) in all {
            // Forgotten meanwhile: then it is not taken in either.
            if tx.execute("DELETE FROM signup_requests WHERE id = ?1", params![id])? == 1 {
                taken += usize::from(take(&tx, sign_up, letter.as_ref(), per_network, now)?);
            }
        }
        tx.commit()?;
        Ok(taken)
    }
}
