//! Sends an approved issue: freezes the audience, works through the ledger, reports the result.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::canary::CanaryPlan;
use super::prepare::{Joined, Prepared, SendOptions, due, given_up, standing};
use super::{Rendering, Site, process};
use crate::model::{Address, DeliveryCounts, Frozen, IssueName, IssueState, Notice, STOPPED_BY_HAND};
use crate::render;
use crate::send::{self, Ended, Event, Run};
use crate::store::{FencingToken, Store, StoreError, Terms, Uncertain};

/// How often one run retries an uncertain message before leaving it to the next run.
const RESEND_ROUNDS: usize = 3;

/// The state of a send after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub ended: Ended,
    pub state: IssueState,
    pub counts: DeliveryCounts,
    pub next_due: Option<DateTime<Utc>>,
}

/// Starts, stops, resumes, counts and reports sends.
#[derive(Clone)]
pub struct Delivery {
    pub(super) site: Site,
}

impl Delivery {
    /// What a send would do, without freezing anything or connecting: how many subscribers, and by which transport.
    pub fn dry_run(&self, name: &IssueName) -> anyhow::Result<DeliveryCounts> {
        let store = self.ledger_store()?;
        let approval = self.sendable(&store, name)?;
        self.compiled(approval.frozen, name)?;
        self.transport(&name.to_string())?;
        if let Some(send) = store.sends().send(name)? {
            return Ok(send.counts);
        }
        let recipients = store.sends().count_audience(&name.edition, self.site.now())?;
        Ok(DeliveryCounts { recipients, pending: recipients, ..DeliveryCounts::default() })
    }

    /// Sends the current issue, approved or not, to a few addresses: marked in the subject, not in the ledger, with
    /// links that belong to no subscriber.
    pub async fn send_test(&self, name: &IssueName, addresses: &[Address]) -> anyhow::Result<()> {
        self.site.backups().refuse_if_held()?;
        let Rendering { mut rendered, language, .. } = self.site.drafts().rendering(name)?;
        render::mark_as_test(&mut rendered, &language, &self.site.templates()?)?;
        let compiled = self.compiled(Frozen { letterhead: self.site.config.letterhead(), rendered }, name)?;
        let transport = self.transport(&format!("{name}-test"))?;
        for address in addresses {
            let message = compiled.message(&self.site.drafts().sample_delivery(Some(address))?);
            send::once(&transport, 0, &message).await.map_err(|why| {
                Notice::new(format!("the test copy for {address} was not sent: {why}"))
                    .help("see [delivery] in config.toml")
            })?;
        }
        Ok(())
    }

    /// Delivers an approved issue, or continues where an earlier run ended. `stop` turning true ends it after the messages
    /// in flight; `event` is called for every try. The store is called on threads that may block; only delivery is async.
    ///
    /// # Errors
    /// The issue may not be sent: not approved, edited since, stopped by an operator, being sent elsewhere
    /// now; or the store is missing, damaged or read-only. Nobody was mailed.
    pub async fn send(
        &self,
        name: &IssueName,
        options: &SendOptions,
        stop: watch::Receiver<bool>,
        event: impl Fn(Event) + Clone + std::marker::Send + Sync + 'static,
    ) -> anyhow::Result<Delivered> {
        let mut options = options.clone();
        loop {
            let (this, issue, again) = (self.clone(), name.clone(), options.clone());
            let mut prepared = blocking(move || this.prepare(&issue, &again)).await?;
            for round in 1..=RESEND_ROUNDS {
                if prepared.planned.left > 0 && (prepared.planned.due > 0 || prepared.joined.is_helping) {
                    match self.deliver(&prepared, stop.clone(), event.clone()).await {
                        Ok(ended) => prepared.ended = ended,
                        Err(error) => {
                            return blocking(move || given_up(&prepared.store, prepared.joined.sender, error)).await;
                        }
                    }
                }
                let (this, last) = (self.clone(), round == RESEND_ROUNDS);
                let goes_on;
                (prepared, goes_on) = blocking(move || this.after_round(prepared, last)).await?;
                if !goes_on {
                    break;
                }
            }
            if prepared.ended == Ended::Expired && prepared.store.is_shared() {
                tracing::warn!("the lease ran out while this sender stood still; it joins again");
                options.limit = options.limit.map(|_| prepared.planned.left);
                continue;
            }
            let this = self.clone();
            return blocking(move || this.finish(prepared)).await;
        }
    }

