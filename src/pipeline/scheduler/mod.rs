//! The scheduler: gathers the state of the runs, has `schedule` decide, takes the one step, and records it
//! under the lease's fencing token. Knows no calendar rules.

mod cause;
mod failures;
mod heartbeat;
mod letters;
mod links;
mod outlook;
mod run;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{Ended, Rendering, SendOptions, Site};
use crate::model::{Edition, IssueName, IssueState, Notice, STOPPED_UNFINISHED};
use crate::render::EditorLetter;
use crate::schedule::{self, Approval, Done, Facts, Next, Reason, Run, Sending, Step, What};
use crate::store::{Decision, FencingToken, IssueSend, Recorded, Store, StoreError, TAKEN_OVER};

use cause::Cause;
use failures::{is_failure, is_new_cause, last_failure};
pub use outlook::Outlook;
pub use run::run_scheduler;

/// Runs older than this are ignored.
const LOOK_BACK: TimeDelta = TimeDelta::days(15);
/// How long a draft waits for the feeds.
const FETCH_PATIENCE: Duration = Duration::from_mins(5);
/// The approver on record when the edition needs no approval.
const BY_ITSELF: &str = "digest serve (on_unapproved = \"send\")";

/// The result of one tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tick {
    /// A step was taken and recorded in the journal.
    Did { issue: IssueName, what: What, detail: String },
    /// A send is recorded in the journal and should run now: [`Site::depart`].
    Send(DueSend),
    /// Nothing was due; the next step is due at this time, if any.
    Rest(Option<DateTime<Utc>>),
    /// Another daemon holds the lease; nothing was written.
    Stale,
}

/// A send that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSend {
    pub issue: IssueName,
    run: Run,
}

/// The result of a step: the journal entry, and the letter to the editors.
struct Verdict {
    what: What,
    detail: String,
    letter: Option<EditorLetter>,
}

/// What is known of a run, besides its edition and the time.
struct Known {
    done: Vec<Done>,
    approval: Approval,
    send: Option<Sending>,
}

/// What `digest serve` runs on its own: the scheduler, the letters, the metrics.
#[derive(Clone)]
pub struct Daemon {
    pub(in crate::pipeline) site: Site,
}

impl Daemon {
    /// Takes or renews the lease for a daemon; `None` while another one holds it.
    pub fn hold_lease(&self, holder: &str) -> anyhow::Result<Option<FencingToken>> {
        Ok(self.site.delivery().ledger_store()?.scheduling().hold_lease(
            holder,
            self.site.now(),
            self.site.config.serve.lease,
        )?)
    }

    /// Takes at most one step of the schedule and records it once. During a send (`sending`), no other send begins; everything
    /// else goes on.
    ///
    /// # Errors
    /// The store fails. Nothing is lost: the step is taken at the next tick.
    pub async fn scheduler_step(&self, fencing_token: &FencingToken, sending: bool) -> anyhow::Result<Tick> {
        let mut store = self.site.delivery().ledger_store()?;
        let mut look: Option<DateTime<Utc>> = None;
        let mut todo: Vec<(IssueName, Edition, Run)> = Vec::new();
        for (name, edition) in &self.site.config.editions {
            let Some(since) = store.scheduling().watched_since(fencing_token, name, self.site.now())? else {
                return Ok(Tick::Stale);
            };
            let runs = self.open_runs(edition, since).into_iter();
            let issue = |run: Run| (IssueName { date: run.date, edition: name.clone() }, edition.clone(), run);
            todo.extend(runs.map(issue));
        }
        // Sends begun by hand, whatever their date, are finished too.
        let begun = store.sends().unfinished(self.site.now() - LOOK_BACK)?.into_iter();
        let others: Vec<_> = begun.filter(|(name, _)| todo.iter().all(|(issue, ..)| issue != name)).collect();
        todo.extend(others.into_iter().map(|(issue, at)| {
            let edition = self.site.config.editions.get(&issue.edition).cloned().unwrap_or_default();
            let run = Run { date: issue.date, at };
            (issue, edition, run)
        }));
        for (issue, edition, run) in &todo {
            let known = self.known(&store, issue)?;
            let next = self.decide(edition, *run, fencing_token, &known);
            match next.step {
                Some(Step::Send) if sending => {}
                Some(step) => {
                    return self.take(&mut store, fencing_token, issue, (edition, *run, &known), step).await;
                }
                None => look = [look, next.look].into_iter().flatten().min(),
            }
        }
        Ok(Tick::Rest(look))
    }

