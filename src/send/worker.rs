//! One worker of a run, by transport.

use std::sync::Arc;

use super::folder_worker::fill;
use super::shared::Shared;
use super::smtp_worker::SmtpWorker;
use super::{Ended, Transport};

/// Works until nobody is due or the run is over.
pub async fn work(shared: Arc<Shared>, worker: usize) {
    let end = match shared.run.transport.clone() {
        Transport::Folder(folder) => fill(&shared, &folder).await,
        Transport::Smtp(relay) => SmtpWorker::new(&shared, &relay, worker).work().await,
    };
    let Err(why) = end else { return };
    shared.end(why.clone());
    if let Ended::Guarded(reason) = why
        && let Err(error) = shared.run.ledger.stop(reason).await
    {
        tracing::warn!(error, "the other senders were not told that the send stops");
    }
}
