//! A scripted SMTP server that fights back: it records every transaction and, where the script says so, refuses, falls silent,
//! talks nonsense or hangs up. Knows RFC 5321 only as far as the tests need it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use data_encoding::BASE64;
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A point of the conversation at which a rule may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Connect,
    Ehlo,
    Helo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// DATA after every recipient was refused.
    NoRcpt,
    /// After the first line of the message.
    Body,
    /// After the final dot.
    Dot,
    Rset,
}

/// What happens there instead of the usual reply.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// This reply; several lines are joined by CRLF.
    Say(&'static str),
    /// These bytes as they are, one piece after the other in packets of their own.
    Pieces(&'static [&'static str]),
    /// This reply, then the line goes dead.
    SayAndHangUp(&'static str),
    /// The line goes dead without a word.
    HangUp,
    /// Silence until [`Server::release`]; then the usual reply.
    Hold,
}

/// What every server offers that was not told otherwise.
const ALWAYS: [&str; 4] = ["PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES"];
/// Self-signed, for `localhost`, until 2126; the tests of `sources::fetch` use it too.
const CERTIFICATE: &[u8] = include_bytes!("../../src/sources/fetch/tests/localhost.der");
const KEY: &[u8] = include_bytes!("../../src/sources/fetch/tests/localhost.key.der");

impl Secure {
    fn wrap(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), stream)
    }
}

/// When to do what. Built by [`Rule::at`].
#[derive(Clone, Debug)]
pub struct Rule {
    at: At,
    about: String,
    skip: usize,
    times: usize,
    act: Act,
}

impl Rule {
    /// Acts whenever the conversation comes to `at`.
    pub fn at(at: At, act: Act) -> Self {
        Self { at, about: String::new(), skip: 0, times: usize::MAX, act }
    }

    /// Only when the recipient (at MAIL, EHLO and AUTH: the command's argument) contains this text.
    pub fn about(mut self, text: &str) -> Self {
        self.about = text.into();
        self
    }

    /// Lets the first `count` such occasions pass.
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Acts this often, then no more.
    pub fn times(mut self, count: usize) -> Self {
        self.times = count;
        self
    }
}

/// A message that came in whole, up to its dot.
#[derive(Clone, Debug)]
pub struct Message {
    /// The argument of MAIL FROM, with its angle brackets and parameters.
    pub from: String,
    /// The address of each accepted RCPT TO, bare.
    pub to: Vec<String>,
    /// As a mailbox would hold it: dot-unstuffed, without the final dot.
    pub data: Vec<u8>,
    /// The code that answered the dot; `None` when the line died first.
    pub code: Option<u16>,
}

#[derive(Default)]
struct Log {
    rules: Vec<Rule>,
    lines: Vec<String>,
    messages: Vec<Message>,
    connections: usize,
    /// Envelopes that came in one packet, DATA and all.
    together: usize,
    held: usize,
    released: bool,
    over: bool,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    changed: Condvar,
    without: Vec<&'static str>,
    tls: Option<Secure>,
}

/// How a server does TLS.
#[derive(Clone)]
struct Secure {
    config: Arc<ServerConfig>,
    /// From the first byte, and not by STARTTLS.
    at_once: bool,
}

