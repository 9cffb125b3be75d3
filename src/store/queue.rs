//! Who is due next in a send, looked up ahead and checked again when somebody else has written. Knows no row of the ledger but by its number.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};

use super::bounces::{SoftRule, record_reply};
use super::claim::{Claim, Next};
use super::db::{Db, Engine, Row, Transaction, params};
use super::outcomes::{self, Ended, suppressed, with_subscribers};
use super::subscribers::{stored_address, stored_fields};
use super::{StoreError, from_ms, to_ms};
use crate::model::{Delivery, Outcome};

/// How many messages are looked up at a time.
const AHEAD: i64 = 256;

/// How a try ended, what begins, and when.
pub type Step = (Option<(i64, Outcome)>, Next, DateTime<Utc>);

/// Who is due next.
pub struct Queue {
    send: i64,
    /// Which of the processes that have sent this issue we are.
    epoch: i64,
    rule: SoftRule,
    /// By domain group: the next messages that are due, in order.
    due: BTreeMap<i64, VecDeque<Waiting>>,
    /// By domain group: how far the ledger was walked through.
    walks: BTreeMap<i64, Walk>,
    /// Messages that begin with this transaction, though still due as the database has it.
    claimed: BTreeSet<i64>,
    /// By number: messages that are somebody's, though still due as the database has it.
    reserved: BTreeMap<i64, Reserved>,
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
}

/// A message that is somebody's before it is begun.
struct Reserved {
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
    pub fn new(send: i64, epoch: i64, rule: SoftRule) -> Self {
        Self {
            send,
            epoch,
            rule,
            due: BTreeMap::new(),
            walks: BTreeMap::new(),
            claimed: BTreeSet::new(),
            reserved: BTreeMap::new(),
            version: 0,
            stopped: false,
        }
    }

    /// Sees whether somebody else has written since the last look, and then whether they stopped the send.
    ///
    /// # Errors
    /// [`StoreError::TakenOver`]: another process sends this issue now, so nothing is written.
    pub fn look(&mut self, db: &Db, version: i64) -> Result<(), StoreError> {
        if version != self.version {
            let sql = "SELECT state, epoch FROM sends WHERE id = ?1";
            let (state, epoch): (String, i64) =
                db.one(sql, params![self.send], |row| Ok::<_, StoreError>((row.get(0)?, row.get(1)?)))?;
            if self.epoch != epoch {
                return Err(StoreError::TakenOver);
            }
            self.stopped = state == "stopped";
            self.version = version;
            self.disturb_at(0);
        }
        Ok(())
    }

