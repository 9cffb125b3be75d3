//! Opens the connections of a run, no more than the relay accepts, and gives up when it keeps failing. Knows no message.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::connections::{Permit, Refused};
use super::shared::Shared;
use super::{Ended, Event};
use crate::mail::{Connection, Refusal, Relay, Stage};

/// How many failures in a row end the run: 15 seconds in all.
const PATIENCE: u32 = 5;
/// The same while it says that it takes nobody now, after it took messages in this run: two minutes, since many count connections by the
/// minute.
const LONGER: u32 = 8;
/// A worker that waits for others checks again after this, in case it is not notified.
const LONG: Duration = Duration::from_secs(1);

/// The result of asking for a connection.
pub enum Dialed {
    Connection(Box<Connection>),
    /// None now; ask again.
    NotNow,
    /// Nobody is due, so none is needed.
    NoWork,
}

/// Opens connections.
#[derive(Clone, Copy)]
pub struct Dialer<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
}

impl<'a> Dialer<'a> {
    pub fn new(shared: &'a Shared, relay: &'a Relay) -> Self {
        Self { shared, relay }
    }

    /// A new connection, or a rest until one may be tried.
    pub async fn connect(self) -> Result<Dialed, Ended> {
        if !self.shared.has_work().await? {
            return Ok(Dialed::NoWork);
        }
        let mut dialed = std::pin::pin!(self.shared.dialed.notified());
        dialed.as_mut().enable();
        let now = Instant::now();
        let permit = self.shared.connections().begin(now);
        let wait = match permit {
            Permit::Now => return self.open().await,
            Permit::At(at) => at.saturating_duration_since(now),
            Permit::Later => LONG,
        };
        self.shared.rest(wait, dialed).await;
        Ok(Dialed::NotNow)
    }

    async fn open(self) -> Result<Dialed, Ended> {
        match self.relay.connect().await {
            Ok(connection) => {
                self.shared.reached.store(true, Ordering::Relaxed);
                let is_limited = {
                    let mut connections = self.shared.connections();
                    connections.opened(Instant::now());
                    connections.is_limited()
                };
                if !is_limited {
                    self.shared.dialed.notify_waiters();
                }
                Ok(Dialed::Connection(Box::new(connection)))
            }
            Err(refusal) => {
                let refused = self.shared.connections().refused(Instant::now());
                self.refused(refused, &refusal).map(|()| Dialed::NotNow)
            }
        }
    }

    /// A message had an answer that was its own: the relay is there.
    pub fn answered(self) {
        self.shared.answered.store(true, Ordering::Relaxed);
        if self.shared.connections().carried() {
            self.shared.dialed.notify_waiters();
        }
    }

    /// A connection is gone that carried messages, or was given up.
    pub fn closed(self) {
        self.shared.connections().closed();
    }

    /// A connection that carried messages is lost.
    pub fn lost(self, reason: String) {
        self.shared.connections().lost();
        (self.shared.run.watch)(Event::ConnectionLost { reason });
    }

    /// A connection was lost before it carried anything.
    pub fn lost_at_once(self, refusal: &Refusal) -> Result<(), Ended> {
        let refused = self.shared.connections().refused_late(Instant::now());
        self.refused(refused, refusal)
    }

    /// Sends QUIT. If the relay limits connections, the next one is opened only when this one has ended there, too.
    pub async fn hang_up(self, connection: Connection) {
        let is_limited = self.shared.connections().is_limited();
        if is_limited {
            connection.close_to_the_end().await;
        } else {
            connection.close().await;
        }
        self.closed();
    }

    /// What a refused connection means for the run.
    fn refused(self, refused: Refused, refusal: &Refusal) -> Result<(), Ended> {
        let address = self.relay.address();
        let reason = format!("{} {address}: {}", refusal.stage, refusal.reply);
        let code = refusal.reply.code;
        let answered = self.shared.answered.load(Ordering::Relaxed);
        let event = match refused {
            Refused::OneTooMany => Event::ConnectionRefused { open: self.shared.connections().open(), reason },
            Refused::None(times) => {
                if refusal.stage == Stage::Reach && !self.shared.reached.load(Ordering::Relaxed) {
                    return Err(Ended::Broken(format!("cannot reach the relay {address}: {}", refusal.reply.text)));
                }
                // Who took messages a moment ago has nothing against us.
                let patience = match (refusal.stage, code) {
                    (Stage::Auth, Some(500..)) => 3,
                    (_, Some(500..)) if !answered => 1,
                    (_, Some(400..500)) if answered => LONGER,
                    _ => PATIENCE,
                };
                if times >= patience && refusal.reply.is_permanent() {
                    return Err(Ended::Broken(format!("the relay refuses us {reason}")));
                }
                if times >= patience {
                    return Err(Ended::Broken(format!(
                        "the relay {address} failed {times} times in a row, last {reason}"
                    )));
                }
                Event::ConnectionLost { reason }
            }
        };
        (self.shared.run.watch)(event);
        self.shared.dialed.notify_waiters();
        Ok(())
    }
}
