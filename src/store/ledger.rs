//! The ledger as a whole: the state of a send, what a crash left behind, and how a send stops and resumes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::db::{Db, Row, params};
use super::report::kept;
use super::{Sends, StoreError, from_ms, tallies, to_ms};
use crate::model::{DeliveryCounts, DeliveryState, IssueName, IssueState, Reply};

/// What to do with a message whose connection broke between the final dot and the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Uncertain {
    /// It is sent again, with the same Message-ID (RFC 5321 §6.1).
    #[default]
    Resend,
    /// It is kept back and listed.
    Hold,
}

/// A send as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueSend {
    pub id: i64,
    /// `Sending`, `Stopped` or `Sent`.
    pub state: IssueState,
    /// Stopped by an operator, so only an operator can resume it.
    pub by_operator: bool,
    /// Why it stopped; empty when it did not.
    pub reason: String,
    pub started: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
    /// When the next deferred recipient is due.
    pub next_due: Option<DateTime<Utc>>,
    pub counts: DeliveryCounts,
    /// The number of recipients in its canary; 0: none.
    pub canary: u64,
    /// When the canary was served.
    pub canary_served: Option<DateTime<Utc>>,
    /// When the other recipients were released.
    pub canary_passed: Option<DateTime<Utc>>,
}

/// The states of some of a send's recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainGroupCounts {
    pub counts: DeliveryCounts,
    /// When the next deferred one is due.
    pub next_due: Option<DateTime<Utc>>,
}

/// One recipient's line of `digest status --recipients`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientLine {
    pub number: i64,
    pub email: String,
    pub state: DeliveryState,
    pub attempts: u32,
    pub reply: Option<Reply>,
    pub updated: DateTime<Utc>,
}

