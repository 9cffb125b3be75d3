//! Bounces and complaints as evidence about subscribers, and when it removes them from the list. Knows no message and no wording.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::acts::{Trace, leave, take_off};
use super::db::{Db, Row, Value, params};
use super::subscribers::stored_address;
use super::{StoreError, Subscribers, from_ms, to_ms};
use crate::model::{Address, EvidenceKind, IssueName, MatchedBy, Reply, SubscriberStatus};

/// One thing that came back about one subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub email: Address,
    /// The issue that it is about, when that is known.
    pub issue: String,
    pub kind: EvidenceKind,
    /// Enhanced status, or empty.
    pub status: String,
    pub diagnostic: String,
    pub matched_by: MatchedBy,
    pub received: DateTime<Utc>,
    /// SHA-256 of the message, hex; for a reply the delivery that it answered.
    pub hash: String,
}

/// When soft bounces take a subscriber off: `limit` of them, each about another message, within `window`, the first and the last at least
/// `span` apart: an hour's trouble at one provider is nobody's dead mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftRule {
    pub limit: u32,
    pub span: Duration,
    pub window: Duration,
}

/// The effect of a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The subscriber is off the list from now on.
    Gone(SubscriberStatus),
    /// It is on record; the subscriber's status is unchanged.
    Kept,
    /// This message was read before.
    Known,
}

/// A line of `digest bounces list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BounceLine {
    pub email: String,
    pub issue: String,
    pub kind: EvidenceKind,
    pub status: String,
    pub diagnostic: String,
    pub matched_by: MatchedBy,
    pub received: DateTime<Utc>,
}

impl Subscribers<'_> {
    /// Who had the copy of an issue with this number, and their secret.
    pub fn recipient(&self, issue: &IssueName, number: i64) -> Result<Option<(Address, String)>, StoreError> {
        let sql = "SELECT r.email, r.seed FROM sends s JOIN deliveries d ON d.send_id = s.id AND d.number = ?2
                   JOIN subscribers r ON r.id = d.subscriber_id WHERE s.issue = ?1";
        self.address_and_seed(sql, params![issue.to_string(), number])
    }

    /// A subscriber's address as it is stored, and their secret.
    pub fn secret(&self, email: &Address) -> Result<Option<(Address, String)>, StoreError> {
        self.address_and_seed("SELECT email, seed FROM subscribers WHERE email_key = ?1", params![email.key()])
    }

    fn address_and_seed(self, sql: &str, values: &[Value]) -> Result<Option<(Address, String)>, StoreError> {
        self.store.db.first(sql, values, |row| Ok((stored_address(&row.get::<String>(0)?)?, row.get(1)?)))
    }

    /// Puts evidence on record, and takes the subscriber off the list when it is enough, in one transaction. It never brings
    /// anyone back, and the first reason for which somebody left stays. `None` when nobody has the address.
    pub fn record_bounce(
        &self,
        evidence: &Evidence,
        rule: SoftRule,
        now: DateTime<Utc>,
    ) -> Result<Option<Effect>, StoreError> {
        let tx = self.store.begin()?;
        let Some(subscriber) = subscriber_id(&tx, &evidence.email)? else { return Ok(None) };
        if insert(&tx, subscriber, evidence)? == 0 {
            return Ok(Some(Effect::Known));
        }
        let gone = act(&tx, subscriber, evidence.kind, rule, now)?;
        tx.commit()?;
        Ok(Some(gone.map_or(Effect::Kept, Effect::Gone)))
    }

    /// The bounces and complaints of one subscriber, the oldest first.
    pub fn bounces_of(&self, email: &Address) -> Result<Vec<BounceLine>, StoreError> {
        let sql = format!("{LINES} WHERE r.email_key = ?1 ORDER BY b.received_ms, b.id");
        self.store.db.rows(&sql, params![email.key()], line)
    }

    /// Calls `each` with everything that came back, the newest first.
    pub fn each_bounce<E: From<StoreError>>(&self, mut each: impl FnMut(BounceLine) -> Result<(), E>) -> Result<(), E> {
        let sql = format!("{LINES} ORDER BY b.received_ms DESC, b.id DESC");
        self.store.db.each(&sql, params![], |row| each(line(row)?))
    }
}

/// Puts a refusal while sending on record where it counts against the subscriber, and takes them off when it is enough. It is one with a
/// returned mail about the same issue.
pub(super) fn record_reply(
    db: &Db,
    (send, number): (i64, i64),
    reply: &Reply,
    kind: EvidenceKind,
    rule: SoftRule,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if kind == EvidenceKind::AboutUs {
        return Ok(());
    }
    let sql = "SELECT r.id, r.email, s.issue FROM deliveries d JOIN sends s ON s.id = d.send_id
               JOIN subscribers r ON r.id = d.subscriber_id WHERE d.send_id = ?1 AND d.number = ?2";
    let found = db.first(sql, params![send, number], |row| {
        Ok::<_, StoreError>((row.get(0)?, stored_address(&row.get::<String>(1)?)?, row.get::<String>(2)?))
    })?;
    let Some((subscriber, email, issue)) = found else { return Ok(()) };
    let evidence = Evidence {
        email,
        hash: format!("reply to {issue} {number}"),
        issue,
        kind,
        status: reply.enhanced.clone().unwrap_or_default(),
        diagnostic: reply.to_string(),
        matched_by: MatchedBy::Reply,
        received: now,
    };
    insert(db, subscriber, &evidence)?;
    act(db, subscriber, kind, rule, now)?;
    Ok(())
}