    /// Works through the ledger once. Its writer shares the workers' thread on purpose (decision 0006).
    async fn deliver(
        &self,
        prepared: &Prepared,
        stop: watch::Receiver<bool>,
        event: impl Fn(Event) + std::marker::Send + Sync + 'static,
    ) -> anyhow::Result<Ended> {
        let delivery = &self.site.config.delivery;
        let terms = Terms {
            rule: self.site.config.bounces.soft_rule(),
            uncertain: prepared.joined.uncertain,
            lease: delivery.lease(),
            clock: self.site.clock.clone(),
            uptime: Arc::new(process::uptime),
            has_died: process::has_died,
        };
        let (ledger, writer) =
            prepared.store.sends().start_ledger(prepared.joined.send, prepared.joined.sender, terms)?;
        let run = Run {
            compiled: Arc::clone(&prepared.compiled),
            ledger,
            transport: prepared.transport.clone(),
            schedule: prepared.schedule.clone(),
            clock: self.site.clock.clone(),
            stop,
            limit: prepared.planned.left,
            stop_at_refused: delivery.stop_at_refused,
            stop_at_bounced: delivery.stop_at_bounced,
            // More may become due when another sender dies.
            due: if prepared.joined.is_helping { usize::MAX } else { prepared.planned.due },
            watch: Box::new(event),
        };
        Ok(send::run(run, writer).await)
    }

    /// What is left after a round, and whether another round follows to retry uncertain messages.
    fn after_round(&self, mut prepared: Prepared, last: bool) -> anyhow::Result<(Prepared, bool)> {
        let after = standing(&prepared.store, &prepared.joined.issue)?.counts;
        let tried = prepared.store.sends().tried(prepared.joined.sender)?;
        prepared.planned.left =
            prepared.planned.left.saturating_sub(usize::try_from(tried - prepared.tried).unwrap_or(usize::MAX));
        prepared.tried = tried;
        let again = prepared.joined.uncertain == Uncertain::Resend && after.uncertain > 0 && !last;
        let goes_on = again && prepared.ended == Ended::Done && prepared.planned.left > 0;
        if goes_on {
            prepared.store.sends().recover(prepared.joined.send, prepared.joined.uncertain, (self.site.clock)())?;
            prepared.planned.due = due(standing(&prepared.store, &prepared.joined.issue)?.counts);
        }
        Ok((prepared, goes_on))
    }

    /// Records how the run ended, and returns the state of the send.
    fn finish(&self, prepared: Prepared) -> anyhow::Result<Delivered> {
        let Prepared { joined, planned, ended, mut store, _lock, .. } = prepared;
        let Joined { issue, send, sender, uncertain, .. } = joined;
        store.sends().leave(sender)?;
        match &ended {
            // The problem may exist only here, so the others go on.
            Ended::Broken(_) if store.is_shared() && store.sends().alive(send)? > 0 => {}
            Ended::Broken(reason) => drop(store.sends().stop(send, false, reason)?),
            Ended::Guarded(reason) => drop(store.sends().stop(send, true, reason)?),
            _ => {}
        }
        if let CanaryPlan::First(first, _) = &planned.plan {
            self.note_canary(&mut store, send, first)?;
        }
        store.sends().finish(send, uncertain, (self.site.clock)())?;
        let send = standing(&store, &issue)?;
        let now = self.site.now();
        let next_due = self.due(&store, &issue, &send)?.filter(|due| *due > now);
        Ok(Delivered { ended, state: send.state, counts: send.counts, next_due: next_due.or(send.next_due) })
    }

    /// Stops a send, even one in another process: its workers notice before their next message.
    pub fn stop(&self, name: &IssueName) -> anyhow::Result<()> {
        let store = self.ledger_store()?;
        let send = standing(&store, name)?;
        if store.sends().stop(send.id, true, STOPPED_BY_HAND)? {
            return Ok(());
        }
        Err(Notice::new(format!("{name} is already sent"))
            .help(format!("`digest status {name}` shows the result"))
            .into())
    }

    /// Resumes a stopped send: the next `digest send` continues it.
    pub fn resume(&self, name: &IssueName) -> anyhow::Result<()> {
        let store = self.ledger_store()?;
        let send = standing(&store, name)?;
        if store.sends().resume(send.id, true)? {
            // An operator who resumes a send after its canary has seen the canary's results.
            if send.canary_served.is_some() {
                store.sends().canary_passed(send.id, self.site.now())?;
            }
            return Ok(());
        }
        Err(Notice::new(format!("{name} is not stopped, it is {}", send.state))
            .help(format!("`digest status {name}` shows how far it is"))
            .into())
    }

    /// Releases a daemon's lease.
    pub(super) fn release_lease(&self, fencing_token: &FencingToken) -> anyhow::Result<()> {
        Ok(self.ledger_store()?.scheduling().release_lease(fencing_token)?)
    }

    /// The store of a send. It must exist: a new, empty ledger in place of a lost one would mail everyone again.
    pub(super) fn ledger_store(&self) -> anyhow::Result<Store> {
        let place = self.site.config.database(&self.site.root)?;
        let opened = Store::open(&place, self.site.config.store.durability).and_then(Store::unless_unfinished);
        opened.map(|store| store.with_safety_log(self.site.safety_log())).map_err(|error| match error {
            StoreError::Missing(_) => {
                Notice::new("there is no database, so no approval and no ledger; nobody was mailed")
                    .at(place.to_string(), None)
                    .help(
                        "restore it from a backup if there was one; otherwise import subscribers and approve the issue",
                    )
                    .into()
            }
            other => other.into(),
        })
    }
}

/// Runs a store call on a thread that may block.
async fn blocking<T: std::marker::Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + std::marker::Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