impl Sends<'_> {
    /// The send of an issue, if it has begun; with the counts that it had, if its ledger was pruned. A message whose final dot is on record without an outcome counts as uncertain
    /// when no sender is alive to learn the outcome, else as pending.
    pub fn send(&self, issue: &IssueName) -> Result<Option<IssueSend>, StoreError> {
        let sql =
            "SELECT id, state, by_operator, reason, started_ms, finished_ms, canary, canary_served_ms, canary_passed_ms
                   FROM sends WHERE issue = ?1";
        let found = self.store.db.first(sql, params![issue.to_string()], |row| {
            let state: String = row.get(1)?;
            let times: (i64, Option<i64>) = (row.get(4)?, row.get(5)?);
            let canary: (i64, Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?, row.get(8)?);
            Ok::<_, StoreError>((row.get(0)?, state, row.get(2)?, row.get(3)?, times, canary))
        })?;
        let Some((id, state, by_operator, reason, (started, finished), (canary, served, passed))) = found else {
            return Ok(None);
        };
        let state = match state.as_str() {
            "sending" => IssueState::Sending,
            "stopped" => IssueState::Stopped,
            _ => IssueState::Sent,
        };
        let DomainGroupCounts { counts, next_due } = match kept(&self.store.db, id)? {
            Some(kept) => DomainGroupCounts { counts: kept.sums.counts(), next_due: None },
            None => self.all_groups(id)?,
        };
        Ok(Some(IssueSend {
            id,
            state,
            by_operator,
            reason,
            started: from_ms(started)?,
            finished: finished.map(from_ms).transpose()?,
            next_due,
            counts,
            canary: u64::try_from(canary).unwrap_or(0),
            canary_served: served.map(from_ms).transpose()?,
            canary_passed: passed.map(from_ms).transpose()?,
        }))
    }

    /// Whether any issue is being sent, by whichever process, or was when its sender died.
    pub fn is_sending(&self) -> Result<bool, StoreError> {
        self.store.db.value("SELECT EXISTS (SELECT 1 FROM sends WHERE state = 'sending')", params![])
    }

    /// The issues whose send has begun.
    pub fn issues(&self) -> Result<Vec<IssueName>, StoreError> {
        self.store.db.rows("SELECT issue FROM sends ORDER BY issue", params![], |row| stored_issue(row, 0))
    }

    /// The issues whose send has begun and is not finished, and when it began; and those that the daemon has sent since `since`, while its
    /// journal does not say that they are out.
    pub fn unfinished(&self, since: DateTime<Utc>) -> Result<Vec<(IssueName, DateTime<Utc>)>, StoreError> {
        let sql = "SELECT issue, started_ms FROM sends
                   WHERE state <> 'sent' OR started_ms >= ?1
                   AND EXISTS (SELECT 1 FROM journal WHERE date || '-' || edition = issue AND what = 'sending')
                   AND NOT EXISTS (SELECT 1 FROM journal WHERE date || '-' || edition = issue AND what IN ('sent', 'skipped'))
                   ORDER BY started_ms, id";
        self.store.db.rows(sql, params![to_ms(since)], |row| Ok((stored_issue(row, 0)?, from_ms(row.get(1)?)?)))
    }

    /// The states of the recipients of each domain group; last, everybody else.
    pub fn domain_groups(&self, send: i64, groups: &[&[String]]) -> Result<Vec<DomainGroupCounts>, StoreError> {
        let json = |domains: &mut dyn Iterator<Item = &String>| {
            serde_json::json!(domains.map(|domain| domain.to_ascii_lowercase()).collect::<Vec<_>>()).to_string()
        };
        let within = format!("domain IN ({})", self.store.db.elements(2));
        let others = (format!("NOT {within}"), json(&mut groups.iter().copied().flatten()));
        let groups = groups.iter().map(|domains| (within.clone(), json(&mut domains.iter())));
        groups.chain([others]).map(|(filter, domains)| self.domain_group(send, &filter, &domains)).collect()
    }

    /// All recipients of a send.
    fn all_groups(self, send: i64) -> Result<DomainGroupCounts, StoreError> {
        if !self.store.is_shared() {
            return self.domain_group(send, "?2 = ''", "");
        }
        let alive = self.store.sender_is_alive()?;
        let mut counts = DeliveryCounts::default();
        for (state, n) in tallies::states(&self.store.db, send)? {
            *part(&mut counts, parse_state(&state)?, alive) += n;
            counts.recipients += n;
        }
        let next_due = if counts.deferred == 0 {
            None
        } else {
            let sql = "SELECT min(due_ms) FROM deliveries WHERE send_id = ?1 AND due_ms > 0";
            self.store.db.value::<Option<i64>>(sql, params![send])?.map(from_ms).transpose()?
        };
        Ok(DomainGroupCounts { counts, next_due })
    }

    /// Those whom `filter` takes, SQL in which `?2` is `domains`.
    fn domain_group(self, send: i64, filter: &str, domains: &str) -> Result<DomainGroupCounts, StoreError> {
        let alive = self.store.sender_is_alive()?;
        let mut counts = DeliveryCounts::default();
        // One walk with a sum for each state: grouping would sort the rows first.
        let sums: Vec<String> =
            DeliveryState::ALL.iter().map(|s| format!("count(*) FILTER (WHERE state = '{}')", s.as_str())).collect();
        let sql = format!(
            "SELECT min(CASE WHEN due_ms > 0 THEN due_ms END), count(*), {} FROM deliveries
             WHERE send_id = ?1 AND {filter}",
            sums.join(", ")
        );
        let due: Option<i64> = self.store.db.one(&sql, params![send, domains], |row| {
            counts.recipients = u64::from(row.get::<u32>(1)?);
            for (i, state) in DeliveryState::ALL.into_iter().enumerate() {
                *part(&mut counts, state, alive) += u64::from(row.get::<Option<u32>>(i + 2)?.unwrap_or(0));
            }
            row.get(0)
        })?;
        Ok(DomainGroupCounts { counts, next_due: due.map(from_ms).transpose()? })
    }

    /// Has nobody wait longer from now than the longest wait there is: a clock that was set back would else keep them for as
    /// long as it was set back.
    pub fn clamp_waits(&self, send: i64, now: DateTime<Utc>, longest: Duration) -> Result<(), StoreError> {
        self.store.db.execute(
            "UPDATE deliveries SET due_ms = ?2 WHERE send_id = ?1 AND due_ms > ?2",
            params![send, to_ms(now + longest)],
        )?;
        Ok(())
    }

    /// Queues everyone who failed again, at an operator's request. Returns how many.
    pub fn retry_failed(&self, send: i64) -> Result<usize, StoreError> {
        requeue(&self.store.db, send, "failed")
    }

    /// Sets a send to stopped, with the reason; `by_operator` makes it wait for [`Store::resume`]. Workers see it
    /// before their next message. A finished send stays finished, and an operator's stop stays theirs: then `false`.
    pub fn stop(&self, send: i64, by_operator: bool, reason: &str) -> Result<bool, StoreError> {
        stop(&self.store.db, send, by_operator, reason)
    }

    /// Resumes a stopped send; one that an operator stopped only at an operator's request. `false` when nothing was resumed.
    pub fn resume(&self, send: i64, by_operator: bool) -> Result<bool, StoreError> {
        let rows = self.store.db.execute(
            "UPDATE sends SET state = 'sending', by_operator = FALSE, reason = ''
             WHERE id = ?1 AND state = 'stopped' AND (?2 OR NOT by_operator)",
            params![send, by_operator],
        )?;
        Ok(rows > 0)
    }

    /// Marks the send as sent when nobody waits any more; says whether it is. An uncertain message that is to be sent again
    /// waits too.
    pub fn finish(&self, send: i64, uncertain: Uncertain, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.store.db.execute(
            "UPDATE sends SET state = 'sent', finished_ms = coalesce(finished_ms, ?2)
             WHERE id = ?1 AND state = 'sending' AND NOT EXISTS (
                 SELECT 1 FROM deliveries WHERE send_id = ?1
                 AND (state IN ('pending', 'in_flight', 'deferred') OR (?3 AND state = 'uncertain')))",
            params![send, to_ms(now), uncertain == Uncertain::Resend],
        )?;
        let sql = "SELECT state, issue FROM sends WHERE id = ?1";
        let (state, issue): (String, String) =
            self.store.db.one(sql, params![send], |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)))?;
        if state == "sent" {
            super::safety::finished(self.store, &issue)?;
        }
        Ok(state == "sent")
    }

    /// Calls `each` with every recipient of a send, in order.
    pub fn each_recipient<E: From<StoreError>>(
        &self,
        send: i64,
        mut each: impl FnMut(RecipientLine) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT number, email, state, attempts, code, enhanced, reply, updated_ms
                   FROM deliveries WHERE send_id = ?1 ORDER BY number";
        self.store.db.each(sql, params![send], |row| each(recipient(row)?))
    }
}

