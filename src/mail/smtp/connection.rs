//! One greeted connection: authentication, then one message at a time. Knows no ledger; the caller records the intent
//! between [`Connection::offer`] and [`Connection::deliver`].

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::response::Response;

use super::ahead::Ahead;
use super::greet::{Greeted, Offers};
use super::{Auth, Message, Refusal, Stage, Timeouts, WORDS, enhanced, refusal, within};
use crate::model::Reply;
use crate::text::one_line;

/// A greeted connection.
pub struct Connection {
    inner: AsyncSmtpConnection,
    /// Bytes to write before lettre's next command.
    ahead: Ahead,
    offers: Offers,
    timeouts: Timeouts,
    taken: usize,
    /// Whether the server waits for a message that it must not get.
    stuck: bool,
}

impl Connection {
    pub(super) fn new((inner, ahead): Greeted, offers: Offers, timeouts: Timeouts) -> Self {
        Self { inner, ahead, offers, timeouts, taken: 0, stuck: false }
    }

    /// How many messages this connection has carried.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// AUTH (RFC 4954) by PLAIN (RFC 4616), LOGIN or XOAUTH2.
    pub(super) async fn authenticate(&mut self, auth: Auth, user: &str, secret: &str) -> Result<(), Refusal> {
        let (name, answers) = match auth {
            Auth::Plain => ("PLAIN", vec![format!("\0{user}\0{secret}")]),
            Auth::Login => ("LOGIN", vec![user.to_owned(), secret.to_owned()]),
            Auth::Xoauth2 => ("XOAUTH2", vec![format!("user={user}\x01auth=Bearer {secret}\x01\x01")]),
        };
        if !self.offers.auth.iter().any(|offered| offered == name) {
            let text = format!("the server does not offer AUTH {name}; it offers {}", self.offers.auth.join(", "));
            let reply = Reply { code: Some(504), enhanced: None, text: one_line(&text, WORDS) };
            return Err(Refusal { stage: Stage::Auth, reply });
        }
        let answers: Vec<String> = answers.iter().map(|answer| BASE64.encode(answer.as_bytes())).collect();
        let mut command =
            if auth == Auth::Login { format!("AUTH {name}") } else { format!("AUTH {name} {}", answers[0]) };
        let mut left = answers.iter().skip(usize::from(auth != Auth::Login));
        loop {
            let reply = self.say(Stage::Auth, format!("{command}\r\n")).await?;
            if reply.code != Some(334) {
                return expect(Stage::Auth, 200..300, reply).map(drop);
            }
            // XOAUTH2 sends the reason of a refusal in a 334, and the code after an empty answer.
            command = left.next().cloned().unwrap_or_default();
        }
    }

    /// Envelope and DATA, up to the server's 354, in one write where the server offers PIPELINING (RFC 2920). One recipient a
    /// transaction. After a refusal with a code the connection is ready for the next message.
    pub async fn offer(&mut self, message: &Message) -> Result<(), Refusal> {
        self.fits(message)?;
        let envelope = self.envelope(message);
        let offered = if self.offers.pipelining {
            self.offer_at_once(Some(envelope.concat())).await
        } else {
            self.offer_in_turn(envelope).await
        };
        self.settled(offered).await
    }

    /// After a refusal the connection is made ready for the next message.
    async fn settled(&mut self, offered: Result<(), Refusal>) -> Result<(), Refusal> {
        if let Err(refusal) = &offered {
            self.reset(refusal).await;
        }
        offered
    }

    /// Whether a message's envelope may follow the final dot of another (RFC 2920 §3.1).
    pub fn groups(&self, message: &Message) -> bool {
        self.offers.pipelining && self.fits(message).is_ok()
    }

    fn envelope(&self, message: &Message) -> [String; 3] {
        let size = self.offers.size.map(|_| format!(" SIZE={}", message.size())).unwrap_or_default();
        let mail = format!("MAIL FROM:<{}>{size}\r\n", message.envelope_from);
        let rcpt = format!("RCPT TO:<{}>\r\n", message.envelope_to);
        [mail, rcpt, "DATA\r\n".to_owned()]
    }

    /// Refuses a message that the server has said it will not take, before anybody is named.
    fn fits(&self, message: &Message) -> Result<(), Refusal> {
        let (size, most) = (message.size() as u64, self.offers.size.unwrap_or(0));
        if most == 0 || size <= most {
            return Ok(());
        }
        let text = format!("the message has {size} bytes, and the server accepts at most {most} (SIZE)");
        Err(Refusal { stage: Stage::Mail, reply: Reply { code: Some(552), enhanced: Some("5.3.4".into()), text } })
    }

    async fn offer_in_turn(&mut self, commands: [String; 3]) -> Result<(), Refusal> {
        for ((stage, class), command) in STEPS.into_iter().zip(commands) {
            let reply = self.say(stage, command).await?;
            expect(stage, class, reply)?;
        }
        Ok(())
    }

