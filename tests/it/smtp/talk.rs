//! One conversation of the scripted server: the usual replies, unless the script has others. Knows no test.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Act, At, Message, Shared};

/// A connection before and after STARTTLS.
trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// The extensions that a server offers by default.
const ALWAYS: [&str; 4] = ["PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES"];
pub struct Conversation<'a> {
    stream: BufReader<Box<dyn Stream>>,
    /// The same connection below TLS, to hang up.
    line: TcpStream,
    shared: &'a Shared,
    /// Whether TLS came by STARTTLS.
    safe: bool,
    /// How many others were open when it began.
    others: usize,
    /// Whether a MAIL was accepted.
    begun: bool,
    from: String,
    to: Vec<String>,
}

impl<'a> Conversation<'a> {
    pub fn new(stream: TcpStream, shared: &'a Shared) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(shared.patience)?;
        let line = stream.try_clone()?;
        let stream: Box<dyn Stream> = match &shared.tls {
            Some(secure) if secure.at_once => Box::new(secure.wrap(stream)),
            _ => Box::new(stream),
        };
        let others = {
            let mut log = shared.log();
            log.connections += 1;
            log.standing += 1;
            log.standing - 1
        };
        Ok(Self {
            stream: BufReader::new(stream),
            line,
            shared,
            safe: false,
            others,
            begun: false,
            from: String::new(),
            to: Vec::new(),
        })
    }

