//! The receiving side of LMTP (RFC 2033): a mail server on this machine hands messages over. Small and strict; knows no bounce.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};

/// The longest command line, with its end (RFC 5321 §4.5.3.1.4 asks for 512, more with extensions).
const LINE: u64 = 2_048;
/// The most recipients of one message (RFC 5321 §4.5.3.1.8 asks for 100).
const RECIPIENTS: usize = 100;
/// The longest message that is taken, in octets.
const SIZE: usize = 50 << 20;
/// A client that is silent for so long has gone (RFC 5321 §4.5.3.2).
const SILENCE: Duration = Duration::from_mins(5);
/// After this many wrong commands a client is disconnected.
const MISTAKES: u32 = 20;

/// Speaks with one client until it leaves. `domain` is whose mail is taken, or empty for any; `most` is how much of a message is
/// kept, in octets; `take` gets a recipient and the message, and says whether it is safe with us: only then the answer is 250.
///
/// # Errors
/// The connection broke, or the client kept to no rule.
pub async fn receive<S, F, Fut>(stream: S, domain: &str, most: usize, take: F) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Fn(String, Vec<u8>) -> Fut,
    Fut: Future<Output = bool>,
{
    let mut talk = Talk { wire: BufStream::new(stream), state: State::default() };
    talk.say("220 digest LMTP").await?;
    let mut mistakes = 0;
    loop {
        let line = talk.line().await?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "QUIT" => return talk.say("221 2.0.0 bye").await,
            "DATA" if !talk.state.recipients.is_empty() => {
                talk.data(most, &take).await?;
                continue;
            }
            verb => talk.state.answer(verb, rest, domain),
        };
        mistakes += u32::from(reply.starts_with('5'));
        if mistakes >= MISTAKES {
            return talk.say("421 4.7.0 too many mistakes").await;
        }
        talk.say(&reply).await?;
    }
}

/// What the client has said so far.
#[derive(Default)]
struct State {
    is_greeted: bool,
    has_sender: bool,
    recipients: Vec<String>,
}

impl State {
    fn answer(&mut self, verb: &str, rest: &str, domain: &str) -> String {
        match verb {
            "LHLO" if !rest.trim().is_empty() => {
                *self = Self { is_greeted: true, ..Self::default() };
                format!("250-digest\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SIZE {SIZE}")
            }
            "HELO" | "EHLO" => "500 5.5.1 this is LMTP: say LHLO".into(),
            "NOOP" => "250 2.0.0 here".into(),
            "RSET" => {
                *self = Self { is_greeted: self.is_greeted, ..Self::default() };
                "250 2.0.0 forgotten".into()
            }
            "VRFY" => "252 2.5.2 try it".into(),
            "MAIL" if self.is_greeted && !self.has_sender => match path(rest, "FROM:") {
                Some(_) => {
                    self.has_sender = true;
                    "250 2.1.0 go on".into()
                }
                None => "501 5.5.4 MAIL FROM:<address>".into(),
            },
            "RCPT" if self.has_sender => self.recipient(path(rest, "TO:"), domain),
            "LHLO" | "MAIL" | "RCPT" | "DATA" => "503 5.5.1 not now".into(),
            _ => "500 5.5.2 unknown".into(),
        }
    }

    fn recipient(&mut self, address: Option<&str>, domain: &str) -> String {
        let Some((_, at)) = address.and_then(|address| address.rsplit_once('@')) else {
            return "501 5.1.3 RCPT TO:<address>".into();
        };
        if !domain.is_empty() && !at.eq_ignore_ascii_case(domain) {
            return "550 5.1.2 not a domain of ours".into();
        }
        if self.recipients.len() >= RECIPIENTS {
            return "452 4.5.3 enough recipients".into();
        }
        self.recipients.extend(address.map(str::to_owned));
        "250 2.1.5 go on".into()
    }
}

/// The address of `FROM:<address> PARAMETERS`, printable ASCII only, so that it can be written into a header.
fn path<'a>(rest: &'a str, word: &str) -> Option<&'a str> {
    let (head, tail) = rest.split_at_checked(word.len())?;
    let (address, parameters) = tail.trim_start().strip_prefix('<')?.split_once('>')?;
    let known = |p: &str| p.to_ascii_uppercase().starts_with("SIZE=") || p.to_ascii_uppercase().starts_with("BODY=");
    let is_plain = address.len() <= 320 && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<');
    (head.eq_ignore_ascii_case(word) && is_plain && parameters.split_whitespace().all(known)).then_some(address)
}

struct Talk<S> {
    wire: BufStream<S>,
    state: State,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    async fn say(&mut self, reply: &str) -> io::Result<()> {
        self.wire.write_all(format!("{reply}\r\n").as_bytes()).await?;
        timed(self.wire.flush()).await
    }