    /// The runs of an edition that may need something now, and the next one.
    fn open_runs(&self, edition: &Edition, since: DateTime<Utc>) -> Vec<Run> {
        let ahead = TimeDelta::from_std(edition.draft_ahead).ok().and_then(|d| self.site.now().checked_add_signed(d));
        let ahead = ahead.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let from = since.max(self.site.now() - LOOK_BACK);
        let mut later = 0;
        schedule::runs(edition, from, self.site.config.publication.timezone)
            .take_while(|run| {
                later += usize::from(run.at > ahead);
                later <= 1
            })
            .take(100)
            .collect()
    }

    fn decide(&self, edition: &Edition, run: Run, fencing_token: &FencingToken, known: &Known) -> Next {
        schedule::decide(&Facts {
            edition,
            run,
            now: self.site.now(),
            watched_since: fencing_token.since,
            lifetime: self.site.delivery().lifetime(),
            done: &known.done,
            approval: known.approval,
            send: known.send,
        })
    }

    fn known(&self, store: &Store, issue: &IssueName) -> anyhow::Result<Known> {
        let word = |word: &str| What::ALL.into_iter().find(|what| what.as_str() == word);
        let done: Vec<Done> = store
            .scheduling()
            .journal(issue)?
            .iter()
            .filter_map(|entry| Some(Done { what: word(&entry.what)?, at: entry.at }))
            .collect();
        let send = store.sends().send(issue)?.map(|send| self.sending(store, issue, &send)).transpose()?;
        if done.iter().any(|done| matches!(done.what, What::Sent | What::Skipped)) {
            return Ok(Known { done, approval: Approval::NoDraft, send });
        }
        let draft = self.site.drafts().draft_text(issue);
        let approval = match (&draft, store.issues().approval(issue)?) {
            (None, _) => Approval::NoDraft,
            (Some(draft), Some(approval)) if approval.draft == *draft => Approval::Given(approval.at),
            _ => Approval::Missing,
        };
        Ok(Known { done, approval, send })
    }

    fn sending(&self, store: &Store, issue: &IssueName, send: &IssueSend) -> anyhow::Result<Sending> {
        // The daemon that takes over continues it, since it was not really stopped.
        let taken_over = send.state == IssueState::Stopped && !send.by_operator && send.reason == TAKEN_OVER;
        let state = if taken_over { IssueState::Sending } else { send.state };
        Ok(Sending { state, by_operator: send.by_operator, due: self.site.delivery().due(store, issue, send)? })
    }

    async fn take(
        &self,
        store: &mut Store,
        fencing_token: &FencingToken,
        issue: &IssueName,
        (edition, run, known): (&Edition, Run, &Known),
        step: Step,
    ) -> anyhow::Result<Tick> {
        let verdict = match step {
            Step::Draft => {
                self.fetch_first().await;
                let (daemon, issue) = (self.clone(), issue.clone());
                // On a separate thread, so that the lease is renewed meanwhile.
                tokio::task::spawn_blocking(move || daemon.draft_step(&issue, run)).await??
            }
            Step::Remind => Verdict {
                what: What::Reminded,
                detail: "nobody has approved it yet".into(),
                letter: Some(self.editor_letters()?.remind(issue, edition, run)),
            },
            Step::CheckLinks => self.links_step(issue, run).await?,
            Step::Hold(why) => self.hold(issue, edition, run, &Cause::of(why, ""))?,
            Step::Approve => self.approve_step(issue, edition, run)?,
            Step::Skip(Reason::Failed) => {
                let failure = last_failure(store, issue)?;
                self.skip(issue, run, &Cause::of(Reason::Failed, &failure))?
            }
            Step::Skip(why) => self.skip(issue, run, &Cause::of(why, ""))?,
            Step::Close => self.close(store, issue)?,
            Step::TellStopped => self.stopped(store, issue)?,
            Step::GiveUp => {
                if let Some(send) = store.sends().send(issue)? {
                    if !store.scheduling().set_fencing_token(send.id, Some(fencing_token))? {
                        return Ok(Tick::Stale);
                    }
                    store.sends().stop(send.id, true, STOPPED_UNFINISHED)?;
                }
                self.stopped(store, issue)?
            }
            // Its start is on record before the first copy.
            Step::Send => Verdict { what: What::Sending, detail: "the send began".into(), letter: None },
        };
        let turn = self.record(store, fencing_token, issue, known, verdict)?;
        match &turn {
            Tick::Did { what: What::Drafted, .. } => self.send_preview(issue).await,
            Tick::Did { what: What::Sending, .. } => {
                return Ok(Tick::Send(DueSend { issue: issue.clone(), run }));
            }
            _ => {}
        }
        Ok(turn)
    }