/// A connection before and after STARTTLS.
trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// The server; it ends when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// One that takes everything.
    pub fn kind() -> Self {
        Self::start([])
    }

    pub fn start(rules: impl Into<Vec<Rule>>) -> Self {
        Self::start_without(&[], rules)
    }

    /// One that does not offer some extensions, such as PIPELINING.
    pub fn start_without(without: &[&'static str], rules: impl Into<Vec<Rule>>) -> Self {
        Self::begin(without, None, rules)
    }

    /// One with TLS, by STARTTLS or at once, and a certificate for `localhost` that is its own authority.
    pub fn start_secure(at_once: bool, rules: impl Into<Vec<Rule>>) -> Self {
        let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![CERTIFICATE.to_vec().into()], key);
        Self::begin(&[], Some(Secure { config: Arc::new(config.unwrap()), at_once }), rules)
    }

    /// The certificate of [`Server::start_secure`] as a PEM file.
    pub fn certificate() -> String {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(CERTIFICATE))
    }

    fn begin(without: &[&'static str], tls: Option<Secure>, rules: impl Into<Vec<Rule>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Mutex::new(Log { rules: rules.into(), ..Log::default() });
        let shared = Arc::new(Shared { log, without: without.to_vec(), tls, ..Shared::default() });
        let in_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if in_thread.log().over {
                    return;
                }
                let shared = Arc::clone(&in_thread);
                // A conversation ends with an error when either side hangs up; what was said is on record.
                thread::spawn(move || Conversation::new(stream, &shared).and_then(|mut c| c.run()));
            }
        });
        Self { address, shared }
    }

    /// `host:port`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Every message up to now that was sent up to its dot, in order, answered or not.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.log().messages.clone()
    }

    /// The recipients of the messages that were accepted or that nobody can know about, sorted.
    pub fn reached(&self) -> Vec<String> {
        let taken = |m: &Message| m.code.is_none_or(|code| code < 300);
        let mut to: Vec<String> = self.messages().into_iter().filter(taken).flat_map(|m| m.to).collect();
        to.sort();
        to
    }

    /// The number of messages answered by 2xx.
    pub fn accepted(&self) -> usize {
        self.messages().iter().filter(|m| m.code.is_some_and(|code| code < 300)).count()
    }

    /// Every command line that came in.
    pub fn commands(&self) -> Vec<String> {
        self.shared.log().lines.clone()
    }

    /// How many envelopes came in one packet, DATA and all.
    pub fn together(&self) -> usize {
        self.shared.log().together
    }

    pub fn connections(&self) -> usize {
        self.shared.log().connections
    }

    /// Waits until this many messages were sent up to their dot.
    pub fn await_messages(&self, count: usize) {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while self.messages().len() < count {
            assert!(std::time::Instant::now() < deadline, "{} of {count} messages came", self.messages().len());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until this many conversations stand at a [`Act::Hold`].
    pub fn await_held(&self, count: usize) {
        let (log, late) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.log(), Duration::from_mins(1), |log| log.held < count)
            .unwrap();
        assert!(!late.timed_out(), "{} of {count} conversations came to the point; seen: {:?}", log.held, log.lines);
    }

    /// Ends every [`Act::Hold`], now and later.
    pub fn release(&self) {
        self.shared.log().released = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut log = self.shared.log();
        log.over = true;
        log.released = true;
        drop(log);
        self.shared.changed.notify_all();
        // Wakes the listener, so that its thread sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        // A test that failed while it held the lock must not hide its own message behind a second panic.
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The act of the first rule that applies here.
    fn act(&self, at: At, about: &str) -> Option<Act> {
        let mut log = self.log();
        for rule in log.rules.iter_mut().filter(|r| r.at == at && about.contains(&r.about) && r.times > 0) {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times -= usize::from(rule.times != usize::MAX);
            return Some(rule.act);
        }
        None
    }
}

struct Conversation<'a> {
    stream: BufReader<Box<dyn Stream>>,
    /// The same connection below TLS, to hang up.
    line: TcpStream,
    shared: &'a Shared,
    /// Whether TLS came by STARTTLS.
    safe: bool,
    /// Whether a MAIL was taken.
    begun: bool,
    from: String,
    to: Vec<String>,
}

impl<'a> Conversation<'a> {
    fn new(stream: TcpStream, shared: &'a Shared) -> std::io::Result<Self> {
        shared.log().connections += 1;
        stream.set_nodelay(true)?;
        let line = stream.try_clone()?;
        let stream: Box<dyn Stream> = match &shared.tls {
            Some(secure) if secure.at_once => Box::new(secure.wrap(stream)),
            _ => Box::new(stream),
        };
        Ok(Self {
            stream: BufReader::new(stream),
            line,
            shared,
            safe: false,
            begun: false,
            from: String::new(),
            to: Vec::new(),
        })
    }

