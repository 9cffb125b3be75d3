//! A restored database acts on nobody until an operator releases it. Knows no file but the database.

use chrono::{DateTime, Utc};

use crate::model::IssueName;
use crate::store::db::params;
use crate::store::{Store, StoreError, from_ms, to_ms};

/// Why the database is on hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// When the backup that it comes from was made.
    pub backup: DateTime<Utc>,
    /// Where the safety log of the original was, on the machine of the backup.
    pub original_log: String,
}

/// What a restored database would act on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Issues whose send had begun and was not finished, with how many recipients wait.
    pub sends: Vec<(IssueName, u64)>,
    /// Issues that were approved and not begun.
    pub approved: Vec<IssueName>,
    /// Letters to single persons that wait.
    pub letters: u64,
}

impl Store {
    /// Why this database is on hold, if it is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn hold(&self) -> Result<Option<Hold>, StoreError> {
        let sql = "SELECT backup_ms, original_log FROM hold";
        self.db.first(sql, params![], |row| Ok(Hold { backup: from_ms(row.get(0)?)?, original_log: row.get(1)? }))
    }

    /// Holds this database from now on.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_hold(&mut self, hold: &Hold) -> Result<(), StoreError> {
        self.db.execute(
            "INSERT INTO hold (id, backup_ms, original_log) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET backup_ms = excluded.backup_ms, original_log = excluded.original_log",
            params![to_ms(hold.backup), hold.original_log],
        )?;
        Ok(())
    }

    /// What this database would act on if it were released.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn waiting(&self) -> Result<Waiting, StoreError> {
        let issue = |text: String| text.parse().map_err(|()| StoreError::Value(format!("{text} as an issue")));
        let sends = self.db.rows(
            "SELECT issue, (SELECT count(*) FROM deliveries WHERE send_id = sends.id
                            AND state IN ('pending', 'deferred', 'in_flight', 'uncertain'))
             FROM sends WHERE state <> 'sent' ORDER BY issue",
            params![],
            |row| Ok::<_, StoreError>((issue(row.get(0)?)?, u64::try_from(row.get::<i64>(1)?).unwrap_or(0))),
        )?;
        let approved = "SELECT issue FROM approvals WHERE issue NOT IN (SELECT issue FROM sends) ORDER BY issue";
        let approved = self.db.rows(approved, params![], |row| issue(row.get(0)?))?;
        let letters = "SELECT (SELECT count(*) FROM letters WHERE state IN ('waiting', 'in_flight')) + (SELECT count(*) FROM signup_requests)";
        let letters: i64 = self.db.value(letters, params![])?;
        Ok(Waiting { sends, approved, letters: u64::try_from(letters).unwrap_or(0) })
    }

    /// Lets this database act again. Letters that waited are given up: the original may have sent them. Without the original's log
    /// (`is_blind`), sends under way are stopped until an operator resumes them, and approvals that were not begun are withdrawn.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn release(&mut self, is_blind: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.begin()?;
        tx.execute(
            "UPDATE letters SET state = 'failed', due_ms = NULL, context = '{}', code = 0, updated_ms = ?1,
                    reply = 'not sent: the publication was restored from a backup'
             WHERE state IN ('waiting', 'in_flight')",
            params![to_ms(now)],
        )?;
        tx.execute("DELETE FROM signup_requests", params![])?;
        tx.execute("UPDATE lease SET expires_ms = 0", params![])?;
        if is_blind {
            tx.execute(
                "UPDATE sends SET state = 'stopped', by_operator = TRUE,
                        reason = 'restored from a backup without the safety log: who got it since is not known'
                 WHERE state <> 'sent'",
                params![],
            )?;
            tx.execute("DELETE FROM approvals WHERE issue NOT IN (SELECT issue FROM sends)", params![])?;
        }
        tx.execute("DELETE FROM hold", params![])?;
        tx.commit()
    }
}
