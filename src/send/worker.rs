//! One worker of a run, by transport.

use std::sync::Arc;

use super::Transport;
use super::folder_worker::fill;
use super::shared::Shared;
use super::smtp_worker::SmtpWorker;

/// Works until nobody is due or the run is over.
pub async fn work(shared: Arc<Shared>, worker: usize) {
    let end = match shared.run.transport.clone() {
        Transport::Folder(folder) => fill(&shared, &folder).await,
        Transport::Smtp(relay) => SmtpWorker::new(&shared, &relay, worker).work().await,
    };
    if let Err(why) = end {
        shared.end(why);
    }
}