    /// A command, without its end. A line that is too long or ends otherwise than in CR LF ends the talk.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        timed((&mut self.wire).take(LINE).read_until(b'\n', &mut line)).await?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(line) = line.strip_suffix(b"\r\n") else {
            self.say("500 5.5.2 lines must be short and end in CR LF").await?;
            return Err(io::ErrorKind::InvalidData.into());
        };
        Ok(String::from_utf8_lossy(line).into_owned())
    }

    /// The message, and an answer for each recipient.
    async fn data<F, Fut>(&mut self, most: usize, take: &F) -> io::Result<()>
    where
        F: Fn(String, Vec<u8>) -> Fut,
        Fut: Future<Output = bool>,
    {
        self.say("354 go on, and end with a dot").await?;
        let message = self.message(most).await?;
        let state = std::mem::take(&mut self.state);
        self.state.is_greeted = true;
        for recipient in state.recipients {
            let reply = match &message {
                None => "552 5.3.4 too big",
                Some(message) if take(recipient, message.clone()).await => "250 2.0.0 on record",
                Some(_) => "451 4.3.0 not now",
            };
            self.say(reply).await?;
        }
        Ok(())
    }

    /// The first `most` octets of the data before the dot; `None` when it was too big. Only CR LF ends a line, so nobody
    /// smuggles a dot in.
    async fn message(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut segment) = (Vec::new(), Vec::new());
        let (mut size, mut at_start, mut after_cr) = (0_usize, true, false);
        loop {
            segment.clear();
            timed((&mut self.wire).take(64 << 10).read_until(b'\n', &mut segment)).await?;
            if segment.is_empty() || size > 4 * SIZE {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if at_start && segment == b".\r\n" {
                return Ok((size <= SIZE).then_some(message));
            }
            size += segment.len();
            let text = if at_start { segment.strip_prefix(b".").unwrap_or(&segment) } else { &segment };
            message.extend_from_slice(&text[..text.len().min(most - message.len())]);
            at_start = segment.ends_with(b"\r\n") || after_cr && segment == b"\n";
            after_cr = segment.ends_with(b"\r");
        }
    }
}

async fn timed<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(SILENCE, step).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// All answers to what a client says at once, and what was taken.
    fn talk(said: &[u8]) -> (String, Vec<(String, Vec<u8>)>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&taken);
        let answers = runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(1 << 20);
            client.write_all(said).await.unwrap();
            client.shutdown().await.unwrap();
            let take = |to: String, message| {
                let is_safe = !to.starts_with("broken");
                keep.lock().unwrap().push((to, message));
                std::future::ready(is_safe)
            };
            let _ = receive(server, "b.example", 30, take).await;
            let mut answers = String::new();
            client.read_to_string(&mut answers).await.unwrap();
            answers
        });
        let taken = taken.lock().unwrap().clone();
        (answers, taken)
    }

    fn codes(answers: &str) -> Vec<&str> {
        answers.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect()
    }

    #[test]
    fn each_recipient_has_an_answer_of_its_own_and_the_text_is_what_was_sent() {
        let said =
            b"LHLO x\r\nMAIL FROM:<> SIZE=3 BODY=8BITMIME\r\nRCPT TO:<a@b.example>\r\nrcpt to:<broken@B.EXAMPLE>\r\n\
            RCPT TO:<a@c.example>\r\nDATA\r\nS: x\r\n\r\n..dot\n.\nend\r\n.\r\nQUIT\r\n";
        let (answers, taken) = talk(said);
        assert_eq!(
            codes(&answers),
            ["220", "250", "250", "250", "250", "550", "354", "250", "451", "221"],
            "{answers}"
        );
        let text = b"S: x\r\n\r\n.dot\n.\nend\r\n".to_vec();
        assert_eq!(taken, [("a@b.example".to_owned(), text.clone()), ("broken@B.EXAMPLE".to_owned(), text)]);
    }

    #[test]
    fn nothing_out_of_order_and_nothing_odd_is_taken() {
        let table: [(&[u8], &[&str]); 9] = [
            (b"MAIL FROM:<>\r\nDATA\r\nRCPT TO:<a@b.example>\r\n", &["220", "503", "503", "503"]),
            (b"EHLO x\r\nLHLO\r\nGET / HTTP/1.1\r\n", &["220", "500", "503", "500"]),
            (b"LHLO x\r\nMAIL FROM:<>\r\nDATA\r\n", &["220", "250", "250", "503"]),
            (b"LHLO x\r\nMAIL FROM:<> EVIL=1\r\nMAIL FROM: a\r\n", &["220", "250", "501", "501"]),
            (
                b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a b@b.example>\r\nRCPT TO:<a>\r\n",
                &["220", "250", "250", "501", "501"],
            ),
            (b"LHLO x\nMAIL FROM:<>\r\n", &["220", "500"]),
            (b"LHLO x\r\nMAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b.example>\r\n", &["220", "250", "250", "250", "503"]),
            (
                b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nS: x\r\n",
                &["220", "250", "250", "250", "354"],
            ),
            (
                b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nS\n.\nMAIL\r\n",
                &["220", "250", "250", "250", "354"],
            ),
        ];
        for (said, expected) in table {
            let (answers, taken) = talk(said);
            assert_eq!(codes(&answers), expected, "{}: {answers}", String::from_utf8_lossy(said));
            assert!(taken.is_empty());
        }
    }

    #[test]
    fn what_is_too_much_is_bounded() {
        let (answers, _) = talk(&[b'x'; 5_000]);
        assert_eq!(codes(&answers), ["220", "500"]);
        let (answers, _) = talk(&b"BAD\r\n".repeat(50));
        assert_eq!((codes(&answers).len(), codes(&answers).last()), (21, Some(&"421")));
        let rcpt = b"RCPT TO:<a@b.example>\r\n".repeat(101);
        let (answers, _) = talk(&[b"LHLO x\r\nMAIL FROM:<>\r\n", &rcpt[..]].concat());
        assert_eq!(codes(&answers).last(), Some(&"452"));
        let long = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n".to_vec();
        let (answers, taken) = talk(&[&long[..], &b"y".repeat(70_000), b"\r\n.\r\nQUIT\r\n"].concat());
        assert_eq!(codes(&answers)[4..], ["354", "250", "221"]);
        assert_eq!(taken[0].1, [b'y'; 30], "no more than is read of any message");
    }
}
