//! How much of an issue may go out now: the canary first, and during a warm-up no more than the day's ceiling.

use chrono::{DateTime, Days, NaiveTime, Utc};

use super::Delivery;
use crate::model::{IssueName, local_instant};
use crate::send::{Answers, canary_numbers, verdict};
use crate::store::{IssueSend, Store};

/// How long an issue may take during a warm-up.
const WARM_UP_LIFETIME: std::time::Duration = std::time::Duration::from_hours(24 * 60);

/// What a run may do about the canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CanaryPlan {
    /// Everybody who is waiting.
    All,
    /// Only these; the others are held back, until the given time once the canary has been served.
    First(Vec<i64>, Option<DateTime<Utc>>),
    /// Too much went wrong with the canary, so nobody else.
    Stop(String),
}

impl Delivery {
    /// Which plan of a send is next at `now`.
    pub(super) fn plan(
        &self,
        store: &mut Store,
        issue: &IssueName,
        send: &IssueSend,
        now: DateTime<Utc>,
    ) -> anyhow::Result<CanaryPlan> {
        let audience = send.counts.recipients;
        let size = self.site.config.editions.get(&issue.edition).and_then(|edition| edition.canary.of(audience));
        let size = match (send.canary, size) {
            (0, None) => 0,
            (0, Some(size)) => store.sends().begin_canary(send.id, size)?,
            (size, _) => size,
        };
        if size == 0 || send.canary_passed.is_some() {
            return Ok(CanaryPlan::All);
        }
        let first = canary_numbers(&issue.to_string(), audience, size);
        match self.canary_until(issue, send) {
            Some(until) if until <= now => {}
            until => return Ok(CanaryPlan::First(first, until)),
        }
        let tally = store.sends().canary_tally(send.id, &first)?;
        let (bounced_later, complaints) = store.sends().lost_later(send.id)?;
        let answers = Answers { answered: tally.answered, refusals: tally.refusals, bounced_later, complaints };
        if let Some(reason) = verdict(&answers, self.site.config.delivery.limits()) {
            return Ok(CanaryPlan::Stop(reason));
        }
        store.sends().canary_passed(send.id, now)?;
        Ok(CanaryPlan::All)
    }

    /// After a canary run: records the canary as served, once all of it was tried and half of it has a final answer.
    pub(super) fn note_canary(&self, store: &mut Store, send: i64, first: &[i64]) -> anyhow::Result<()> {
        let tally = store.sends().canary_tally(send, first)?;
        if tally.pending == 0 && tally.answered >= tally.deferred {
            store.sends().canary_served(send, (self.site.clock)())?;
        }
        Ok(())
    }

    /// When the wait after the canary ends.
    fn canary_until(&self, issue: &IssueName, send: &IssueSend) -> Option<DateTime<Utc>> {
        let wait = self.site.config.editions.get(&issue.edition).map(|edition| edition.canary_wait).unwrap_or_default();
        send.canary_served.map(|served| served + wait)
    }

    /// The same, but only while the others are waiting.
    fn canary_ends(&self, issue: &IssueName, send: &IssueSend) -> Option<DateTime<Utc>> {
        self.canary_until(issue, send).filter(|_| send.canary > 0 && send.canary_passed.is_none())
    }

    /// Until when untried recipients are deliberately held back; `None` if nobody is.
    pub(super) fn held_until(
        &self,
        store: &Store,
        issue: &IssueName,
        send: &IssueSend,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        if send.counts.pending == 0 {
            return Ok(None);
        }
        let now = self.site.now();
        let tomorrow = self.allowance(store, now)?.and_then(|(left, tomorrow)| (left == 0).then_some(tomorrow));
        Ok(self.canary_ends(issue, send).max(tomorrow).filter(|until| *until > now))
    }

    /// When the next waiting recipient may be tried; `None` if nobody is waiting.
    pub(super) fn due(
        &self,
        store: &Store,
        issue: &IssueName,
        send: &IssueSend,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let waits = send.counts.pending + send.counts.deferred + send.counts.uncertain > 0;
        if !waits {
            return Ok(None);
        }
        let canary = self.canary_ends(issue, send);
        let due = [store.sends().due(send.id)?, canary].into_iter().flatten().min().unwrap_or_else(|| self.site.now());
        Ok(match self.allowance(store, self.site.now())? {
            Some((0, tomorrow)) => Some(due.max(tomorrow)),
            _ => Some(due),
        })
    }

    /// During a warm-up: how many more messages may go out today, and when its next day begins.
    pub(super) fn allowance(
        &self,
        store: &Store,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<(usize, DateTime<Utc>)>> {
        let delivery = &self.site.config.delivery;
        let (Some(from), false) = (delivery.warm_up_from, delivery.warm_up.is_empty()) else { return Ok(None) };
        let zone = self.site.config.publication.timezone;
        let from = local_instant(from, NaiveTime::MIN, zone);
        let today = now.with_timezone(&zone).date_naive();
        let mut days = std::collections::BTreeMap::<chrono::NaiveDate, u64>::new();
        for (at, count) in store.sends().tried_since(from)? {
            *days.entry(at.with_timezone(&zone).date_naive()).or_default() += count;
        }
        let done = days.remove(&today).unwrap_or(0);
        let earlier = days.range(..today).count();
        let Some(ceiling) = delivery.warm_up.get(earlier) else { return Ok(None) };
        let left = usize::try_from(ceiling.saturating_sub(done)).unwrap_or(usize::MAX);
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        // In the morning, not at midnight: mail sent at night looks like spam.
        let morning = NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default();
        Ok(Some((left, local_instant(tomorrow, morning, zone))))
    }

    /// How long after its send time an issue is still worth sending.
    pub(super) fn lifetime(&self) -> std::time::Duration {
        let delivery = &self.site.config.delivery;
        let warms = delivery.warm_up_from.is_some() && !delivery.warm_up.is_empty();
        if warms { delivery.give_up.max(WARM_UP_LIFETIME) } else { delivery.give_up }
    }
}
