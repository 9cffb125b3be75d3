//! `digest send`, `stop` and `resume`.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::sync::watch;

use super::output::{confirm, count, line, local, report_notices};
use super::{Exit, Global, address};
use crate::model::{DeliveryCounts, DeliveryState, IssueName, IssueState, Notice};
use crate::pipeline::{Delivered, Ended, Event, SendOptions, Site, TransportKind};

#[derive(Args)]
pub struct SendIssue {
    /// The issue's folder name or path
    issue: String,
    /// Do everything except fixing the audience and connecting
    #[arg(long)]
    dry_run: bool,
    /// Send a test message to this address; it is marked as a test and not recorded. Repeatable
    #[arg(long, value_name = "ADDR", num_args = 1..)]
    test: Vec<String>,
    /// Try at most N recipients in this run
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also retry recipients who failed
    #[arg(long)]
    retry_failed: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// What `stop` is told.
#[derive(Args)]
pub struct Sent {
    /// The issue's folder name or path
    issue: String,
}

impl Sent {
    pub fn stop(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.sent_issue(&self.issue)?;
        site.delivery().stop(&name)?;
        line(&format!("{name} is stopped; `digest resume {name}` resumes it"))?;
        Ok(Exit::Done)
    }
}

impl SendIssue {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let name = site.sent_issue(&self.issue)?;
        if !self.test.is_empty() {
            return send_test(&site, &name, &self.test);
        }
        let planned = site.delivery().dry_run(&name)?;
        let waiting = planned.pending + planned.deferred;
        let again = planned.recipients > 0 && waiting + planned.uncertain == 0 && !self.retry_failed;
        let early = site.delivery().early(&name)?.map(|meant| told_early(meant, site.now()));
        let asks = site.config.delivery.transport == TransportKind::Smtp
            && !(self.dry_run || self.yes)
            && std::io::stdin().is_terminal();
        if let Some(early) = early.as_ref().filter(|_| !asks) {
            let notice = Notice::new(format!("{name} is being sent early: it is scheduled for {early}"));
            report_notices(global, &[notice.help("`digest serve` sends an approved issue at its time")]);
        }
        if self.dry_run {
            line(&format!("{name} would go to {waiting} of {} recipients; nobody was mailed", planned.recipients))?;
            return Ok(Exit::Done);
        }
        let subscribers = count(usize::try_from(waiting).unwrap_or(usize::MAX), "subscriber");
        let question = match early {
            Some(early) => format!("Send {name} to {subscribers} early? It is scheduled for {early}."),
            None => format!("Send {name} to {subscribers}?"),
        };
        if asks && !confirm(&question)? {
            line("nobody was mailed")?;
            return Ok(Exit::Interrupted);
        }
        let options = SendOptions { limit: self.limit, retry_failed: self.retry_failed, ..SendOptions::default() };
        let progress = Arc::new(Progress::new(global, planned));
        let shown = Arc::clone(&progress);
        let delivered = runtime()?.block_on(async {
            let stop = stop_signal()?;
            site.delivery().send(&name, &options, stop, move |event| shown.show(event)).await
        })?;
        progress.bar.finish_and_clear();
        let exit = finish(&name, &delivered, again, site.config.publication.timezone)?;
        if site.config.delivery.transport == TransportKind::File && !again {
            let folder = site.root.join(&site.config.delivery.outbox).join(name.to_string());
            line(&format!("the messages are in {}; nobody was mailed", folder.display()))?;
        }
        Ok(exit)
    }
}

/// An issue's time, and how long that is from now: `Wed 25 Nov 2026 07:00 CET, in 2 days`.
fn told_early(meant: DateTime<Tz>, now: DateTime<Utc>) -> String {
    let left = meant.to_utc() - now;
    let units = [(left.num_days(), "day"), (left.num_hours(), "hour"), (left.num_minutes().max(1), "minute")];
    let left = units
        .into_iter()
        .find(|(n, _)| *n > 0)
        .map_or(String::new(), |(n, unit)| format!(", in {}", count(usize::try_from(n).unwrap_or(usize::MAX), unit)));
    format!("{}{left}", meant.format("%a %d %b %Y %H:%M %Z"))
}

fn send_test(site: &Site, name: &IssueName, addresses: &[String]) -> anyhow::Result<Exit> {
    let addresses = addresses.iter().map(|text| address(text)).collect::<Result<Vec<_>, _>>()?;
    runtime()?.block_on(site.delivery().send_test(name, &addresses))?;
    line(&format!("{} of {name} sent; tests are not recorded in the ledger", count(addresses.len(), "test mail")))?;
    Ok(Exit::Done)
}

