//! Freezing the audience: one ledger row for each subscriber who will get the issue, written when the send begins.

use chrono::{DateTime, Utc};

use super::db::{Db, Engine, params};
use super::safety::skip_recipients;
use super::{Sends, StoreError, to_ms};
use crate::model::IssueName;

/// The result of freezing an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The send begins now, with this many recipients.
    Frozen(usize),
    /// It began in an earlier run; that audience stands.
    Standing,
}

/// How full PostgreSQL makes the pages of a ledger, in percent: the rest is for a second version of each row.
const FILL: u8 = 60;

impl Sends<'_> {
    /// Begins the send of an approved issue: every confirmed subscriber of its edition who does not pause gets a pending row,
    /// in one transaction; subscribers of an unfinished import are left out. Running it again changes nothing.
    pub fn freeze_audience(&self, issue: &IssueName, now: DateTime<Utc>) -> Result<Audience, StoreError> {
        let tx = self.store.begin()?;
        let sql = "INSERT INTO sends (issue, state, started_ms) VALUES (?1, 'sending', ?2)
                   ON CONFLICT (issue) DO NOTHING RETURNING id";
        let begun = tx.first(sql, params![issue.to_string(), to_ms(now)], |row| row.get::<i64>(0))?;
        let Some(send) = begun else { return Ok(Audience::Standing) };
        make_partition(&tx, send)?;
        let rows = tx.execute(
            "INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, due_ms, updated_ms)
             SELECT CAST(?1 AS bigint), row_number() OVER (ORDER BY id), id, email, domain, 'pending', 0, CAST(?2 AS bigint)
             FROM subscribers
             WHERE status = 'confirmed' AND (editions = '' OR instr(editions, ?3) > 0)
                   AND (paused_until_ms IS NULL OR paused_until_ms <= ?2)
                   AND id NOT IN (SELECT subscriber_id FROM importing)
             ORDER BY id",
            params![send, to_ms(now), format!(";{};", issue.edition)],
        )?;
        skip_recipients(&tx, send, &issue.to_string(), now)?;
        if let Engine::Postgres(_) = tx.engine() {
            // A table without statistics would be read whole for every few rows.
            tx.batch(&format!("ANALYZE deliveries_{send}"))?;
        }
        tx.commit()?;
        Ok(Audience::Frozen(rows))
    }
}

impl Sends<'_> {
    /// How many subscribers would get an issue of this edition whose send began now: those whom [`Store::freeze_audience`] takes.
    pub fn count_audience(&self, edition: &str, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let count: i64 = self.store.db.value(
            "SELECT count(*) FROM subscribers
             WHERE status = 'confirmed' AND (editions = '' OR instr(editions, ?1) > 0)
                   AND (paused_until_ms IS NULL OR paused_until_ms <= ?2)
                   AND id NOT IN (SELECT subscriber_id FROM importing)",
            params![format!(";{edition};"), to_ms(now)],
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Puts the recipients who still wait into domain groups: those of the first group's domains into domain group 1, and so on, all others
    /// into domain group 0.
    pub fn assign_domain_groups<'d>(
        &self,
        send: i64,
        groups: impl Iterator<Item = &'d [String]>,
    ) -> Result<(), StoreError> {
        let tx = self.store.begin()?;
        tx.execute("UPDATE deliveries SET domain_group = 0 WHERE send_id = ?1 AND domain_group <> 0", params![send])?;
        for (domain_group, domains) in (1_i64..).zip(groups) {
            let domains: Vec<String> = domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
            let sql = format!(
                "UPDATE deliveries SET domain_group = ?2 WHERE send_id = ?1 AND due_ms IS NOT NULL AND domain IN ({})",
                tx.elements(3)
            );
            tx.execute(&sql, params![send, domain_group, serde_json::json!(domains).to_string()])?;
        }
        tx.commit()?;
        Ok(())
    }
}

/// Makes the partition of a send's rows, on PostgreSQL.
pub(super) fn make_partition(db: &Db, send: i64) -> Result<(), StoreError> {
    let Engine::Postgres(_) = db.engine() else { return Ok(()) };
    db.batch(&format!(
        "CREATE TABLE IF NOT EXISTS deliveries_{send} PARTITION OF deliveries FOR VALUES IN ({send}) WITH (fillfactor = {FILL})"
    ))
}
