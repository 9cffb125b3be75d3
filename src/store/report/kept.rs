//! What is left of a ledger that was pruned: everything that is ever said of it, as JSON in the row of its send.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::words::{self, Facts};
use crate::model::{
    ClickLine, DeliveryCounts, DomainLine, Figures, LaterLine, Refusal, ReplyLine, StateLine, Timeline, TriesLine,
    WaitLine, Within,
};
use crate::store::StoreError;
use crate::store::db::{Db, params};

/// Refusals that read alike: state, code, enhanced code, words and count.
type RefusalSum = (String, Option<u16>, Option<String>, String, u64);

/// The sums of a ledger, from which a report is made. Contains no addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub audience: u64,
    /// The states, with what their reasons are made of.
    pub states: Vec<(String, Facts, u64)>,
    pub over_time: Timeline,
    pub delivered_within: Vec<Within>,
    pub domains: Vec<DomainLine>,
    pub domains_in_all: u64,
    /// Code, state and count: a code that could not be read is another one than none.
    pub replies: Vec<(Option<u16>, String, u64)>,
    pub refusals: Vec<RefusalSum>,
    pub refusals_not_shown: u64,
    pub tries: Vec<TriesLine>,
    pub waits: Vec<WaitLine>,
}

/// All that is kept of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub sums: Sums,
    /// The domain groups that had limits of their own, by name; last, everybody else.
    pub domain_groups: Vec<(String, DeliveryCounts)>,
    pub reply_classes: BTreeMap<u8, u64>,
    /// How long deliveries took, as [`crate::store::Latency`] has it: up to each bound, how many, and in all.
    pub latency: (Vec<u64>, u64, u64),
    /// How many deliveries had begun, for the comparison with the safety log.
    pub begun: u64,
}

/// What is kept of a send's ledger; `None` while the ledger is there.
pub fn kept(db: &Db, send: i64) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT pruned FROM sends WHERE id = ?1";
    let text = db.first(sql, params![send], |row| row.get::<Option<String>>(0))?.flatten();
    let read = |text: String| serde_json::from_str(&text);
    text.map(read).transpose().map_err(|why| StoreError::Value(format!("the figures of a pruned send: {why}")))
}

/// The stored sums of a send that finished at `finished`, on PostgreSQL; `None` if there are none yet.
pub fn stored(db: &Db, send: i64, finished: DateTime<Utc>) -> Result<Option<Sums>, StoreError> {
    let text: Option<String> = db.value("SELECT sums FROM sends WHERE id = ?1", params![send])?;
    let Some(text) = text else { return Ok(None) };
    let (of, sums): (i64, Sums) = serde_json::from_str(&text)
        .map_err(|why| StoreError::Value(format!("the figures of a finished send: {why}")))?;
    // If the times differ, the send was continued and has finished again.
    Ok((of == finished.timestamp_millis()).then_some(sums))
}

/// The same as they are stored.
pub fn to_store(sums: &Sums, finished: DateTime<Utc>) -> Result<String, StoreError> {
    serde_json::to_string(&(finished.timestamp_millis(), sums)).map_err(|why| StoreError::Value(why.to_string()))
}

impl Sums {
    /// How many recipients are in each state.
    pub fn counts(&self) -> DeliveryCounts {
        let sum = |state: &str| self.states.iter().filter(|(known, ..)| known == state).map(|(.., n)| n).sum();
        DeliveryCounts {
            recipients: self.states.iter().map(|(.., n)| n).sum(),
            delivered: sum("delivered"),
            failed: sum("failed"),
            deferred: sum("deferred"),
            pending: sum("pending"),
            suppressed: sum("suppressed"),
            uncertain: sum("uncertain"),
        }
    }

    /// The figures of a report, with what other tables than the ledger say.
    pub fn figures(self, later: Vec<LaterLine>, clicks: Option<Vec<ClickLine>>) -> Figures {
        let reply = |(code, state, count)| ReplyLine { code, state, count };
        let refusal = |(state, code, enhanced, text, count)| Refusal { state, code, enhanced, text, count };
        Figures {
            counts: self.counts(),
            audience: self.audience,
            states: state_lines(&self.states),
            over_time: self.over_time,
            delivered_within: self.delivered_within,
            domains: self.domains,
            domains_in_all: self.domains_in_all,
            replies: self.replies.into_iter().map(reply).collect(),
            refusals: self.refusals.into_iter().map(refusal).collect(),
            refusals_not_shown: self.refusals_not_shown,
            tries: self.tries,
            waits: self.waits,
            later,
            clicks,
        }
    }
}

/// The states with their reasons: the words are put to each sum, and equal ones are added up.
fn state_lines(states: &[(String, Facts, u64)]) -> Vec<StateLine> {
    let mut sums = BTreeMap::new();
    for (state, facts, n) in states {
        let reason = words::reason(state, facts);
        *sums.entry((words::order(state), state.clone(), reason)).or_insert(0) += n;
    }
    let mut lines: Vec<_> = sums.into_iter().collect();
    lines.sort_by(|((a, _, x), n), ((b, _, y), m)| a.cmp(b).then_with(|| m.cmp(n)).then_with(|| x.cmp(y)));
    lines.into_iter().map(|((_, state, reason), count)| StateLine { state, reason, count }).collect()
}
