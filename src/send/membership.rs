//! How the senders of one send work together: they share its limits, and all of them stop when it is stopped. Knows no connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Ended;
use super::shared::Shared;
use crate::store::Claim;

/// After this time, all others have noticed a new sender and reduced their shares.
const SEEN: Duration = Duration::from_millis(1_500);

/// Sees who else is sending, before the first message.
pub async fn start(shared: &Shared) -> Result<(), Ended> {
    if shared.run.ledger.renew().await.map_err(Ended::Broken)? == Claim::Expired {
        return Err(Ended::Expired);
    }
    let membership = *shared.membership.borrow();
    shared.throttle().share(membership.rank, membership.size);
    if membership.size > 1 {
        shared.throttle().delay(Instant::now() + SEEN);
    }
    Ok(())
}

/// Adjusts the share whenever senders join or leave, and ends the run when the send is stopped.
pub async fn follow(shared: Arc<Shared>) {
    let mut seen = shared.membership.clone();
    while seen.changed().await.is_ok() {
        let membership = *seen.borrow_and_update();
        shared.throttle().share(membership.rank, membership.size);
        if membership.is_stopped {
            shared.end(Ended::StoppedElsewhere);
        }
        shared.moved.notify_waiters();
    }
}

/// Waits for the other senders when no message is due any more: if one of them dies, the messages that it had in flight are due again. Returns whether there is more to send.
pub async fn linger(shared: &Shared) -> bool {
    if shared.is_over() || shared.allowance.load(Ordering::Relaxed) == 0 || !shared.run.ledger.is_shared() {
        return false;
    }
    tracing::info!("nothing is left to send here; waiting for the other senders");
    let domain_groups = shared.throttle().ours();
    let mut goes_on = false;
    let lingers = async {
        match shared.run.ledger.linger(&domain_groups).await {
            Ok(again) => goes_on = again,
            Err(why) => shared.end(Ended::Broken(why)),
        }
    };
    shared.until_over(lingers).await;
    goes_on && !shared.is_over()
}