    /// Reads the replies to an envelope that is sent now, or was sent already.
    async fn offer_at_once(&mut self, mut commands: Option<String>) -> Result<(), Refusal> {
        let mut refused: Option<Refusal> = None;
        for (stage, class) in STEPS {
            let heard = match commands.take() {
                Some(commands) => self.say(stage, commands).await,
                None => self.hear(stage).await,
            };
            match heard.and_then(|reply| expect(stage, class, reply)) {
                Ok(()) if stage == Stage::Data => match &refused {
                    None => {}
                    // The server waits for a message to nobody: it gets an empty one (RFC 2920 §3.1).
                    Some(refusal) if refusal.stage == Stage::Rcpt && refusal.reply.code >= Some(400) => {
                        drop(self.say(Stage::Data, ".\r\n").await);
                    }
                    // It may have taken the recipient: then an empty one would be mail.
                    Some(_) => self.stuck = true,
                },
                Ok(()) => {}
                // No further reply will come.
                Err(refusal) if refusal.reply.ends_connection() => return Err(refused.unwrap_or(refusal)),
                Err(refusal) => drop(refused.get_or_insert(refusal)),
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Sends the message and its final dot in one write. The caller has recorded the intent before.
    pub async fn deliver(&mut self, message: &Message) -> Result<Reply, Refusal> {
        self.finish(message, ".\r\n".to_owned()).await
    }

    /// The same with the envelope of the next message behind the dot, so that a message costs one round trip. When a reply came
    /// that does not end the connection, [`Connection::offered`] says whether the next one may be delivered.
    pub async fn deliver_before(&mut self, message: &Message, next: &Message) -> Result<Reply, Refusal> {
        self.finish(message, format!(".\r\n{}", self.envelope(next).concat())).await
    }

    /// Like [`Connection::offer`], for an envelope that was sent behind another message.
    pub async fn offered(&mut self) -> Result<(), Refusal> {
        let offered = self.offer_at_once(None).await;
        self.settled(offered).await
    }

    async fn finish(&mut self, message: &Message, end: String) -> Result<Reply, Refusal> {
        self.taken += 1;
        // The bytes end in CRLF and no line begins with a dot (see `quoted`), so there is nothing to stuff.
        self.ahead.put(&message.parts);
        let response = within(self.timeouts.data, Stage::Dot, self.inner.command(end)).await?;
        Ok(reply(&response))
    }

    async fn reset(&mut self, refusal: &Refusal) {
        if !self.stuck && !refusal.reply.ends_connection() {
            // A failed RSET shows itself at the next MAIL.
            let _ = self.say(Stage::Mail, "RSET\r\n").await;
        }
    }

    /// An unsolicited reply, usually that the server closes an idle connection (421 4.4.2), or that it has hung
    /// up: then the connection is of no more use. `None` while it waits for us.
    pub async fn unasked(&mut self) -> Option<Refusal> {
        let heard = tokio::time::timeout(Duration::ZERO, self.inner.read_response()).await.ok()?;
        Some(match heard {
            Ok(response) => Refusal { stage: Stage::Mail, reply: reply(&response) },
            Err(error) => refusal(Stage::Mail, &error),
        })
    }

    /// Says QUIT; whatever the answer, the connection is done.
    pub async fn close(mut self) {
        self.quit().await;
    }

    /// The same, and waits a second for the server to hang up: from then on it no longer counts the connection.
    pub async fn close_to_the_end(mut self) {
        if self.quit().await {
            let _ = tokio::time::timeout(Duration::from_secs(1), self.inner.read_response()).await;
        }
    }

    /// Says whether the server took leave, too.
    async fn quit(&mut self) -> bool {
        matches!(tokio::time::timeout(Duration::from_secs(5), self.inner.quit()).await, Ok(Ok(_)))
    }

    async fn say(&mut self, stage: Stage, line: impl fmt::Display) -> Result<Reply, Refusal> {
        within(self.timeouts.command, stage, self.inner.command(line)).await.map(|response| reply(&response))
    }

    async fn hear(&mut self, stage: Stage) -> Result<Reply, Refusal> {
        within(self.timeouts.command, stage, self.inner.read_response()).await.map(|response| reply(&response))
    }
}

/// The steps of an envelope, with the codes that let the next one come.
const STEPS: [(Stage, std::ops::Range<u16>); 3] =
    [(Stage::Mail, 200..300), (Stage::Rcpt, 200..300), (Stage::Data, 354..355)];

/// A positive reply of another class than the step's is a refusal too: the two sides no longer agree on what is said.
fn expect(stage: Stage, class: std::ops::Range<u16>, reply: Reply) -> Result<(), Refusal> {
    if reply.code.is_some_and(|code| class.contains(&code)) { Ok(()) } else { Err(Refusal { stage, reply }) }
}

fn reply(response: &Response) -> Reply {
    let text = one_line(&response.message().collect::<Vec<_>>().join(" "), WORDS);
    Reply { code: Some(u16::from(response.code())), enhanced: enhanced(&text), text }
}
