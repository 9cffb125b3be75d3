//! Opens a worker's connections, and waits where the relay takes none now. Knows no message.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::shared::Shared;
use super::{Ended, Event};
use crate::mail::{Connection, Relay, Stage};

/// How often in a row a connection may fail before the run is over.
const PATIENCE: u32 = 5;

/// Opens connections for one worker.
pub struct Dialer<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    /// Connections that failed in a row.
    failures: u32,
    /// How often in a row the relay took no further connection.
    waits: u32,
}

impl<'a> Dialer<'a> {
    pub fn new(shared: &'a Shared, relay: &'a Relay) -> Self {
        Self { shared, relay, failures: 0, waits: 0 }
    }

    /// A new connection. `None` after a failure that is worth another try.
    pub async fn connect(&mut self) -> Result<Option<Connection>, Ended> {
        let refusal = match self.relay.connect().await {
            Ok(connection) => {
                self.shared.reached.store(true, Ordering::Relaxed);
                self.shared.connected.fetch_add(1, Ordering::Relaxed);
                self.waits = 0;
                return Ok(Some(connection));
            }
            Err(refusal) => refusal,
        };
        let address = self.relay.address();
        let reason = format!("{} {address}: {}", refusal.stage, refusal.reply);
        let unreachable = refusal.stage == Stage::Reach && !self.shared.reached.load(Ordering::Relaxed);
        if unreachable {
            return Err(Ended::Broken(format!("cannot reach the relay {address}: {}", refusal.reply.text)));
        }
        if (400..500).contains(&refusal.reply.code) && self.shared.connected.load(Ordering::Relaxed) > 0 {
            self.stand_back(reason).await;
            return Ok(None);
        }
        let tries = if refusal.stage == Stage::Auth { 3 } else { 1 };
        if refusal.reply.code >= 500 && self.failures + 1 >= tries {
            return Err(Ended::Broken(format!("the relay refuses us {reason}")));
        }
        self.back_off(reason).await?;
        Ok(None)
    }

    /// A message had an answer that was its own.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A connection is gone.
    pub fn dropped(&self) {
        self.shared.connected.fetch_sub(1, Ordering::Relaxed);
    }

    /// A connection is gone with a message that it should have carried.
    pub async fn failed(&mut self, reason: String) -> Result<(), Ended> {
        self.dropped();
        self.back_off(reason).await
    }

    pub async fn hang_up(&self, connection: Connection) {
        self.dropped();
        connection.close().await;
    }

    /// Waits 1, 2, 4 … seconds after a lost connection, and ends the run when patience does.
    async fn back_off(&mut self, reason: String) -> Result<(), Ended> {
        self.failures += 1;
        if self.failures >= PATIENCE {
            return Err(Ended::Broken(format!(
                "the relay {} failed {PATIENCE} times in a row, last {reason}",
                self.relay.address()
            )));
        }
        (self.shared.run.watch)(Event::ConnectionLost { reason });
        self.shared.rest(Duration::from_secs(1 << (self.failures - 1)), std::future::pending()).await;
        Ok(())
    }

    /// The relay takes no further connection while others stand: those go on, fewer at a time, and this one tries again
    /// after 1, 2, 4 … seconds, a minute at most.
    async fn stand_back(&mut self, reason: String) {
        (self.shared.run.watch)(Event::ConnectionLost { reason });
        self.shared.throttle().fewer(Instant::now());
        let wait = Duration::from_secs(1 << self.waits.min(6)).min(Duration::from_mins(1));
        self.waits += 1;
        self.shared.rest(wait, std::future::pending()).await;
    }
}
