//! Prepares a run: what may be sent, to whom, by which transport, and how many messages now.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::canary::CanaryPlan;
use super::{Delivery, process};
use crate::mail::CompiledIssue;
use crate::model::{DeliveryCounts, IssueName, IssueState, Notice};
use crate::send::{Ended, Schedule, Transport};
use crate::store::{Audience, FencingToken, IssueSend, Joining, Lock, Store, Uncertain};

/// A clock before this time is wrong, and so would be every Date header (2024-01-01).
pub(super) const EARLIEST: i64 = 1_704_067_200;

/// The options of `digest send`.
#[derive(Clone, Debug, Default)]
pub struct SendOptions {
    /// Maximum number of messages to try.
    pub limit: Option<usize>,
    /// Whether to requeue recipients that failed.
    pub retry_failed: bool,
    /// The fencing token of the daemon that sends; `None` if a person started the send.
    pub fencing_token: Option<FencingToken>,
    /// Join only if others are sending the issue already.
    pub only_helping: bool,
}

/// A send that is ready to run, and its results so far.
pub(super) struct Prepared {
    pub joined: Joined,
    pub compiled: Arc<CompiledIssue>,
    pub transport: Transport,
    pub schedule: Schedule,
    /// What the run may do now.
    pub planned: Planned,
    /// How many messages the sender had tried before the round.
    pub tried: u64,
    pub ended: Ended,
    pub store: Store,
    /// The sender's lock, if nobody else may send.
    pub _lock: Option<Lock>,
}

/// A send that this process has joined.
pub(super) struct Joined {
    pub issue: IssueName,
    pub send: i64,
    /// Which sender this process is.
    pub sender: i64,
    /// Whether others were sending this issue already.
    pub is_helping: bool,
    pub uncertain: Uncertain,
}

/// What a run may do.
pub(super) struct Planned {
    pub plan: CanaryPlan,
    /// How many messages may still be tried.
    pub left: usize,
    /// How many are waiting.
    pub due: usize,
}

impl Delivery {
    /// Prepares a run: what may be sent, to whom, by which transport, and how many messages now.
    pub(super) fn prepare(&self, name: &IssueName, options: &SendOptions) -> anyhow::Result<Prepared> {
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
        let lock = store.lock_to_join()?;
        let is_helping = match store.sends().send(name)? {
            Some(send) if store.is_shared() => {
                store.sends().end_dead(send.id, process::has_died)?;
                store.sends().alive(send.id)? > 0
            }
            _ => false,
        };
        if options.only_helping && !is_helping {
            return Err(Notice::new(format!("nobody is sending {name} now")).into());
        }
        let send = if is_helping { standing(&store, name)? } else { begin(&store, name, options, now)? };
        // Past its lifetime an issue is not sent again to those who may have it.
        let allowance = self.allowance(&store, now)?;
        if is_helping && allowance.is_some() {
            return Err(Notice::new(format!("{name} is being sent, and a warm-up has one sender at a time"))
                .help("run it again when that one has ended; `digest workers` shows it")
                .into());
        }
        // In a warm-up an issue takes days, and each has its own tries.
        let schedule = self.site.config.delivery.schedule(if allowance.is_some() { now } else { send.started });
        let uncertain = if now > schedule.give_up { Uncertain::Hold } else { self.site.config.delivery.uncertain };
        let compiled = Arc::new(self.compiled(approval.frozen, name)?);
        let sender = store.sends().join(send.id, &self.joining())?;
        let joined = Joined { issue: name.clone(), send: send.id, sender, is_helping, uncertain };
        let today = allowance.map(|(today, _)| today);
        let planned = match self.plan_run(&mut store, &joined, &schedule, options.limit, today) {
            Ok(planned) => planned,
            Err(error) => return given_up(&store, sender, error),
        };
        let ended = match &planned.plan {
            CanaryPlan::Stop(reason) => Ended::Guarded(reason.clone()),
            _ => Ended::Done,
        };
        // On PostgreSQL, others may join from here on.
        let lock = (!store.is_shared()).then_some(lock);
        Ok(Prepared { joined, compiled, transport, schedule, planned, tried: 0, ended, store, _lock: lock })
    }

    /// Plans a run that has joined the send: recovers what dead senders left, and holds back recipients who have to wait.
    fn plan_run(
        &self,
        store: &mut Store,
        joined: &Joined,
        schedule: &Schedule,
        limit: Option<usize>,
        today: Option<usize>,
    ) -> anyhow::Result<Planned> {
        let Joined { issue, send, is_helping, uncertain, .. } = joined;
        let (send, now) = (*send, self.site.now());
        store.sends().recover(send, *uncertain, now)?;
        if !is_helping {
            store.sends().clamp_waits(send, now, schedule.longest())?;
            let groups = self.site.config.delivery.smtp.per_domain.values();
            store.sends().assign_domain_groups(send, groups.map(|group| group.domains.as_slice()))?;
        }
        let plan = self.plan(store, issue, &standing(store, issue)?, now)?;
        let mut left = limit.unwrap_or(usize::MAX).min(today.unwrap_or(usize::MAX));
        match &plan {
            CanaryPlan::All => {}
            CanaryPlan::First(first, _) => {
                store.sends().hold_back(send, first)?;
                left = left.min(first.len());
            }
            CanaryPlan::Stop(_) => left = 0,
        }
        Ok(Planned { plan, left, due: due(standing(store, issue)?.counts) })
    }

    fn joining(&self) -> Joining {
        let delivery = &self.site.config.delivery;
        let (connections, lease) = (delivery.connections(), delivery.lease());
        Joining { name: process::name(), process: process::identity(), connections, lease }
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

/// Ends the sender of a run that failed before its first message, so that nobody waits for it.
pub(super) fn given_up<T>(store: &Store, sender: i64, error: anyhow::Error) -> anyhow::Result<T> {
    store.sends().leave(sender)?;
    Err(error)
}

/// How many messages are waiting to be tried.
pub(super) fn due(counts: DeliveryCounts) -> usize {
    usize::try_from(counts.pending + counts.deferred).unwrap_or(usize::MAX)
}

/// The send of an issue, which must have begun.
pub(super) fn standing(store: &Store, name: &IssueName) -> anyhow::Result<IssueSend> {
    store.sends().send(name)?.ok_or_else(|| {
        Notice::new(format!("the send of {name} has not started"))
            .help(format!("`digest send {name}` starts it"))
            .into()
    })
}
