//! Who is due next in a send, looked up ahead and checked again when somebody else has written. Knows no row of the ledger but by its number.

mod at_once;
mod lookup;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};

use super::bounces::{SoftRule, record_reply};
use super::claim::{Claim, Next};
use super::db::{Db, Engine, params};
use super::outcomes::{self, By, Ended};
use super::{StoreError, to_ms};
use crate::model::{Delivery, Outcome};

/// How a try ended, what begins, and when.
pub type Step = (Option<(i64, Outcome)>, Next, DateTime<Utc>);

/// Who is due next.
pub struct Queue {
    send: i64,
    /// Which sender we are.
    sender: i64,
    rule: SoftRule,
    /// By domain group: the next messages that are due, in order.
    due: BTreeMap<i64, VecDeque<Waiting>>,
    /// By domain group: how far the ledger was walked through.
    walks: BTreeMap<i64, Walk>,
    /// Messages that begin with this transaction, though still due as the database has it.
    claimed: BTreeSet<i64>,
    /// By number: messages that are somebody's, though still due as the database has it.
    reserved: BTreeMap<i64, Reserved>,
    /// Recipients who are no longer on the list, and when that was found. The next commit records it.
    gone: Vec<(i64, i64)>,
    /// The last number of [`Db::begin_alone`]: a different one means that somebody else has written.
    version: i64,
    stopped: bool,
}

/// How far a ledger was walked through.
#[derive(Clone, Copy, Default)]
struct Walk {
    /// The last number that was seen.
    after: i64,
    /// Nobody is due before, in milliseconds; unless somebody is deferred to an earlier time.
    quiet_until: i64,
    /// How many messages were looked up the last time, and when, in milliseconds.
    ahead: i64,
    looked_up_ms: i64,
}

/// A message that is somebody's before it is begun.
struct Reserved {
    domain_group: i64,
    delivery: Box<Delivery>,
    /// When it was looked up, as a number of [`Db::begin_alone`].
    version: i64,
}

/// A message looked up ahead.
struct Waiting {
    number: i64,
    /// `None` when the subscriber is no longer on the list.
    delivery: Option<Box<Delivery>>,
    /// When it was looked up, as a number of [`Db::begin_alone`].
    version: i64,
}

impl Queue {
    pub fn new(send: i64, sender: i64, rule: SoftRule) -> Self {
        Self {
            send,
            sender,
            rule,
            due: BTreeMap::new(),
            walks: BTreeMap::new(),
            claimed: BTreeSet::new(),
            reserved: BTreeMap::new(),
            gone: Vec::new(),
            version: 0,
            stopped: false,
        }
    }

