//! Bounce intake: files are read, messages are matched to subscribers, and the store decides.

mod examine;
mod files;
mod fingerprint;
mod lmtp;
mod mailbox;
mod matching;
mod watch;

use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Site, Subscribers};
use crate::model::{EvidenceKind, SubscriberStatus};
use crate::sources::{BounceFinding, BounceKind, read_bounce};
use crate::store::{BounceLine, Effect, Evidence, Store};
pub use lmtp::serve_lmtp;
pub use mailbox::watch_mailbox;
pub use watch::watch_bounces;

/// What an intake did; serializes as the JSON that scripts rely on.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct BounceImport {
    pub messages: usize,
    /// Subscribers who are off the list from now on.
    pub bounced: usize,
    pub complained: usize,
    pub unsubscribed: usize,
    /// Recorded failures that removed nobody.
    pub kept: usize,
    /// Messages that were read in an earlier run.
    pub known: usize,
    /// Delays, vacation notes, challenges.
    pub ignored: usize,
    pub unmatched: Vec<Unmatched>,
}

/// A message that changed nothing because its subscriber could not be found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// The file, and for an mbox the message's number in it.
    pub source: String,
    pub kind: &'static str,
    pub reason: &'static str,
}

impl Subscribers {
    /// Reads message files, mboxes and Maildirs, each message separately: a bad one does not stop the others.
    pub fn import_bounces(&self, path: &Path, result: &mut BounceImport) -> anyhow::Result<()> {
        let mut store = self.site.store_to_fill()?;
        files::each_message(path, |source, bytes| self.take_in(&mut store, source, bytes, result))
    }

    /// The same from a stream that holds one message or an mbox.
    pub fn import_bounce_stream(&self, stream: impl Read, result: &mut BounceImport) -> anyhow::Result<()> {
        let mut store = self.site.store_to_fill()?;
        files::each_in(stream, "-", &mut |source, bytes| self.take_in(&mut store, source, bytes, result))
    }

    /// Calls `each` with everything that came back, the newest first.
    pub fn each_bounce(&self, each: impl FnMut(BounceLine) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.site.store_to_read()?.map_or(Ok(()), |store| store.subscribers().each_bounce(each))
    }

    fn take_in(&self, store: &mut Store, source: &str, bytes: &[u8], result: &mut BounceImport) -> anyhow::Result<()> {
        result.messages += 1;
        let finding = read_bounce(bytes);
        let unmatched = |reason| Unmatched { source: source.to_owned(), kind: finding.kind.as_str(), reason };
        match finding.kind {
            BounceKind::Delay | BounceKind::AutoReply | BounceKind::Challenge => result.ignored += 1,
            BounceKind::Unknown => {
                result.unmatched.push(unmatched("it is not a bounce, a complaint or a request to unsubscribe"));
            }
            BounceKind::Bounce | BounceKind::Complaint | BounceKind::Leave => {
                let Some(evidence) = self.evidence(store, &finding, bytes)? else {
                    result.unmatched.push(unmatched("nothing in it proves that it is about our mail"));
                    return Ok(());
                };
                let rule = self.site.config.bounces.soft_rule();
                result.count(store.subscribers().record_bounce(&evidence, rule, self.site.now())?);
            }
        }
        Ok(())
    }

    /// What a message proves, and about which subscriber.
    fn evidence(&self, store: &Store, finding: &BounceFinding, bytes: &[u8]) -> anyhow::Result<Option<Evidence>> {
        let settings = &self.site.config.bounces;
        let Some(proof) = matching::find(store, finding, &settings.domain, settings.match_address)? else {
            return Ok(None);
        };
        let of_theirs = finding.failures.iter().find(|failure| failure.recipients.contains(&proof.email));
        let failure = of_theirs.or(finding.failures.first());
        let kind = match finding.kind {
            BounceKind::Complaint => EvidenceKind::Complaint,
            BounceKind::Leave => EvidenceKind::Leave,
            _ => failure.map_or(EvidenceKind::Soft, |failure| failure.evidence),
        };
        // A Date in the future is not believed; an old one keeps an old mbox from counting as this month's.
        let written = finding.written.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
        Ok(Some(Evidence {
            email: proof.email,
            issue: proof.issue.map(|issue| issue.to_string()).unwrap_or_default(),
            kind,
            status: failure.map(|failure| failure.status.clone()).unwrap_or_default(),
            diagnostic: failure.map(|failure| failure.diagnostic.clone()).unwrap_or_default(),
            matched_by: proof.by,
            received: written.filter(|at| *at < self.site.now()).unwrap_or_else(|| self.site.now()),
            hash: fingerprint::fingerprint(bytes),
        }))
    }
}

impl BounceImport {
    /// Logs what came in, if anything.
    fn tell(&self) {
        let Self { messages, bounced, complained, unsubscribed: left, .. } = self;
        if *messages > 0 {
            tracing::info!(messages, bounced, complained, left, unmatched = self.unmatched.len(), "mail came back");
        }
    }

    fn count(&mut self, effect: Option<Effect>) {
        match effect {
            Some(Effect::Gone(SubscriberStatus::Bounced)) => self.bounced += 1,
            Some(Effect::Gone(SubscriberStatus::Complained)) => self.complained += 1,
            Some(Effect::Gone(_)) => self.unsubscribed += 1,
            Some(Effect::Kept) => self.kept += 1,
            Some(Effect::Known) => self.known += 1,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
