//! Letters to one person each: rendered when due, sent by the ledger's rules, by one sender per database.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Daemon, Site};
use crate::mail::{Letter, LetterWriter};
use crate::model::{Outcome, QueuedLetter, RefusalClass, Reply};
use crate::render::{Templates, letter};
use crate::send::{LetterSender, Try};
use crate::store::Store;

/// How many letters are processed at a time.
const BATCH: usize = 64;
/// How often to check whether a letter is due.
const LOOK: Duration = Duration::from_millis(500);
/// The same after an error on our side.
const LATER: Duration = Duration::from_mins(1);

/// The result of a round of letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pub sent: usize,
    pub failed: usize,
}

impl Daemon {
    /// Sends the letters that are due now. Does nothing while another process is sending letters.
    ///
    /// # Errors
    /// The store fails, or no letter could go out for a reason on our side; all of them keep waiting.
    pub async fn send_letters(&self, now: chrono::DateTime<chrono::Utc>) -> anyhow::Result<Posted> {
        let Some(mut store) = self.site.store_to_read()? else { return Ok(Posted::default()) };
        if !store.letters().has_due(now)? && !store.letters().has_in_flight()? {
            return Ok(Posted::default());
        }
        let Some(_lock) = store.lock_letters()? else { return Ok(Posted::default()) };
        store.letters().recover(self.site.config.delivery.uncertain, now)?;
        let writer =
            LetterWriter::new(&self.site.config.letterhead(), &self.site.config.delivery.dkim, &self.site.root)?;
        let templates = self.site.templates()?;
        let mut post = LetterSender::new(self.site.delivery().transport("letters")?);
        let mut posted = Posted::default();
        let due = store.letters().due(now, BATCH)?;
        for queued in due {
            match self.send_letter(&mut store, &queued, (&writer, &templates, &mut post)).await? {
                Outcome::Delivered(_) => posted.sent += 1,
                Outcome::Failed { .. } => posted.failed += 1,
                // The relay is away; the others wait for the next round.
                Outcome::Requeued(_) => break,
                _ => {}
            }
        }
        post.close().await;
        Ok(posted)
    }

    async fn send_letter(
        &self,
        store: &mut Store,
        queued: &QueuedLetter,
        (writer, templates, post): (&LetterWriter, &Templates, &mut LetterSender),
    ) -> anyhow::Result<Outcome> {
        let now = (self.site.clock)();
        let order = &queued.order;
        let dated = queued.dated.unwrap_or(now);
        let outcome = match letter(&order.kind, &order.context, &self.site.config.publication, templates) {
            Ok(rendered) => {
                let letter = Letter { key: &order.key, to: &order.to, dated, rendered: &rendered };
                let message = writer.write(&letter);
                let this = Try { number: queued.id, tries: queued.attempts + 1, now };
                let schedule = self.site.config.delivery.schedule(order.ordered);
                let intent = || store.letters().begin(queued.id, dated).map_err(|e| e.to_string());
                post.deliver(&message, this, &schedule, intent).await.map_err(anyhow::Error::msg)?
            }
            Err(notices) => {
                let text = notices.to_string().lines().next().unwrap_or_default().to_owned();
                tracing::error!(kind = order.kind, error = text, "a letter cannot be written");
                Outcome::Failed { reply: Reply::none(text), class: RefusalClass::Content }
            }
        };
        store.letters().finish(queued.id, &outcome, self.site.config.delivery.uncertain, (self.site.clock)())?;
        Ok(outcome)
    }
}

/// Sends letters as they fall due, until `stop` turns true. A letter in progress is finished.
pub async fn post_letters(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let wait = match Box::pin(site.daemon().send_letters((site.clock)())).await {
            Ok(_) => LOOK,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "letters wait");
                LATER
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}