    /// Sees whether somebody else has written since the last look, and then whether they stopped the send.
    ///
    /// # Errors
    /// [`StoreError::TakenOver`]: another sender has ended this one. Nothing was written.
    fn look(&mut self, db: &Db, version: i64) -> Result<(), StoreError> {
        if version == self.version {
            return Ok(());
        }
        let sql =
            "SELECT state, (SELECT count(*) FROM senders WHERE id = ?2 AND ended_ms IS NULL) FROM sends WHERE id = ?1";
        let (state, alive): (String, i64) =
            db.one(sql, params![self.send, self.sender], |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)))?;
        self.seen(version, state == "stopped", alive > 0)
    }

    /// Takes note of what others have written.
    fn seen(&mut self, version: i64, stopped: bool, alive: bool) -> Result<(), StoreError> {
        if !alive {
            return Err(StoreError::TakenOver);
        }
        self.stopped = stopped;
        if version != self.version {
            self.version = version;
            self.disturb();
        }
        Ok(())
    }

    fn by(&self) -> By {
        By { send: self.send, sender: self.sender, version: self.version }
    }

    /// Commits all steps. If a step fails because its message is in the wrong state, the others still succeed.
    ///
    /// # Errors
    /// [`StoreError::TakenOver`]: another sender has ended this one. After any error, nothing was written.
    pub fn commit(&mut self, db: &Db, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let is_early = |number: &i64| self.reserved.contains_key(number);
        let is_plain = |(ended, ..): &Step| {
            ended
                .as_ref()
                .is_none_or(|(number, outcome)| !matches!(outcome, Outcome::Failed { .. }) && !is_early(number))
        };
        let claims = match db.engine() {
            Engine::Postgres(_) if steps.iter().all(is_plain) => self.at_once(db, steps)?,
            _ => {
                let (transaction, version) = db.begin_alone()?;
                // From here on nobody else writes.
                self.look(&transaction, version)?;
                let claims = self.one_after_another(&transaction, steps)?;
                outcomes::suppress(&transaction, self.by(), &self.gone)?;
                transaction.commit()?;
                claims
            }
        };
        self.committed(steps);
        Ok(claims)
    }

    fn one_after_another(&mut self, db: &Db, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let mut claims = self.record(db, steps)?;
        let mut open: Vec<usize> = (0..steps.len()).filter(|at| claims[*at].is_ok()).collect();
        while !open.is_empty() {
            let mut begun = Vec::new();
            for at in open {
                let (_, next, now) = &steps[at];
                claims[at] = part(self.claim(db, *next, *now))?;
                if let Ok(Claim::Delivery(delivery)) = &claims[at] {
                    begun.push((at, delivery.number, to_ms(delivery.dated)));
                }
            }
            let waited = outcomes::begin(db, self.by(), begun.iter().map(|(_, number, dated)| (*number, *dated)))?;
            open = begun.into_iter().filter(|(_, number, _)| !waited.contains(number)).map(|(at, ..)| at).collect();
            for at in &open {
                claims[*at] = Ok(Claim::Empty);
            }
            // One that was reserved is not replaced by another.
            open.retain(|at| matches!(steps[*at].1, Next::Of(_)));
        }
        Ok(claims)
    }

    /// Records how tries ended. For each step nothing yet, or why it failed.
    fn record(&self, db: &Db, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let ended =
            || steps.iter().filter_map(|(ended, _, now)| ended.as_ref().map(|(n, outcome)| (*n, outcome, *now)));
        // Refused before they were begun: they begin here, those that still wait.
        let early = ended().filter_map(|(n, ..)| Some((n, to_ms(self.reserved.get(&n)?.delivery.dated))));
        let begun = outcomes::begin(db, self.by(), early)?;
        let gone = |number: &i64| self.reserved.contains_key(number) && !begun.contains(number);
        let outcomes: Vec<Ended> =
            ended().filter(|(n, ..)| !gone(n)).map(|(n, outcome, now)| Ended::new(n, outcome, now)).collect();
        let recorded = outcomes::record(db, self.by(), &outcomes)?;
        for (number, outcome, now) in ended().filter(|(n, ..)| recorded.contains(n)) {
            if let Outcome::Failed { reply, class } = outcome {
                record_reply(db, (self.send, number), reply, class.evidence(), self.rule, now)?;
            }
        }
        let claim = |step: &Step| match &step.0 {
            Some((number, _)) if !recorded.contains(number) && !gone(number) => Err(wrong_state(*number)),
            _ => Ok(Claim::Empty),
        };
        Ok(steps.iter().map(claim).collect())
    }

    /// What a step begins, before it is on record.
    fn claim(&mut self, db: &Db, next: Next, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let claim = match next {
            Next::Nothing => Claim::Empty,
            _ if self.stopped => Claim::Stopped,
            Next::Of(domain_group) => self.find(db, column(domain_group), now)?.map_or(Claim::Empty, Claim::Delivery),
            Next::Reserved(number) => self.begin(db, number, now)?,
        };
        if let Claim::Delivery(delivery) = &claim {
            self.claimed.insert(delivery.number);
        }
        Ok(claim)
    }

    /// A message that was reserved, unless somebody has written meanwhile that it must not go.
    fn begin(&mut self, db: &Db, number: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let unknown = || StoreError::Value(format!("message {number}, which is not reserved"));
        let Reserved { delivery, version, .. } = self.reserved.get(&number).ok_or_else(unknown)?;
        if *version != self.version && self.again(db, number, now)?.delivery.is_none() {
            self.gone.push((number, to_ms(now)));
            return Ok(Claim::Empty);
        }
        Ok(Claim::Delivery(delivery.clone()))
    }

    /// After the commit: what the steps had reserved is reserved no longer.
    fn committed(&mut self, steps: &[Step]) {
        self.claimed.clear();
        self.gone.clear();
        for (ended, next, _) in steps {
            if let Some((number, outcome)) = ended {
                self.reserved.remove(number);
                match outcome {
                    Outcome::Deferred { next, .. } => self.disturb_at(to_ms(*next)),
                    Outcome::Requeued(_) => self.disturb(),
                    _ => {}
                }
            }
            if let Next::Reserved(number) = next {
                self.reserved.remove(number);
            }
        }
    }

    /// After a transaction that failed: all that was looked up ahead is looked up again.
    pub fn forget(&mut self) {
        self.due.clear();
        self.walks.clear();
        self.claimed.clear();
        self.gone.clear();
        self.version = -1;
    }

    /// Whether something still has to be recorded although no step is waiting.
    pub fn has_news(&self) -> bool {
        !self.gone.is_empty()
    }

    /// The next message of a domain group whose subscriber is still on the list.
    fn find(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Option<Box<Delivery>>, StoreError> {
        while let Some(mut waiting) = self.next(db, domain_group, now)? {
            if waiting.version != self.version {
                match db.engine() {
                    Engine::Sqlite(_) => waiting = self.again(db, waiting.number, now)?,
                    Engine::Postgres(_) => {
                        self.due.entry(domain_group).or_default().push_front(waiting);
                        self.look_up_again(db, domain_group, now)?;
                        continue;
                    }
                }
            }
            if waiting.delivery.is_some() {
                return Ok(waiting.delivery);
            }
            self.gone.push((waiting.number, to_ms(now)));
        }
        Ok(None)
    }

    /// Keeps a message for somebody. What others have written since the last look counts when it is begun.
    pub fn reserve(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        if self.stopped {
            return Ok(Claim::Stopped);
        }
        let found = self.find(db, domain_group, now)?;
        Ok(found.map_or(Claim::Empty, |delivery| {
            let reserved = Reserved { domain_group, delivery: delivery.clone(), version: self.version };
            self.reserved.insert(delivery.number, reserved);
            Claim::Delivery(delivery)
        }))
    }

    /// Releases a reserved message: it is the next one of its domain group again.
    pub fn release(&mut self, number: i64) {
        let Some(Reserved { domain_group, delivery, version }) = self.reserved.remove(&number) else { return };
        let waiting = Waiting { number, delivery: Some(delivery), version };
        self.due.entry(domain_group).or_default().push_front(waiting);
    }

    /// A message may be due earlier than expected: now.
    pub fn disturb(&mut self) {
        self.disturb_at(0);
    }

    /// A message may be due earlier than expected: at this time, in milliseconds.
    fn disturb_at(&mut self, ms: i64) {
        self.walks.values_mut().for_each(|walk| walk.quiet_until = walk.quiet_until.min(ms));
    }

    /// The next message of a domain group that is due.
    fn next(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Option<Waiting>, StoreError> {
        if self.due.entry(domain_group).or_default().is_empty() {
            let found = match db.engine() {
                Engine::Sqlite(_) => self.by_due_time(db, domain_group, now)?,
                Engine::Postgres(_) => self.hold(db, domain_group, now)?,
            };
            let free = |Waiting { number, .. }: &Waiting| {
                let is_gone = self.gone.iter().any(|(gone, _)| gone == number);
                !is_gone && !self.reserved.contains_key(number) && !self.claimed.contains(number)
            };
            self.due.insert(domain_group, found.into_iter().filter(free).collect());
        }
        Ok(self.due.entry(domain_group).or_default().pop_front())
    }

    pub fn waits(&mut self, db: &Db, domain_groups: &[i64], now: DateTime<Utc>) -> Result<bool, StoreError> {
        for domain_group in domain_groups {
            if let Some(waiting) = self.next(db, *domain_group, now)? {
                self.due.entry(*domain_group).or_default().push_front(waiting);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A domain group as the database has it.
pub fn column(domain_group: usize) -> i64 {
    i64::try_from(domain_group).unwrap_or(i64::MAX)
}

/// Why a step fails whose message is in another state than it must be.
fn wrong_state(number: i64) -> String {
    StoreError::Value(format!("message {number}, which is not in flight")).to_string()
}

/// A step's own failure, which leaves the others alone; every other one ends the transaction.
fn part(claim: Result<Claim, StoreError>) -> Result<Result<Claim, String>, StoreError> {
    match claim {
        Err(error @ StoreError::Value(_)) => Ok(Err(error.to_string())),
        claim => claim.map(Ok),
    }
}

/// The message that begins, and its Date.
fn begins(claim: &Result<Claim, String>) -> Option<(i64, i64)> {
    match claim {
        Ok(Claim::Delivery(delivery)) => Some((delivery.number, to_ms(delivery.dated))),
        _ => None,
    }
}
