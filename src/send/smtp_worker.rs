//! A worker that speaks SMTP: sends messages over a connection for as long as it lives, then opens another one.

use std::time::{Duration, Instant};

use super::Ended;
use super::dialer::{Dialed, Dialer};
use super::in_flight::{InFlight, next, requeue};
use super::session::{Closing, Session};
use super::shared::Shared;
use super::throttle::{Feedback, GroupIndex};
use crate::mail::{Connection, Relay};

/// After this long idle, a connection may have been closed by the relay, which says nothing against it.
const IDLE: Duration = Duration::from_millis(500);

/// A connection between two messages.
struct Standing {
    connection: Connection,
    /// Whether any message that it carried got an answer.
    answered: bool,
    since: Instant,
}

/// A worker that speaks SMTP.
pub struct SmtpWorker<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    dialer: Dialer<'a>,
    standing: Option<Standing>,
    /// Which domain group is looked at first.
    domain_group: GroupIndex,
    /// Messages taken.
    taken: usize,
}

impl<'a> SmtpWorker<'a> {
    pub fn new(shared: &'a Shared, relay: &'a Relay, worker: usize) -> Self {
        let dialer = Dialer::new(shared, relay);
        Self { shared, relay, dialer, standing: None, domain_group: worker, taken: 0 }
    }

    /// Works until nobody is due or the run is over.
    pub async fn work(mut self) -> Result<(), Ended> {
        // Connected first, claimed after: a relay that cannot be reached keeps nobody's message.
        while !self.shared.is_over() {
            let standing = match self.standing.take() {
                Some(standing) => standing,
                None => match self.dialer.connect().await? {
                    Dialed::Connection(connection) => {
                        Standing { connection: *connection, answered: false, since: Instant::now() }
                    }
                    Dialed::NotNow => continue,
                    Dialed::NoWork => break,
                },
            };
            let Some(first) = next(self.shared, self.domain_group, self.taken).await? else {
                self.standing = Some(standing);
                break;
            };
            self.carry(standing, first).await?;
        }
        if let Some(standing) = self.standing.take() {
            self.dialer.hang_up(standing.connection).await;
        }
        Ok(())
    }

    async fn carry(&mut self, standing: Standing, first: InFlight) -> Result<(), Ended> {
        let Standing { mut connection, answered, since } = standing;
        let rested = since.elapsed() >= IDLE;
        if rested && let Some(refusal) = connection.unasked().await {
            self.dialer.closed();
            return requeue(self.shared, &first, refusal.reply, Feedback::None).await;
        }
        let mut session = Session::new(self.shared, self.relay, connection, answered, rested);
        let closing = session.carry(first).await?;
        let Session { connection, last, outcomes, .. } = session;
        if let Some((domain_group, taken)) = last {
            (self.domain_group, self.taken) = (domain_group + 1, taken + 1);
        }
        if outcomes.answered {
            self.dialer.answered();
        }
        let answered = outcomes.answered;
        match closing {
            Closing::Keep => self.standing = Some(Standing { connection, answered, since: Instant::now() }),
            Closing::HangUp => self.dialer.hang_up(connection).await,
            Closing::Drop => self.dialer.closed(),
            Closing::Lost(refusal) if answered => self.dialer.lost(refusal.reply.to_string()),
            Closing::Lost(refusal) => self.dialer.lost_at_once(&refusal)?,
        }
        Ok(())
    }
}