    fn record(
        &self,
        store: &mut Store,
        fencing_token: &FencingToken,
        issue: &IssueName,
        known: &Known,
        verdict: Verdict,
    ) -> anyhow::Result<Tick> {
        let Verdict { what, detail, letter } = verdict;
        let count = |word: What| known.done.iter().filter(|done| done.what == word).count();
        let occurrence = match what {
            What::Sending | What::Stopped | What::SendFailed => count(What::Stopped) + count(What::SendFailed),
            What::DraftFailed => count(What::DraftFailed),
            _ => 0,
        };
        // A draft that keeps failing is reported once.
        let letter = letter.filter(|_| occurrence == 0 || what != What::DraftFailed);
        let about = format!("{issue}:{}:{occurrence}", what.as_str());
        let letters = letter.map_or(Ok(Vec::new()), |letter| self.to_editors(&about, &letter))?;
        let occurrence = u32::try_from(occurrence).unwrap_or(u32::MAX);
        let decision = Decision { issue, what: what.as_str(), occurrence, detail: &detail, letters: &letters };
        match store.scheduling().decide(fencing_token, &decision, self.site.now())? {
            Recorded::Stale => Ok(Tick::Stale),
            recorded => {
                if recorded == Recorded::Now {
                    tracing::info!(issue = %issue, what = what.as_str(), detail, "decided");
                }
                Ok(Tick::Did { issue: issue.clone(), what, detail })
            }
        }
    }