    fn run(&mut self) -> std::io::Result<()> {
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

    /// Takes any password; LOGIN asks for it.
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
            if first && let Some(act) = self.shared.act(At::Body, &to) {
                self.perform(act, "451 4.3.0 in the middle")?;
            }
        }
        let message = Message { from: self.from.clone(), to: std::mem::take(&mut self.to), data, code: None };
        let number = {
            let mut log = self.shared.log();
            log.messages.push(message);
            log.messages.len() - 1
        };
        match self.shared.act(At::Dot, &to) {
            // On record before it is said, so that a test that sees the client done sees this too.
            Some(Act::SayAndHangUp(reply)) => {
                self.shared.log().messages[number].code = code_of(reply);
                self.perform(Act::SayAndHangUp(reply), "").map(drop)
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

    /// Acts by the script, or replies as usual; gives the code that was said.
    fn answer(&mut self, at: At, about: &str, usual: &str) -> std::io::Result<u16> {
        match self.shared.act(at, about) {
            Some(act) => self.perform(act, usual),
            None => self.perform(Act::Pieces(&[]), usual),
        }
    }

    fn perform(&mut self, act: Act, usual: &str) -> std::io::Result<u16> {
        match act {
            Act::Say(reply) => {
                self.say(reply)?;
                Ok(code_of(reply).unwrap_or(0))
            }
            Act::Pieces([]) => {
                self.say(usual)?;
                Ok(code_of(usual).unwrap_or(0))
            }
            Act::Pieces(pieces) => {
                for piece in pieces {
                    self.stream.get_mut().write_all(piece.as_bytes())?;
                    self.stream.get_mut().flush()?;
                    // The pause parts the packets; correctness does not hang on it.
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(code_of(pieces.concat().trim_end()).unwrap_or(0))
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
                self.perform(Act::Pieces(&[]), usual)
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
        if self.stream.read_until(b'\n', &mut line)? == 0 {
            return Err(gone());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

fn code_of(reply: &str) -> Option<u16> {
    reply.rsplit('\n').next()?.get(..3)?.parse().ok()
}

fn gone() -> std::io::Error {
    std::io::ErrorKind::ConnectionAborted.into()
}

/// A port on loopback where nobody listens.
pub fn dead_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The server is itself tested: a client by hand gets what the script says.
#[test]
fn the_scripted_server_follows_its_script() {
    let server = Server::start([
        Rule::at(At::Rcpt, Act::Say("550 5.1.1 no such mailbox")).about("lost@"),
        Rule::at(At::Dot, Act::HangUp).skip(1),
    ]);
    let stream = TcpStream::connect(server.address()).unwrap();
    let mut client = BufReader::new(stream);
    let mut said = |line: &str| {
        client.get_mut().write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            if client.read_line(&mut line).unwrap() == 0 {
                return "gone".to_owned();
            }
            reply.push_str(&line);
            if line.as_bytes().get(3) == Some(&b' ') {
                return reply;
            }
        }
    };
    assert!(said("").starts_with("220 "));
    assert!(said("EHLO me.example\r\n").contains("250-PIPELINING\r\n"));
    assert!(said("MAIL FROM:<a@me.example>\r\n").starts_with("250"));
    assert!(said("RCPT TO:<lost@x.example>\r\n").starts_with("550 5.1.1"));
    assert!(said("RCPT TO:<b@x.example>\r\n").starts_with("250"));
    assert!(said("DATA\r\n").starts_with("354"));
    assert!(said("Subject: x\r\n\r\n..dots\r\n.\r\n").starts_with("250"));
    assert!(said("MAIL FROM:<a@me.example>\r\n").starts_with("250"));
    assert!(said("RCPT TO:<c@x.example>\r\n").starts_with("250"));
    assert!(said("DATA\r\n").starts_with("354"));
    assert_eq!(said("Subject: y\r\n\r\n.\r\n"), "gone");
    let messages = server.messages();
    assert_eq!(messages[0].data, b"Subject: x\r\n\r\n.dots\r\n");
    assert_eq!((messages[0].from.as_str(), messages[0].to[0].as_str()), ("<a@me.example>", "b@x.example"));
    assert_eq!((messages[0].code, messages[1].code), (Some(250), None));
    assert_eq!((server.accepted(), server.connections()), (1, 1));
}