/// What a kind of evidence does to a subscriber, with what is on record; their new status when they are off from now on.
fn act(
    db: &Db,
    subscriber: i64,
    kind: EvidenceKind,
    rule: SoftRule,
    now: DateTime<Utc>,
) -> Result<Option<SubscriberStatus>, StoreError> {
    let by_mail = Trace { how: "mail", network: "", at: now };
    let off = |status| Ok(take_off(db, subscriber, status, now)?.then_some(status));
    match kind {
        EvidenceKind::Hard => off(SubscriberStatus::Bounced),
        EvidenceKind::Soft if is_over(db, subscriber, rule, now)? => off(SubscriberStatus::Bounced),
        EvidenceKind::Complaint => off(SubscriberStatus::Complained),
        EvidenceKind::Leave => Ok(leave(db, subscriber, by_mail)?.then_some(SubscriberStatus::Unsubscribed)),
        EvidenceKind::Soft | EvidenceKind::AboutUs => Ok(None),
    }
}

const LINES: &str = "SELECT r.email, b.issue, b.kind, b.status, b.diagnostic, b.matched_by, b.received_ms
                     FROM bounces b JOIN subscribers r ON r.id = b.subscriber_id";

fn line(row: &Row) -> Result<BounceLine, StoreError> {
    Ok(BounceLine {
        email: row.get(0)?,
        issue: row.get(1)?,
        kind: stored_kind(&row.get::<String>(2)?)?,
        status: row.get(3)?,
        diagnostic: row.get(4)?,
        matched_by: stored_way(&row.get::<String>(5)?)?,
        received: from_ms(row.get(6)?)?,
    })
}

fn stored_kind(name: &str) -> Result<EvidenceKind, StoreError> {
    EvidenceKind::parse(name).ok_or_else(|| StoreError::Value(format!("evidence of the kind {name}")))
}

fn stored_way(name: &str) -> Result<MatchedBy, StoreError> {
    MatchedBy::parse(name).ok_or_else(|| StoreError::Value(format!("evidence matched by {name}")))
}

fn subscriber_id(db: &Db, email: &Address) -> Result<Option<i64>, StoreError> {
    db.first("SELECT id FROM subscribers WHERE email_key = ?1", params![email.key()], |row| row.get(0))
}

fn insert(db: &Db, subscriber: i64, evidence: &Evidence) -> Result<usize, StoreError> {
    db.execute(
        "INSERT INTO bounces (hash, subscriber_id, issue, kind, status, diagnostic, matched_by, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (hash, subscriber_id) DO NOTHING",
        params![
            evidence.hash,
            subscriber,
            evidence.issue,
            evidence.kind.as_str(),
            evidence.status,
            evidence.diagnostic,
            evidence.matched_by.as_str(),
            to_ms(evidence.received)
        ],
    )
}

/// Whether a subscriber's soft bounces are enough. Several about one issue count once: they report the same failure.
fn is_over(db: &Db, subscriber: i64, rule: SoftRule, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let (count, span_ms): (i64, i64) = db.one(
        "SELECT count(DISTINCT CASE issue WHEN '' THEN hash ELSE issue END), coalesce(max(received_ms) - min(received_ms), 0) FROM bounces
         WHERE subscriber_id = ?1 AND kind = 'soft' AND received_ms >= ?2
               -- What came before somebody was restored has had its answer.
               AND received_ms > coalesce((SELECT max(at_ms) FROM acts WHERE subscriber_id = ?1 AND act = 'restored'), 0)",
        params![subscriber, to_ms(now - rule.window)],
        |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)),
    )?;
    Ok(count >= i64::from(rule.limit) && i128::from(span_ms) >= rule.span.as_millis().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SubscriberRow;
    use crate::store::tests::Ground;

    #[test]
    fn soft_bounces_take_a_subscriber_off_at_the_limit_within_the_window_and_not_before() {
        let ground = Ground::new();
        let store = ground.store();
        let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let email = Address::parse("ann@inbox.example").expect("an address");
        let row = SubscriberRow {
            consent: "a form".into(),
            ..SubscriberRow::new(email.clone(), SubscriberStatus::Confirmed)
        };
        store.subscribers().import(&[row], now, &mut || "5eed".into()).expect("an import");
        let days = |days: u64| Duration::from_hours(days * 24);
        let rule = SoftRule { limit: 3, span: days(5), window: days(30) };
        let tell = |issue: &str, days: i64| {
            let evidence = Evidence {
                email: email.clone(),
                issue: issue.into(),
                kind: EvidenceKind::Soft,
                status: "4.2.2".into(),
                diagnostic: String::new(),
                matched_by: MatchedBy::Verp,
                received: now - chrono::TimeDelta::days(days),
                hash: format!("{issue}{days}"),
            };
            store.subscribers().record_bounce(&evidence, rule, now).expect("a record")
        };
        assert_eq!(tell("a", 40), Some(Effect::Kept), "out of the window");
        assert_eq!(tell("b", 9), Some(Effect::Kept));
        assert_eq!(tell("b", 8), Some(Effect::Kept), "the same issue");
        assert_eq!(tell("c", 7), Some(Effect::Kept));
        assert_eq!(tell("c", 7), Some(Effect::Known));
        assert_eq!(tell("d", 6), Some(Effect::Kept), "three within three days");
        assert_eq!(tell("e", 1), Some(Effect::Gone(SubscriberStatus::Bounced)));
        assert_eq!(tell("f", 0), Some(Effect::Kept), "gone already");
    }
}