    /// Fetches the feeds before a draft. Even if that fails, the draft is composed from what there is.
    async fn fetch_first(&self) {
        if self.site.config.feeds.is_empty() {
            return;
        }
        let content = self.site.content();
        let fetching = content.fetch_feeds(&[], Duration::ZERO, self.site.now(), rand::random::<f64>);
        match tokio::time::timeout(FETCH_PATIENCE, fetching).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = format!("{error:#}"), "the feeds were not fetched before a draft"),
            Err(_) => tracing::warn!("the feeds took too long; the draft was composed without them"),
        }
    }

    /// Composes, renders and checks. Failures are reported and never fatal.
    fn draft_step(&self, issue: &IssueName, run: Run) -> anyhow::Result<Verdict> {
        let made = (|| -> anyhow::Result<Option<Rendering>> {
            let composed = self.site.drafts().compose(&issue.edition, Some(issue.date))?;
            match composed.draft {
                None => Ok(None),
                Some(_) => self.site.drafts().rendering(issue).map(Some),
            }
        })();
        let letters = self.editor_letters()?;
        Ok(match made {
            Ok(Some(rendering)) => {
                let shown = rendering.draft.news.iter().filter(|entry| !entry.banned).count();
                let report = &rendering.report;
                let detail = format!("{shown} news; check: {} errors, {} warnings", report.errors, report.warnings);
                Verdict { what: What::Drafted, detail, letter: Some(letters.draft_ready(&rendering, run)) }
            }
            Ok(None) => self.skip(issue, run, &Cause::too_little_news())?,
            Err(error) => {
                let detail = told(&error);
                let letter = letters.draft_failed(issue, run, &detail);
                Verdict { what: What::DraftFailed, detail, letter: Some(letter) }
            }
        })
    }

    fn approve_step(&self, issue: &IssueName, edition: &Edition, run: Run) -> anyhow::Result<Verdict> {
        match self.site.drafts().approve(issue, BY_ITSELF) {
            Ok(_) => Ok(Verdict { what: What::Approved, detail: format!("by {BY_ITSELF}"), letter: None }),
            Err(error) => self.hold(issue, edition, run, &Cause::error(told(&error))),
        }
    }

    fn hold(&self, issue: &IssueName, edition: &Edition, run: Run, cause: &Cause) -> anyhow::Result<Verdict> {
        let letters = self.editor_letters()?;
        let letter = letters.held(issue, edition, run, cause);
        Ok(Verdict { what: What::Held, detail: letters.in_english(cause, run), letter: Some(letter) })
    }

    fn skip(&self, issue: &IssueName, run: Run, cause: &Cause) -> anyhow::Result<Verdict> {
        let letters = self.editor_letters()?;
        let letter = letters.skipped(issue, run, cause);
        Ok(Verdict { what: What::Skipped, detail: letters.in_english(cause, run), letter: Some(letter) })
    }

    fn close(&self, store: &Store, issue: &IssueName) -> anyhow::Result<Verdict> {
        let counts = store.sends().send(issue)?.map(|send| send.counts).unwrap_or_default();
        let detail = format!("{} of {} delivered", counts.delivered, counts.recipients);
        Ok(Verdict { what: What::Sent, detail, letter: Some(self.editor_letters()?.sent(issue, &counts)) })
    }

    fn stopped(&self, store: &Store, issue: &IssueName) -> anyhow::Result<Verdict> {
        let Some(send) = store.sends().send(issue)? else { anyhow::bail!("the send of {issue} is gone") };
        // A stop that only a person can resolve is always reported; a relay that keeps failing, only once.
        let is_new = send.by_operator || is_new_cause(store, issue, &send.reason)?;
        let letter = if is_new { Some(self.editor_letters()?.stopped(issue, &send)) } else { None };
        Ok(Verdict { what: What::Stopped, detail: send.reason, letter })
    }

    /// Starts or continues a send recorded in the journal, until it is done or `stop` turns true. `false` if another
    /// process is sending now.
    ///
    /// If the send cannot start or continue, the reason is recorded in the journal, and it is tried again.
    ///
    /// # Errors
    /// When the store cannot serve.
    pub async fn depart(
        &self,
        fencing_token: &FencingToken,
        due_send: &DueSend,
        stop: watch::Receiver<bool>,
    ) -> anyhow::Result<bool> {
        let DueSend { issue, .. } = due_send;
        let options = SendOptions { fencing_token: Some(fencing_token.clone()), ..SendOptions::default() };
        let event = {
            let issue = issue.to_string();
            move |event| tracing::debug!(issue, ?event, "send")
        };
        match self.site.delivery().send(issue, &options, stop, event).await {
            Ok(delivered) => {
                if let Ended::Broken(why) | Ended::Guarded(why) = &delivered.ended {
                    tracing::warn!(issue = %issue, why, "the send stopped");
                }
                Ok(true)
            }
            // A later tick handles what is left.
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::Locked(_))) => Ok(false),
            Err(error) => {
                let mut store = self.site.delivery().ledger_store()?;
                let known = self.known(&store, issue)?;
                let failed = self.send_failed(&store, issue, &error)?;
                self.record(&mut store, fencing_token, issue, &known, failed).map(|_| true)
            }
        }
    }
}

/// An error with its causes, on one line.
fn told(error: &anyhow::Error) -> String {
    let text = match error.downcast_ref::<Notice>() {
        Some(notice) => notice.to_string(),
        None => format!("{error:#}"),
    };
    text.replace("\n  help: ", "; ").replace('\n', " ")
}

#[cfg(test)]
mod tests;
