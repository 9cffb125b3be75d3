//! Sends an approved issue: freezes the audience, works through the ledger, reports the result.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::canary::CanaryPlan;
use super::{Site, test_copy};
use crate::mail::{CompiledIssue, Folder, Relay};
use crate::model::{Address, DeliveryCounts, Frozen, IssueName, IssueState, Notice};
use crate::send::{self, Ended, Event, Run, Schedule, Transport, TransportKind};
use crate::store::{Audience, FencingToken, IssueSend, Lock, Store, StoreError, Uncertain};

/// A clock before this time is wrong, and so would be every Date header (2024-01-01).
pub(super) const EARLIEST: i64 = 1_704_067_200;
/// How often one run retries an uncertain message before leaving it to the next run.
const RESEND_ROUNDS: usize = 3;

/// The options of `digest send`.
#[derive(Clone, Debug, Default)]
pub struct SendOptions {
    /// Maximum number of messages to try.
    pub limit: Option<usize>,
    /// Whether to requeue recipients that failed.
    pub retry_failed: bool,
    /// The lease of the daemon that sends; `None` for a send by hand.
    pub fencing_token: Option<FencingToken>,
}

/// A send that is ready to run, and its results so far. Holds the sender's lock.
struct Prepared {
    issue: IssueName,
    send: i64,
    /// Which of the processes that have sent this issue we are.
    epoch: i64,
    compiled: Arc<CompiledIssue>,
    transport: Transport,
    schedule: Schedule,
    uncertain: Uncertain,
    plan: CanaryPlan,
    /// How many messages may still be tried.
    left: usize,
    /// How many are waiting.
    due: usize,
    /// The counts before the round.
    before: DeliveryCounts,
    ended: Ended,
    store: Store,
    _lock: Lock,
}

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
        let mut rendered = self.site.drafts().rendering(name)?.rendered;
        test_copy::mark(&mut rendered);
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
        let (this, issue, options) = (self.clone(), name.clone(), options.clone());
        let mut prepared = blocking(move || this.prepare(&issue, &options)).await?;
        for round in 1..=RESEND_ROUNDS {
            if prepared.due > 0 && prepared.left > 0 {
                prepared.ended = self.deliver(&prepared, stop.clone(), event.clone()).await?;
            }
            let (this, last) = (self.clone(), round == RESEND_ROUNDS);
            let goes_on;
            (prepared, goes_on) = blocking(move || this.after_round(prepared, last)).await?;
            if !goes_on {
                break;
            }
        }
        let this = self.clone();
        blocking(move || this.finish(prepared)).await
    }

    /// Everything before the first message: what may be sent, to whom, by which transport, and how much now.
    fn prepare(&self, name: &IssueName, options: &SendOptions) -> anyhow::Result<Prepared> {
        let now = self.site.now();
        if now.timestamp() < EARLIEST {
            return Err(Notice::new(format!("the clock shows {now}, which is wrong; nobody was mailed"))
                .help("set the machine's clock; it dates every message")
                .into());
        }
        let mut store = self.ledger_store()?;
        store.quick_check()?;
        let approval = self.sendable(&store, name)?;
        let transport = self.transport(&name.to_string())?;
        let lock = store.lock_sender()?;
        let send = begin(&store, name, options, now)?;
        // Past its lifetime an issue is not sent again to those who may have it.
        let allowance = self.allowance(&store, now)?;
        // In a warm-up an issue takes days, and each has its own tries.
        let schedule = self.site.config.delivery.schedule(if allowance.is_some() { now } else { send.started });
        let uncertain = if now > schedule.give_up { Uncertain::Hold } else { self.site.config.delivery.uncertain };
        let epoch = store.sends().take_over(send.id)?;
        store.sends().recover(send.id, uncertain, now)?;
        store.sends().clamp_waits(send.id, now, schedule.longest())?;
        let groups = self.site.config.delivery.smtp.per_domain.values();
        store.sends().assign_domain_groups(send.id, groups.map(|group| group.domains.as_slice()))?;
        let begun = standing(&store, name)?;
        let plan = self.plan(&mut store, name, &begun, now)?;
        let mut left = options.limit.unwrap_or(usize::MAX);
        if let Some((today, _)) = allowance {
            left = left.min(today);
        }
        let mut ended = Ended::Done;
        match &plan {
            CanaryPlan::All => {}
            CanaryPlan::First(first, _) => {
                store.sends().hold_back(send.id, first)?;
                left = left.min(first.len());
            }
            CanaryPlan::Stop(reason) => {
                ended = Ended::Guarded(reason.clone());
                left = 0;
            }
        }
        let before = standing(&store, name)?.counts;
        let compiled = Arc::new(self.compiled(approval.frozen, name)?);
        Ok(Prepared {
            issue: name.clone(),
            send: send.id,
            epoch,
            compiled,
            transport,
            schedule,
            uncertain,
            plan,
            left,
            due: due(before),
            before,
            ended,
            store,
            _lock: lock,
        })
    }

    /// Works through the ledger once. Its writer shares the workers' thread on purpose (decision 0006).
    async fn deliver(
        &self,
        prepared: &Prepared,
        stop: watch::Receiver<bool>,
        event: impl Fn(Event) + std::marker::Send + Sync + 'static,
    ) -> anyhow::Result<Ended> {
        let (ledger, writer) =
            prepared.store.sends().start_ledger(prepared.send, prepared.epoch, self.site.config.bounces.soft_rule())?;
        let delivery = &self.site.config.delivery;
        let run = Run {
            compiled: Arc::clone(&prepared.compiled),
            ledger,
            transport: prepared.transport.clone(),
            schedule: prepared.schedule.clone(),
            clock: self.site.clock.clone(),
            stop,
            limit: prepared.left,
            stop_at_refused: delivery.stop_at_refused,
            stop_at_bounced: delivery.stop_at_bounced,
            due: prepared.due,
            watch: Box::new(event),
        };
        Ok(send::run(run, writer).await)
    }

    /// What is left after a round, and whether another round follows to retry uncertain messages.
    fn after_round(&self, mut prepared: Prepared, last: bool) -> anyhow::Result<(Prepared, bool)> {
        let after = standing(&prepared.store, &prepared.issue)?.counts;
        prepared.left = prepared.left.saturating_sub(tried(prepared.before, after));
        let again = prepared.uncertain == Uncertain::Resend && after.uncertain > 0 && !last;
        let goes_on = again && prepared.ended == Ended::Done && prepared.left > 0;
        if goes_on {
            prepared.store.sends().recover(prepared.send, prepared.uncertain, (self.site.clock)())?;
            prepared.before = standing(&prepared.store, &prepared.issue)?.counts;
            prepared.due = due(prepared.before);
        }
        Ok((prepared, goes_on))
    }

    /// Records how the run ended, and returns the state of the send.
    fn finish(&self, prepared: Prepared) -> anyhow::Result<Delivered> {
        let Prepared { issue, send, uncertain, plan, ended, mut store, _lock, .. } = prepared;
        match &ended {
            Ended::Broken(reason) => drop(store.sends().stop(send, false, reason)?),
            Ended::Guarded(reason) => drop(store.sends().stop(send, true, reason)?),
            _ => {}
        }
        if let CanaryPlan::First(first, _) = &plan {
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
        if store.sends().stop(send.id, true, "stopped by `digest stop`")? {
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

    /// An issue as it is mailed, signed if there are keys.
    pub(super) fn compiled(&self, frozen: Frozen, name: &IssueName) -> Result<CompiledIssue, Notice> {
        let config = &self.site.config;
        let compiled = CompiledIssue::new(frozen, name.clone());
        let signed = compiled.and_then(|issue| issue.signed(&config.delivery.dkim, &self.site.root));
        signed.map_err(|wrong| config.origin.locate(wrong))
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

    /// The configured transport; `folder` is where messages go below the outbox.
    pub(super) fn transport(&self, folder: &str) -> anyhow::Result<Transport> {
        let settings = &self.site.config.delivery;
        match settings.transport {
            TransportKind::File => {
                let folder: PathBuf = self.site.root.join(&settings.outbox).join(folder);
                let made = Folder::new(&folder);
                let wrong = |e| Notice::new(format!("cannot create the outbox: {e}")).at(&folder, None);
                Ok(Transport::Folder(made.map_err(wrong)?))
            }
            TransportKind::Smtp => {
                let mut smtp = settings.smtp.clone();
                for file in [&mut smtp.password_file, &mut smtp.ca_file] {
                    if !file.is_empty() {
                        *file = self.site.root.join(&*file).to_string_lossy().into_owned();
                    }
                }
                let from = &self.site.config.publication.from;
                let domain = from.trim_end_matches('>').rsplit_once('@').map_or("localhost", |(_, domain)| domain);
                Ok(Transport::Smtp(Box::new(Relay::new(smtp, domain)?)))
            }
        }
    }
}

/// Freezes the audience, or takes over the send that began earlier.
fn begin(store: &Store, name: &IssueName, options: &SendOptions, now: DateTime<Utc>) -> anyhow::Result<IssueSend> {
    if store.sends().send(name)?.is_none() && store.sends().count_audience(&name.edition, now)? == 0 {
        return Err(Notice::new(format!("no confirmed subscriber gets {}, so {name} is not sent", name.edition))
            .help("`digest subscribers import FILE.csv --consent TEXT` imports subscribers; the issue stays approved")
            .into());
    }
    if store.sends().freeze_audience(name, now)? == Audience::Standing && options.retry_failed {
        let send = standing(store, name)?;
        store.sends().retry_failed(send.id)?;
    }
    let send = standing(store, name)?;
    if !store.scheduling().set_fencing_token(send.id, options.fencing_token.as_ref())? {
        return Err(Notice::new(format!("another `digest serve` is acting, so this one does not send {name}")).into());
    }
    if send.state == IssueState::Stopped {
        // If an operator stops the send just now, it stays stopped: the ledger writer checks before the first message.
        store.sends().resume(send.id, false)?;
    }
    Ok(send)
}

/// How many messages are waiting to be tried.
fn due(counts: DeliveryCounts) -> usize {
    usize::try_from(counts.pending + counts.deferred).unwrap_or(usize::MAX)
}

/// Runs a store call on a thread that may block.
async fn blocking<T: std::marker::Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + std::marker::Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

fn standing(store: &Store, name: &IssueName) -> anyhow::Result<IssueSend> {
    store.sends().send(name)?.ok_or_else(|| {
        Notice::new(format!("the send of {name} has not started"))
            .help(format!("`digest send {name}` starts it"))
            .into()
    })
}

/// How many messages a run finished for good.
fn tried(before: DeliveryCounts, after: DeliveryCounts) -> usize {
    usize::try_from(before.pending.saturating_sub(after.pending)).unwrap_or(usize::MAX)
}