/// The runtime of a send or a server.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// Turns true on Ctrl-C or SIGTERM. A second signal ends the process at once, in case it is stuck.
pub fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if !first {
                std::process::exit(130);
            }
            stop.send_replace(true);
        }
    });
    Ok(stopped)
}

/// The progress bar on a terminal, and the log lines, both from the same events.
struct Progress {
    bar: ProgressBar,
    failed: AtomicU64,
    deferred: AtomicU64,
}

impl Progress {
    fn new(global: &Global, planned: DeliveryCounts) -> Self {
        let bar = if global.progress() {
            let style = "{bar:30} {human_pos} of {human_len}, {pace} a second, {eta} left{msg}";
            let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
            let done = planned.recipients - planned.pending - planned.deferred;
            let pace = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}", state.per_sec());
            };
            ProgressBar::new(planned.recipients).with_position(done).with_style(style.with_key("pace", pace))
        } else {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        };
        Self { bar, failed: AtomicU64::new(0), deferred: AtomicU64::new(0) }
    }

    fn show(&self, event: Event) {
        match event {
            Event::Tried { number, state, reply } => {
                tracing::info!(recipient = number, state = state.as_str(), code = reply.code, "tried");
                self.count(state);
            }
            Event::ConnectionLost { reason } => {
                tracing::warn!(reason, "connection lost; retrying");
                self.bar.set_message(", connection lost, retrying");
            }
            Event::ConnectionRefused { open, reason } => {
                tracing::info!(open, reason, "the relay accepts no more connections; using the open ones");
            }
        }
    }

    fn count(&self, state: DeliveryState) {
        match state {
            DeliveryState::Failed => drop(self.failed.fetch_add(1, Ordering::Relaxed)),
            DeliveryState::Deferred => drop(self.deferred.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
        if state != DeliveryState::Pending {
            self.bar.inc(1);
            let told = [(&self.failed, "failed"), (&self.deferred, "deferred")]
                .map(|(count, word)| (count.load(Ordering::Relaxed), word))
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!(", {count} {word}"));
            self.bar.set_message(told.collect::<String>());
        }
    }
}

/// Says how a send ended; `again` when there was nothing left to send.
fn finish(name: &IssueName, delivered: &Delivered, again: bool, zone: Tz) -> anyhow::Result<Exit> {
    let c = delivered.counts;
    let sent = if again { " was already sent" } else { "" };
    let mut summary = format!("{name}{sent}: {} of {} delivered", c.delivered, c.recipients);
    for (n, word) in [
        (c.failed, "failed"),
        (c.deferred, "deferred"),
        (c.pending, "pending"),
        (c.suppressed, "suppressed"),
        (c.uncertain, "uncertain"),
    ] {
        if n > 0 {
            summary += &format!(", {n} {word}");
        }
    }
    line(&summary)?;
    match &delivered.ended {
        Ended::Broken(reason) => {
            let waiting = count(usize::try_from(c.pending + c.deferred).unwrap_or(usize::MAX), "recipient");
            anyhow::bail!(
                "the send stopped: {reason}\n  help: fix it and run `digest send {name}` again; {waiting} waiting"
            )
        }
        Ended::Expired => anyhow::bail!(
            "another `digest` has taken over this send, since this one stood still for too long\n  help: `digest status {name}` shows how far it is"
        ),
        Ended::Guarded(reason) => anyhow::bail!("the send stopped itself: {reason}"),
        Ended::StoppedElsewhere => line(&format!("stopped; `digest resume {name}` resumes it"))?,
        Ended::Interrupted => line(&format!("interrupted; `digest send {name}` continues where it stopped"))?,
        Ended::Done => {}
    }
    if let Some(due) = delivered.next_due {
        let due = local(due, zone);
        line(&format!("run `digest send {name}` again: the next deferred recipient is due {due}"))?;
    }
    if delivered.state == IssueState::Sending && c.uncertain > 0 {
        line(&format!(
            "run `digest send {name}` again: it sends the uncertain messages once more, with the same Message-IDs"
        ))?;
    }
    let stopped = matches!(delivered.ended, Ended::Interrupted | Ended::StoppedElsewhere);
    let waiting = c.deferred + c.pending > 0 || delivered.state == IssueState::Sending && c.uncertain > 0;
    Ok(if stopped || waiting { Exit::Later } else { Exit::Done })
}