    pub fn run(&mut self) -> std::io::Result<()> {
        self.answer(At::Connect, "", "220 scripted.example ESMTP")?;
        loop {
            let line = self.line()?;
            let more = String::from_utf8_lossy(self.stream.buffer()).to_ascii_uppercase();
            let mut log = self.shared.log();
            log.lines.push(line.clone());
            let is_envelope = line.starts_with("MAIL") && more.starts_with("RCPT") && more.contains("\nDATA\r\n");
            log.together += usize::from(is_envelope);
            drop(log);
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    let offer = self.offer();
                    self.answer(At::Ehlo, rest, &offer)?;
                }
                "HELO" => _ = self.answer(At::Helo, rest, "250 scripted.example")?,
                "STARTTLS" => self.start_tls()?,
                "AUTH" => self.authenticate(rest)?,
                "MAIL" => {
                    self.to.clear();
                    self.begun = false;
                    if self.answer(At::Mail, rest, "250 2.1.0 ok")? < 300 {
                        rest.split_once(':').map_or(rest, |(_, from)| from).clone_into(&mut self.from);
                        self.begun = true;
                    }
                }
                "RCPT" if !self.begun => self.say("503 5.5.1 MAIL first")?,
                "RCPT" => {
                    let to = rest.split_once('<').and_then(|(_, to)| to.split_once('>')).map_or(rest, |(to, _)| to);
                    if self.answer(At::Rcpt, to, "250 2.1.5 ok")? < 300 {
                        self.to.push(to.to_owned());
                    }
                }
                "DATA" => self.data()?,
                "RSET" => {
                    self.to.clear();
                    self.answer(At::Rset, "", "250 2.0.0 ok")?;
                }
                "NOOP" => self.say("250 2.0.0 ok")?,
                "QUIT" => {
                    self.say("221 2.0.0 bye")?;
                    return self.hang_up();
                }
                _ => self.say("502 5.5.1 what?")?,
            }
        }
    }

    fn start_tls(&mut self) -> std::io::Result<()> {
        let Some(secure) = self.shared.tls.clone() else { return self.say("502 5.5.1 what?") };
        if self.answer(At::StartTls, "", "220 2.0.0 go ahead")? == 220 {
            self.stream = BufReader::new(Box::new(secure.wrap(self.line.try_clone()?)));
            self.safe = true;
        }
        Ok(())
    }

    /// Accepts any password; LOGIN asks for it.
    fn authenticate(&mut self, rest: &str) -> std::io::Result<()> {
        if rest == "LOGIN" {
            for question in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                self.say(question)?;
                let answer = self.line()?;
                self.shared.log().lines.push(answer);
            }
        }
        if self.answer(At::Auth, rest, "235 2.7.0 welcome")? == 334 {
            let answer = self.line()?;
            self.shared.log().lines.push(answer);
            self.say("535 5.7.8 token expired")?;
        }
        Ok(())
    }

    fn offer(&self) -> String {
        let all: &[&str] = match &self.shared.tls {
            None => &ALWAYS,
            Some(secure) if secure.at_once || self.safe => &[&ALWAYS[..], &["AUTH PLAIN LOGIN XOAUTH2"]].concat(),
            Some(_) => &[&ALWAYS[..], &["STARTTLS"]].concat(),
        };
        let kept = all.iter().filter(|offer| !self.shared.without.iter().any(|w| offer.starts_with(w)));
        let mut lines: Vec<String> = kept.map(|offer| format!("250-{offer}")).collect();
        lines.insert(0, "250-scripted.example".into());
        let last = lines.pop().unwrap_or_default().replacen('-', " ", 1);
        lines.push(last);
        lines.join("\r\n")
    }

    fn data(&mut self) -> std::io::Result<()> {
        let to = self.to.join(" ");
        let said = if self.to.is_empty() {
            self.answer(At::NoRcpt, "", "554 5.5.1 no valid recipients")?
        } else {
            self.answer(At::Data, &to, "354 go ahead")?
        };
        if said != 354 {
            return Ok(());
        }
        let mut data = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(gone());
            }
            // Only CRLF . CRLF ends a message (RFC 5321 §4.1.1.4); a bare LF before the dot is content.
            if line == b".\r\n" && (data.is_empty() || data.ends_with(b"\r\n")) {
                break;
            }
            let first = data.is_empty();
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if first && let Some(act) = self.shared.act(At::Body, &to, self.others) {
                self.perform(act, "451 4.3.0 in the middle")?;
            }
        }
        let message =
            Message { from: self.from.clone(), to: std::mem::take(&mut self.to), data, code: None, at: Instant::now() };
        let number = {
            let mut log = self.shared.log();
            log.messages.push(message);
            log.messages.len() - 1
        };
        let behind = self.stream.buffer().starts_with(b"MAIL");
        self.shared.log().behind += usize::from(behind);
        if behind && self.shared.without.contains(&"GROUPS") {
            self.shared.log().messages[number].code = Some(250);
            self.say("250 2.0.0 taken")?;
            self.say("554 5.5.0 Error: SMTP protocol synchronization")?;
            return self.hang_up();
        }
        match self.shared.act(At::Dot, &to, self.others) {
            // Recorded before the reply, so that a test that sees the client done sees this too.
            Some(Act::SayAndHangUp(reply)) => {
                self.shared.log().messages[number].code = code_of(reply);
                self.perform(Act::SayAndHangUp(reply), "").map(drop)
            }
            Some(Act::Slow(work)) => {
                thread::sleep(work);
                self.shared.log().messages[number].code = Some(250);
                self.say("250 2.0.0 taken")
            }
            Some(Act::Hold) => {
                self.hold()?;
                self.shared.log().messages[number].code = Some(250);
                self.say("250 2.0.0 taken")
            }
            Some(Act::Say(reply)) => {
                self.shared.log().messages[number].code = code_of(reply);
                self.say(reply)
            }
            Some(act) => self.perform(act, "").map(drop),
            None => {
                self.shared.log().messages[number].code = Some(250);
                self.say("250 2.0.0 taken")
            }
        }
    }

    /// Acts by the script, or replies as usual; returns the code sent.
    fn answer(&mut self, at: At, about: &str, usual: &str) -> std::io::Result<u16> {
        match self.shared.act(at, about, self.others) {
            Some(act) => self.perform(act, usual),
            None => self.perform(Act::Segments(&[]), usual),
        }
    }

    fn perform(&mut self, act: Act, usual: &str) -> std::io::Result<u16> {
        match act {
            Act::Slow(work) => {
                thread::sleep(work);
                self.perform(Act::Segments(&[]), usual)
            }
            Act::Say(reply) => {
                self.say(reply)?;
                Ok(code_of(reply).unwrap_or(0))
            }
            Act::Segments([]) => {
                self.say(usual)?;
                Ok(code_of(usual).unwrap_or(0))
            }
            Act::Segments(segments) => {
                for segment in segments {
                    self.stream.get_mut().write_all(segment.as_bytes())?;
                    self.stream.get_mut().flush()?;
                    // The pause separates the packets; correctness does not depend on it.
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(code_of(segments.concat().trim_end()).unwrap_or(0))
            }
            Act::SayAndHangUp(reply) => {
                self.say(reply)?;
                self.hang_up()?;
                Err(gone())
            }
            Act::HangUp => {
                self.hang_up()?;
                Err(gone())
            }
            Act::Hold => {
                self.hold()?;
                self.perform(Act::Segments(&[]), usual)
            }
        }
    }

    fn hold(&self) -> std::io::Result<()> {
        let mut log = self.shared.log();
        log.held += 1;
        self.shared.changed.notify_all();
        let log = self.shared.changed.wait_while(log, |log| !log.released).map_err(|_| gone())?;
        if log.over { Err(gone()) } else { Ok(()) }
    }

    fn say(&mut self, reply: &str) -> std::io::Result<()> {
        let reply = format!("{reply}\r\n");
        self.stream.get_mut().write_all(reply.as_bytes())
    }

    fn hang_up(&mut self) -> std::io::Result<()> {
        self.line.shutdown(Shutdown::Both)
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line) {
            Ok(0) => return Err(gone()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.shared.log().timeouts += 1;
                if !self.shared.without.contains(&"421") {
                    self.say("421 4.4.2 scripted.example Error: timeout exceeded")?;
                }
                self.hang_up()?;
                return Err(error);
            }
            read => _ = read?,
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

impl Drop for Conversation<'_> {
    fn drop(&mut self) {
        self.shared.log().standing -= 1;
    }
}

fn code_of(reply: &str) -> Option<u16> {
    reply.rsplit('\n').next()?.get(..3)?.parse().ok()
}

fn gone() -> std::io::Error {
    ErrorKind::ConnectionAborted.into()
}
