//! The figures of a send, added up by the database, so that a million rows need no more memory than a thousand. All of them
//! are read in one transaction, so they agree while a send runs. Knows no page.

mod history;
mod kept;
mod words;

pub use kept::{Kept, Sums, kept};
use kept::{stored, to_store};
pub use words::shape;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::db::{Db, Row, params};
use super::{IssueSend, Sends, StoreError, clicks, from_ms, to_ms};
use crate::model::{
    ClickLine, CountedLink, DomainLine, Figures, IssueName, IssueState, LaterLine, Refusal, Timeline, Tracking,
    TriesLine, WaitLine, Within,
};

/// Most domains listed separately.
const DOMAINS: i64 = 12;
/// Most different refusals listed.
const REFUSALS: i64 = 40;
/// The most codes, and numbers of tries, that get a separate line; only a server that makes up codes has more.
const LINES: i64 = 60;
/// The most stretches of time.
const STRETCHES: i64 = 120;
/// How long a stretch may be, in seconds.
const LENGTHS: [u32; 16] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
/// The bounds of the waits, in seconds.
const WAITS: [u32; 6] = [300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600];
const PERCENTS: [u8; 4] = [50, 90, 99, 100];

/// The state that a row counts for, as [`Store::send`] counts: `in_flight` is pending while a sender is alive (`?2`).
const STATE: &str = "CASE d.state
     WHEN 'in_flight' THEN CASE WHEN ?2 THEN 'pending' ELSE 'uncertain' END ELSE d.state END";

impl Sends<'_> {
    /// The send of an issue and everything that its report says of it; `tracking` has the counted links that were mailed, if any were.
    pub fn figures(&self, send: &IssueSend, tracking: Option<&Tracking>) -> Result<Figures, StoreError> {
        // A read transaction: every query sees the ledger of one moment.
        let tx = self.store.db.snapshot()?;
        let alive = self.store.sender_is_alive()?;
        let issue: String = tx.value("SELECT issue FROM sends WHERE id = ?1", params![send.id])?;
        let over = send.finished.filter(|_| self.store.is_shared() && send.state == IssueState::Sent);
        let stored = over.map(|finished| stored(&tx, send.id, finished)).transpose()?.flatten();
        let is_new = over.is_some() && stored.is_none();
        let sums = match kept(&tx, send.id)? {
            Some(kept) => kept.sums,
            None => stored.map_or_else(|| sums(&tx, send.id, alive, send.started), Ok)?,
        };
        let json = if is_new { over.map(|finished| to_store(&sums, finished)).transpose()? } else { None };
        let clicks = tracking.map(|tracking| followed(&tx, &issue, tracking)).transpose()?;
        let figures = sums.figures(came_back(&tx, &issue)?, clicks);
        tx.commit()?;
        if let Some(json) = json {
            let sql = "UPDATE sends SET sums = ?2 WHERE id = ?1 AND state = 'sent'";
            self.store.db.execute_unnoticed(sql, params![send.id, json])?;
        }
        Ok(figures)
    }
}

impl Sends<'_> {
    /// Bounces and complaints of an issue after the relay had accepted it.
    pub fn came_back(&self, issue: &IssueName) -> Result<Vec<LaterLine>, StoreError> {
        came_back(&self.store.db, &issue.to_string())
    }
}

/// Adds up the ledger of a send, within a transaction.
pub(super) fn sums(db: &Db, send: i64, alive: bool, started: DateTime<Utc>) -> Result<Sums, StoreError> {
    let ledger = Rows { db, send, alive };
    let (domains, domains_in_all) = ledger.domains()?;
    let (refusals, refusals_not_shown) = ledger.refusals()?;
    Ok(Sums {
        audience: ledger.one("SELECT coalesce(max(number), 0) FROM deliveries WHERE send_id = ?1")?,
        states: ledger.states()?,
        over_time: ledger.over_time()?,
        delivered_within: ledger.delivered_within(started)?,
        domains,
        domains_in_all,
        replies: ledger.replies()?,
        refusals: refusals.into_iter().map(|r| (r.state, r.code, r.enhanced, r.text, r.count)).collect(),
        refusals_not_shown,
        tries: ledger.tries()?,
        waits: ledger.waits(started)?,
    })
}

/// Recipients by kind of what came back, each counted once a kind; every kind has its line.
fn came_back(db: &Db, issue: &str) -> Result<Vec<LaterLine>, StoreError> {
    let sql = "SELECT kind, count(DISTINCT subscriber_id) FROM bounces WHERE issue = ?1 AND matched_by <> 'reply' GROUP BY kind";
    let rows = db.rows(sql, params![issue], |row| Ok::<_, StoreError>((row.get(0)?, count(row.get(1)?))))?;
    let counts: BTreeMap<String, u64> = rows.into_iter().collect();
    let line = |kind: &str| LaterLine { kind: kind.into(), count: counts.get(kind).copied().unwrap_or(0) };
    Ok(["hard", "soft", "about_us", "complaint", "leave"].map(line).into())
}

