//! A worker that speaks SMTP: has a connection and lets it carry messages for as long as it lives, then has another one.

use super::Ended;
use super::dialer::Dialer;
use super::in_flight::{InFlight, next};
use super::session::{Closing, Session};
use super::shared::Shared;
use super::throttle::GroupIndex;
use crate::mail::{Connection, Relay};

/// A worker that speaks SMTP.
pub struct SmtpWorker<'a> {
    shared: &'a Shared,
    relay: &'a Relay,
    dialer: Dialer<'a>,
    connection: Option<Connection>,
    /// Which domain group is looked at first.
    domain_group: GroupIndex,
    /// Messages taken.
    taken: usize,
}

impl<'a> SmtpWorker<'a> {
    pub fn new(shared: &'a Shared, relay: &'a Relay, worker: usize) -> Self {
        let dialer = Dialer::new(shared, relay);
        Self { shared, relay, dialer, connection: None, domain_group: worker, taken: 0 }
    }

    /// Works until nobody is due or the run is over.
    pub async fn work(mut self) -> Result<(), Ended> {
        // Connected first, claimed after: a relay that cannot be reached keeps nobody's message.
        while !self.shared.is_over() {
            let connection = match self.connection.take() {
                Some(connection) => connection,
                None => match self.dialer.connect().await? {
                    Some(connection) => connection,
                    None => continue,
                },
            };
            let Some(first) = next(self.shared, self.domain_group, self.taken).await? else {
                self.connection = Some(connection);
                break;
            };
            self.carry(connection, first).await?;
        }
        if let Some(connection) = self.connection.take() {
            self.dialer.hang_up(connection).await;
        }
        Ok(())
    }

    async fn carry(&mut self, connection: Connection, first: InFlight) -> Result<(), Ended> {
        let mut session = Session::new(self.shared, self.relay, connection);
        let closing = session.carry(first).await?;
        let Session { connection, last, outcomes, .. } = session;
        if let Some((domain_group, taken)) = last {
            (self.domain_group, self.taken) = (domain_group + 1, taken + 1);
        }
        if outcomes.any {
            self.dialer.succeeded();
        }
        match closing {
            Closing::Keep => self.connection = Some(connection),
            Closing::HangUp => self.dialer.hang_up(connection).await,
            Closing::Drop => self.dialer.dropped(),
            Closing::Failed(reason) => self.dialer.failed(reason).await?,
        }
        Ok(())
    }
}