    /// All steps, in one transaction of the writer. One that fails, because its message is in another state, does not block the others.
    pub fn steps(
        &mut self,
        transaction: Transaction,
        steps: &[Step],
    ) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let is_early = |number: &i64| self.reserved.contains_key(number);
        let is_plain = |(ended, ..): &Step| {
            ended
                .as_ref()
                .is_none_or(|(number, outcome)| !matches!(outcome, Outcome::Failed { .. }) && !is_early(number))
        };
        if let Engine::Postgres(_) = transaction.engine()
            && steps.iter().all(is_plain)
        {
            return self.at_once(transaction, steps);
        }
        let claims = self.one_after_another(&transaction, steps)?;
        transaction.commit()?;
        Ok(claims)
    }

    /// Steps that change nothing but their own rows: what they begin is known before, so a server gets everything and the commit at once.
    fn at_once(&mut self, transaction: Transaction, steps: &[Step]) -> Result<Vec<Result<Claim, String>>, StoreError> {
        let claim = |(_, next, now): &Step| part(self.claim(&transaction, *next, *now));
        let mut claims: Vec<_> = steps.iter().map(claim).collect::<Result<_, StoreError>>()?;
        let ended: Vec<Ended> = steps
            .iter()
            .filter_map(|(ended, _, now)| ended.as_ref().map(|(n, outcome)| Ended::new(*n, outcome, *now)))
            .collect();
        let begun = claims.iter().filter_map(|claim| match claim {
            Ok(Claim::Delivery(delivery)) => Some((delivery.number, to_ms(delivery.dated))),
            _ => None,
        });
        let changes = [outcomes::outcomes(self.send, &ended), outcomes::begins(self.send, begun)];
        let [recorded, waited] = transaction.change_and_commit(changes)?;
        for ((ended, ..), claim) in steps.iter().zip(&mut claims) {
            match (ended, &*claim) {
                (Some((number, _)), _) if !recorded.contains(number) => *claim = Err(elsewhere(*number)),
                (_, Ok(Claim::Delivery(delivery))) if !waited.contains(&delivery.number) => {
                    *claim = Err(elsewhere(delivery.number));
                }
                _ => {}
            }
        }
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
            let waited = outcomes::begin(db, self.send, begun.iter().map(|(_, number, dated)| (*number, *dated)))?;
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
        let begun = outcomes::begin(db, self.send, early)?;
        let gone = |number: &i64| self.reserved.contains_key(number) && !begun.contains(number);
        let outcomes: Vec<Ended> =
            ended().filter(|(n, ..)| !gone(n)).map(|(n, outcome, now)| Ended::new(n, outcome, now)).collect();
        let recorded = outcomes::record(db, self.send, &outcomes)?;
        for (number, outcome, now) in ended().filter(|(n, ..)| recorded.contains(n)) {
            if let Outcome::Failed { reply, class } = outcome {
                record_reply(db, (self.send, number), reply, class.evidence(), self.rule, now)?;
            }
        }
        let claim = |step: &Step| match &step.0 {
            Some((number, _)) if !recorded.contains(number) && !gone(number) => Err(elsewhere(*number)),
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
        let unknown = || StoreError::Value(format!("copy {number}, which is not reserved"));
        let Reserved { delivery, version } = self.reserved.get(&number).ok_or_else(unknown)?;
        if *version != self.version && self.again(db, number, now)?.delivery.is_none() {
            suppressed(db, self.send, number, now)?;
            return Ok(Claim::Empty);
        }
        Ok(Claim::Delivery(delivery.clone()))
    }

    /// After the commit: what the steps had reserved is reserved no longer.
    pub fn committed(&mut self, steps: &[Step]) {
        self.claimed.clear();
        for (ended, next, _) in steps {
            if let Some((number, outcome)) = ended {
                self.reserved.remove(number);
                match outcome {
                    Outcome::Deferred { next, .. } => self.disturb_at(to_ms(*next)),
                    Outcome::Requeued(_) => self.disturb_at(0),
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
        self.version = -1;
    }

    /// The next message of a domain group whose subscriber is still on the list.
    fn find(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Option<Box<Delivery>>, StoreError> {
        while let Some(mut waiting) = self.next(db, domain_group, now)? {
            if waiting.version != self.version {
                waiting = self.again(db, waiting.number, now)?;
            }
            if waiting.delivery.is_some() {
                return Ok(waiting.delivery);
            }
            suppressed(db, self.send, waiting.number, now)?;
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
            let reserved = Reserved { delivery: delivery.clone(), version: self.version };
            self.reserved.insert(delivery.number, reserved);
            Claim::Delivery(delivery)
        }))
    }

    /// Releases a reserved message; it is found again when the queue, once empty, is looked up again.
    pub fn release(&mut self, number: i64) {
        self.reserved.remove(&number);
        self.disturb_at(0);
    }

    /// Somebody may be due at this time whom nobody expected.
    fn disturb_at(&mut self, ms: i64) {
        self.walks.values_mut().for_each(|walk| walk.quiet_until = walk.quiet_until.min(ms));
    }

    /// The next message of a domain group that is due.
    fn next(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Option<Waiting>, StoreError> {
        if self.due.entry(domain_group).or_default().is_empty() {
            let found = match db.engine() {
                Engine::Sqlite(_) => self.by_due_time(db, domain_group, now)?,
                Engine::Postgres(_) => self.by_number(db, domain_group, now)?,
            };
            let free = |waiting: &Waiting| {
                !self.reserved.contains_key(&waiting.number) && !self.claimed.contains(&waiting.number)
            };
            self.due.insert(domain_group, found.into_iter().filter(free).collect());
        }
        Ok(self.due.entry(domain_group).or_default().pop_front())
    }

    /// How many messages to look up: those that are somebody's already are found too.
    fn most(&self) -> i64 {
        AHEAD + i64::try_from(self.reserved.len() + self.claimed.len()).unwrap_or(0)
    }

    fn by_due_time(&self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Vec<Waiting>, StoreError> {
        let sql = format!(
            "{} WHERE d.send_id = ?1 AND d.domain_group = ?2 AND d.due_ms <= ?3 ORDER BY d.due_ms, d.number LIMIT ?4",
            with_subscribers("deliveries")
        );
        db.rows(&sql, params![self.send, domain_group, to_ms(now), self.most()], |row| self.waiting(row, now))
    }

    /// Where no index has the due times: PostgreSQL would write each outcome into every index that it changes. The ledger is walked
    /// through by number, again and again, and not while nobody is due.
    fn by_number(&mut self, db: &Db, domain_group: i64, now: DateTime<Utc>) -> Result<Vec<Waiting>, StoreError> {
        let Walk { after, quiet_until } = self.walks.get(&domain_group).copied().unwrap_or_default();
        if to_ms(now) < quiet_until {
            return Ok(Vec::new());
        }
        // The few first, and then who they are; of a limit that is no parameter the server knows that they are few.
        let most = self.most().unsigned_abs().next_multiple_of(2 * AHEAD.unsigned_abs());
        let few = format!(
            "(SELECT * FROM deliveries WHERE send_id = ?1 AND number > ?4 AND domain_group = ?2 AND due_ms <= ?3
              ORDER BY number LIMIT {most})"
        );
        let sql = format!("{} ORDER BY d.number", with_subscribers(&few));
        let from = |after: i64| {
            db.rows(&sql, params![self.send, domain_group, to_ms(now), after], |row| self.waiting(row, now))
        };
        let mut found = from(after)?;
        if found.is_empty() && after > 0 {
            found = from(0)?;
        }
        let mut walk = Walk { after: found.last().map_or(0, |last| last.number), quiet_until: 0 };
        if found.is_empty() {
            let sql = "SELECT coalesce(min(due_ms), ?3) FROM deliveries
                       WHERE send_id = ?1 AND domain_group = ?2 AND due_ms IS NOT NULL";
            walk.quiet_until = db.value(sql, params![self.send, domain_group, i64::MAX])?;
        }
        self.walks.insert(domain_group, walk);
        Ok(found)
    }

    /// Looks a message up again, since its subscriber may have left meanwhile.
    fn again(&self, db: &Db, number: i64, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let sql = format!("{} WHERE d.send_id = ?1 AND d.number = ?2", with_subscribers("deliveries"));
        let found = db.first(&sql, params![self.send, number], |row| self.waiting(row, now))?;
        Ok(found.unwrap_or(Waiting { number, delivery: None, version: self.version }))
    }

    fn waiting(&self, row: &Row, now: DateTime<Utc>) -> Result<Waiting, StoreError> {
        let number = row.get(0)?;
        let seed: Option<String> = row.get(5)?;
        let delivery = match seed {
            None => None,
            Some(seed) => {
                let (email, fields): (String, String) = (row.get(1)?, row.get(6)?);
                let dated: Option<i64> = row.get(3)?;
                Some(Box::new(Delivery {
                    number,
                    email: stored_address(&email)?,
                    name: row.get(4)?,
                    seed,
                    fields: stored_fields(&fields)?,
                    dated: dated.map(from_ms).transpose()?.unwrap_or(now),
                    attempts: row.get(2)?,
                }))
            }
        };
        Ok(Waiting { number, delivery, version: self.version })
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
fn elsewhere(number: i64) -> String {
    StoreError::Value(format!("copy {number}, which is not under way")).to_string()
}

/// A step's own failure, which leaves the others alone; every other one ends the transaction.
fn part(claim: Result<Claim, StoreError>) -> Result<Result<Claim, String>, StoreError> {
    match claim {
        Err(error @ StoreError::Value(_)) => Ok(Err(error.to_string())),
        claim => claim.map(Ok),
    }
}