/// Every counted link with its count, also those that nobody followed.
fn followed(db: &Db, issue: &str, tracking: &Tracking) -> Result<Vec<ClickLine>, StoreError> {
    let counts = clicks::clicks(db, issue)?;
    let line = |link: &CountedLink| ClickLine {
        kind: link.kind,
        id: link.id.clone(),
        title: link.title.clone(),
        count: counts.get(&link.key).copied().unwrap_or(0),
    };
    Ok(tracking.links.iter().map(line).collect())
}

/// The rows of one send within a transaction.
struct Rows<'d> {
    db: &'d Db,
    send: i64,
    alive: bool,
}

impl Rows<'_> {
    fn one(&self, sql: &str) -> Result<u64, StoreError> {
        Ok(count(self.db.value(sql, params![self.send])?))
    }

    /// Every row of `sql`, which is given the send, whether a sender is alive, and `limit`.
    fn all<T>(
        &self,
        sql: &str,
        limit: i64,
        read: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.db.rows(sql, params![self.send, self.alive, limit], read)
    }

    /// The states, added up by what a reason is made of.
    fn states(&self) -> Result<Vec<(String, words::Facts, u64)>, StoreError> {
        let sql = format!(
            "SELECT {STATE} AS s, d.code, d.enhanced, d.attempts, substr(d.reply, 1, 14) = 'given up after' AS given_up,
                 CASE d.state WHEN 'suppressed' THEN
                     coalesce((SELECT status FROM subscribers WHERE id = d.subscriber_id), 'gone') END AS subscriber, count(*)
             FROM deliveries AS d WHERE d.send_id = ?1 GROUP BY 1, 2, 3, 4, 5, 6 LIMIT ?3"
        );
        self.all(&sql, i64::MAX, |row| {
            let facts = words::Facts {
                code: row.get(1)?,
                enhanced: row.get::<Option<String>>(2)?.unwrap_or_default(),
                attempts: row.get(3)?,
                given_up: row.get::<Option<bool>>(4)?.unwrap_or(false),
                subscriber: row.get::<Option<String>>(5)?.unwrap_or_default(),
            };
            Ok((row.get::<String>(0)?, facts, count(row.get(6)?)))
        })
    }

    fn over_time(&self) -> Result<Timeline, StoreError> {
        let bounds: (Option<i64>, Option<i64>) = self.db.one(
            "SELECT min(updated_ms), max(updated_ms) FROM deliveries WHERE send_id = ?1 AND state = 'delivered'",
            params![self.send],
            |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)),
        )?;
        let (Some(first), Some(last)) = bounds else { return Ok(Timeline::default()) };
        let seconds = length((last - first) / 1_000);
        let ms = i64::from(seconds) * 1_000;
        // Stretches begin at round times, the first one with the first delivery in it.
        let from = first.div_euclid(ms) * ms;
        let mut delivered = vec![0; usize::try_from((last - from) / ms).unwrap_or(0).saturating_add(1)];
        self.db.rows(
            "SELECT (updated_ms - ?2) / ?3, count(*) FROM deliveries WHERE send_id = ?1 AND state = 'delivered'
             GROUP BY 1",
            params![self.send, from, ms],
            |row| {
                if let Some(stretch) = usize::try_from(row.get::<i64>(0)?).ok().and_then(|at| delivered.get_mut(at)) {
                    *stretch = count(row.get(1)?);
                }
                Ok::<_, StoreError>(())
            },
        )?;
        Ok(Timeline { from: Some(from_ms(from)?), stretch_seconds: seconds, delivered })
    }

    fn delivered_within(&self, started: DateTime<Utc>) -> Result<Vec<Within>, StoreError> {
        let delivered = self.one("SELECT count(*) FROM deliveries WHERE send_id = ?1 AND state = 'delivered'")?;
        if delivered == 0 {
            return Ok(Vec::new());
        }
        let sql = "SELECT updated_ms FROM deliveries WHERE send_id = ?1 AND state = 'delivered'
                   ORDER BY updated_ms LIMIT 1 OFFSET ?2";
        let mut within = Vec::new();
        for percent in PERCENTS {
            // The nearest rank: the smallest time by which at least so many percent were delivered.
            let rank = (delivered * u64::from(percent)).div_ceil(100).max(1);
            let at: i64 = self.db.value(sql, params![self.send, to_column(rank - 1)])?;
            within.push(Within { percent, ms: count(at - to_ms(started)) });
        }
        Ok(within)
    }

    fn domains(&self) -> Result<(Vec<DomainLine>, u64), StoreError> {
        let sql = format!(
            "WITH line AS (
                 SELECT CASE d.domain WHEN '' THEN '(no address)' ELSE d.domain END AS domain, count(*) AS n,
                     count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
                     count(*) FILTER (WHERE d.state = 'failed') AS failed,
                     count(*) FILTER (WHERE {STATE} IN ('pending', 'deferred')) AS waiting
                 FROM deliveries AS d WHERE d.send_id = ?1 GROUP BY 1)
             SELECT domain, n, delivered, failed, waiting, count(*) OVER () FROM line ORDER BY n DESC, domain LIMIT ?3"
        );
        let mut in_all = 0;
        let mut lines = self.all(&sql, DOMAINS, |row| {
            in_all = count(row.get(5)?);
            Ok(domain(row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
        })?;
        if in_all > count(DOMAINS) {
            let sql = format!(
                "SELECT count(*), count(*) FILTER (WHERE d.state = 'delivered'), count(*) FILTER (WHERE d.state = 'failed'),
                     count(*) FILTER (WHERE {STATE} IN ('pending', 'deferred'))
                 FROM deliveries AS d WHERE d.send_id = ?1"
            );
            let all = self.db.one(&sql, params![self.send, self.alive], |row| {
                Ok::<_, StoreError>(domain(String::new(), [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
            })?;
            lines.push(lines.iter().fold(all, less));
        }
        Ok((lines, in_all))
    }

    fn replies(&self) -> Result<Vec<(Option<u16>, String, u64)>, StoreError> {
        let sql = format!(
            "SELECT d.code AS code, {STATE} AS s, count(*) FROM deliveries AS d
             WHERE d.send_id = ?1 AND d.reply IS NOT NULL AND d.state <> 'suppressed'
             GROUP BY code, s ORDER BY code NULLS FIRST, s LIMIT ?3"
        );
        self.all(&sql, LINES, |row| Ok((row.get(0)?, row.get(1)?, count(row.get(2)?))))
    }

    fn refusals(&self) -> Result<(Vec<Refusal>, u64), StoreError> {
        let refused = "d.state IN ('failed', 'deferred') AND d.send_id = ?1";
        let sql = format!(
            "SELECT d.state, d.code AS code, d.enhanced, coalesce(d.refusal, '') AS words, count(*) AS n
             FROM deliveries AS d WHERE {refused}
             GROUP BY d.state, code, d.enhanced, words ORDER BY n DESC, d.state DESC, code NULLS FIRST, words, d.enhanced NULLS FIRST LIMIT ?3"
        );
        let shown: Vec<Refusal> = self.all(&sql, REFUSALS, |row| {
            Ok(Refusal {
                state: row.get(0)?,
                code: row.get(1)?,
                enhanced: row.get(2)?,
                text: row.get(3)?,
                count: count(row.get(4)?),
            })
        })?;
        let all = self.one(&format!("SELECT count(*) FROM deliveries AS d WHERE {refused}"))?;
        let told: u64 = shown.iter().map(|refusal| refusal.count).sum();
        Ok((shown, all.saturating_sub(told)))
    }

    fn tries(&self) -> Result<Vec<TriesLine>, StoreError> {
        let sql = "SELECT attempts, count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed'), count(*)
                   FROM deliveries
                   WHERE send_id = ?1 GROUP BY attempts ORDER BY attempts LIMIT ?3";
        self.all(sql, LINES, |row| {
            let (delivered, failed, all) = (count(row.get(1)?), count(row.get(2)?), count(row.get(3)?));
            Ok(TriesLine { tries: row.get(0)?, delivered, failed, others: all - delivered - failed })
        })
    }

    fn waits(&self, started: DateTime<Utc>) -> Result<Vec<WaitLine>, StoreError> {
        let sql = "SELECT count(*) FROM deliveries WHERE send_id = ?1 AND state = 'delivered' AND attempts > 1
                   AND updated_ms - ?2 > ?3 AND updated_ms - ?2 <= ?4";
        let bounds = WAITS.iter().copied().map(Some).chain([None]);
        let mut from = i64::MIN;
        let mut lines = Vec::new();
        for bound in bounds {
            let to = bound.map_or(i64::MAX, |seconds| i64::from(seconds) * 1_000);
            let delivered = count(self.db.value(sql, params![self.send, to_ms(started), from, to])?);
            lines.push(WaitLine { within_seconds: bound, delivered });
            from = to;
        }
        if lines.iter().all(|line| line.delivered == 0) {
            lines.clear();
        }
        Ok(lines)
    }
}

/// The shortest stretch by which a span of seconds has no more than [`STRETCHES`]; for years, whole days, and more of them.
fn length(span: i64) -> u32 {
    let fits = |length: &u32| span / i64::from(*length) < STRETCHES;
    LENGTHS.into_iter().find(fits).unwrap_or_else(|| {
        let days = (span / 86_400 / STRETCHES + 1).min(40_000);
        u32::try_from(days * 86_400).unwrap_or(u32::MAX)
    })
}

fn domain(name: String, rows: [i64; 4]) -> DomainLine {
    let [recipients, delivered, failed, waiting] = rows.map(count);
    let other = recipients.saturating_sub(delivered + failed + waiting);
    DomainLine { domain: name, recipients, delivered, failed, waiting, other }
}

fn less(all: DomainLine, part: &DomainLine) -> DomainLine {
    DomainLine {
        domain: all.domain,
        recipients: all.recipients.saturating_sub(part.recipients),
        delivered: all.delivered.saturating_sub(part.delivered),
        failed: all.failed.saturating_sub(part.failed),
        waiting: all.waiting.saturating_sub(part.waiting),
        other: all.other.saturating_sub(part.other),
    }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn to_column(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