/// The count that messages in this state belong to. A message in flight is pending while a sender is alive.
fn part(counts: &mut DeliveryCounts, state: DeliveryState, alive: bool) -> &mut u64 {
    match state {
        DeliveryState::Pending => &mut counts.pending,
        DeliveryState::InFlight if alive => &mut counts.pending,
        DeliveryState::InFlight | DeliveryState::Uncertain => &mut counts.uncertain,
        DeliveryState::Delivered => &mut counts.delivered,
        DeliveryState::Deferred => &mut counts.deferred,
        DeliveryState::Failed => &mut counts.failed,
        DeliveryState::Suppressed => &mut counts.suppressed,
    }
}

/// See [`Sends::stop`].
pub(super) fn stop(db: &Db, send: i64, by_operator: bool, reason: &str) -> Result<bool, StoreError> {
    let rows = db.execute(
        "UPDATE sends SET state = 'stopped', by_operator = ?2, reason = ?3
         WHERE id = ?1 AND state <> 'sent' AND (?2 OR state <> 'stopped' OR NOT by_operator)",
        params![send, by_operator, reason],
    )?;
    Ok(rows > 0)
}

pub(super) fn requeue(db: &Db, send: i64, state: &str) -> Result<usize, StoreError> {
    let rows = db.execute(
        "UPDATE deliveries SET state = 'pending', due_ms = 0 WHERE send_id = ?1 AND state = ?2",
        params![send, state],
    )?;
    if rows > 0 {
        db.execute(
            "UPDATE sends SET state = 'sending', finished_ms = NULL WHERE id = ?1 AND state = 'sent'",
            params![send],
        )?;
    }
    Ok(rows)
}

fn recipient(row: &Row) -> Result<RecipientLine, StoreError> {
    let state: String = row.get(2)?;
    let text: Option<String> = row.get(6)?;
    let code: Option<u16> = row.get(4)?;
    let enhanced = row.get(5)?;
    Ok(RecipientLine {
        number: row.get(0)?,
        email: row.get(1)?,
        state: parse_state(&state)?,
        attempts: row.get(3)?,
        reply: text.map(|text| Reply { code, enhanced, text }),
        updated: from_ms(row.get(7)?)?,
    })
}

/// The name of an issue in a column.
pub(super) fn stored_issue(row: &Row, column: usize) -> Result<IssueName, StoreError> {
    let name: String = row.get(column)?;
    name.parse().map_err(|()| StoreError::Value(format!("{name} as an issue")))
}

fn parse_state(text: &str) -> Result<DeliveryState, StoreError> {
    DeliveryState::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| StoreError::Value(format!("{text} as a delivery state")))
}
