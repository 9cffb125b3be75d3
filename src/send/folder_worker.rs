//! The worker of `transport = "file"`: writes messages into a folder, one after another. Knows no connection.

use super::Ended;
use super::in_flight::{Then, next, record, record_and_claim};
use super::shared::Shared;
use crate::mail::Folder;
use crate::model::{Outcome, Reply};

/// Works the ledger off into files.
pub async fn fill(shared: &Shared, folder: &Folder) -> Result<(), Ended> {
    let mut in_flight = next(shared, 0, 0).await?;
    while let Some(now) = in_flight {
        let message = shared.run.compiled.message(&now.delivery);
        shared.may_start().await?;
        match folder.deliver(now.delivery.number, &message) {
            Ok(path) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let reply = Reply { code: Some(250), enhanced: None, text: format!("written as {name}") };
                in_flight = record_and_claim(shared, &now, Outcome::Delivered(reply), Then::GoOn).await?;
            }
            Err(error) => {
                let reply = Reply::none(error.to_string());
                record(shared, &now, Outcome::Requeued(reply)).await?;
                return Err(Ended::Broken(format!("cannot write into the outbox: {error}")));
            }
        }
        if in_flight.is_none() {
            in_flight = next(shared, now.domain_group + 1, now.taken + 1).await?;
        }
    }
    Ok(())
}
