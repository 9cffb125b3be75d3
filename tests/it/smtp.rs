//! A scripted SMTP server that fights back: it records every transaction and, where the script says so, refuses, falls silent,
//! talks nonsense or hangs up. Knows RFC 5321 only as far as the tests need it.

mod talk;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use talk::Conversation;

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
    /// These bytes as they are, each segment in its own packet.
    Segments(&'static [&'static str]),
    /// This reply, then the connection closes.
    SayAndHangUp(&'static str),
    /// The connection closes without a reply.
    HangUp,
    /// Silence until [`Server::release`]; then the usual reply.
    Hold,
    /// The usual reply after this long, as from a relay that works on each message.
    Slow(Duration),
}

/// Self-signed, for `localhost`, until 2126; the tests of `sources::fetch` use it too.
const CERTIFICATE: &[u8] = include_bytes!("../../src/sources/fetch/tests/localhost.der");
const KEY: &[u8] = include_bytes!("../../src/sources/fetch/tests/localhost.key.der");

impl Secure {
    fn wrap(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), stream)
    }
}

/// When to perform which act. Built by [`Rule::at`].
#[derive(Clone, Debug)]
pub struct Rule {
    at: At,
    about: String,
    skip: usize,
    times: usize,
    beyond: usize,
    act: Act,
}

impl Rule {
    /// Acts whenever the conversation comes to `at`.
    pub fn at(at: At, act: Act) -> Self {
        Self { at, about: String::new(), skip: 0, times: usize::MAX, beyond: 0, act }
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

    /// Only on a conversation that started while this many others were open.
    pub fn beyond(mut self, count: usize) -> Self {
        self.beyond = count;
        self
    }

    /// Acts this many times, then no more.
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
    /// The code that answered the dot; `None` when the connection closed first.
    pub code: Option<u16>,
    /// When its dot came.
    pub at: Instant,
}

#[derive(Default)]
struct Log {
    rules: Vec<Rule>,
    lines: Vec<String>,
    messages: Vec<Message>,
    connections: usize,
    /// Conversations open now.
    standing: usize,
    /// Conversations that the relay closed for being idle.
    timeouts: usize,
    /// Start times of conversations that had too many others beside them.
    crowded: Vec<Instant>,
    /// Envelopes that came in one packet, DATA and all.
    together: usize,
    /// Envelopes that came in one packet with the end of another message.
    behind: usize,
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
    /// How long it waits for a command.
    patience: Option<Duration>,
}

/// How a server does TLS.
#[derive(Clone)]
struct Secure {
    config: Arc<ServerConfig>,
    /// From the first byte, not by STARTTLS.
    at_once: bool,
}

/// The server; it ends when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// One that accepts everything.
    pub fn kind() -> Self {
        Self::start([])
    }

    pub fn start(rules: impl Into<Vec<Rule>>) -> Self {
        Self::start_without(&[], rules)
    }

    /// One that does not offer some extensions, such as PIPELINING; one without "GROUPS" hangs up when an envelope comes behind
    /// another message's final dot.
    pub fn start_without(without: &[&'static str], rules: impl Into<Vec<Rule>>) -> Self {
        Self::begin(without, None, None, rules)
    }

    /// One that closes a conversation that is idle for this long, with 421 or `without` a reply.
    pub fn start_impatient(patience: Duration, without: &[&'static str], rules: impl Into<Vec<Rule>>) -> Self {
        Self::begin(without, None, Some(patience), rules)
    }

    /// One with TLS, by STARTTLS or at once, and a certificate for `localhost` that is its own authority.
    pub fn start_secure(at_once: bool, rules: impl Into<Vec<Rule>>) -> Self {
        let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![CERTIFICATE.to_vec().into()], key);
        Self::begin(&[], Some(Secure { config: Arc::new(config.unwrap()), at_once }), None, rules)
    }

    /// The certificate of [`Server::start_secure`] as a PEM file.
    pub fn certificate() -> String {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(CERTIFICATE))
    }

    /// Its key, the same way.
    pub fn key() -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(KEY))
    }

    fn begin(
        without: &[&'static str],
        tls: Option<Secure>,
        patience: Option<Duration>,
        rules: impl Into<Vec<Rule>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Mutex::new(Log { rules: rules.into(), ..Log::default() });
        let shared = Arc::new(Shared { log, without: without.to_vec(), tls, patience, ..Shared::default() });
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

    /// The recipients of the messages that were accepted or whose outcome is unknown, sorted.
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

    /// How many envelopes came behind another message's final dot.
    pub fn behind(&self) -> usize {
        self.shared.log().behind
    }

    pub fn connections(&self) -> usize {
        self.shared.log().connections
    }

    /// Conversations that were closed for being idle.
    pub fn timeouts(&self) -> usize {
        self.shared.log().timeouts
    }

    /// Start times of conversations that matched a rule with [`Rule::beyond`].
    pub fn crowded(&self) -> Vec<Instant> {
        self.shared.log().crowded.clone()
    }

    /// Messages per second, from the first dot to the last.
    pub fn pace(&self) -> f64 {
        let dots: Vec<Instant> = self.messages().iter().map(|message| message.at).collect();
        let (first, last) = (dots.first().unwrap(), dots.last().unwrap());
        f64::from(u32::try_from(dots.len() - 1).unwrap()) / (*last - *first).as_secs_f64()
    }

    /// Waits until this many messages were sent up to their dot.
    pub fn await_messages(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.messages().len() < count {
            assert!(Instant::now() < deadline, "{} of {count} messages came", self.messages().len());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until this many conversations wait at an [`Act::Hold`].
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

    /// The act of the first rule that applies here, in a conversation that started while `others` were open.
    fn act(&self, at: At, about: &str, others: usize) -> Option<Act> {
        let mut log = self.log();
        let applies = |r: &Rule| r.at == at && about.contains(&r.about) && r.times > 0 && r.beyond <= others;
        let crowded = log.rules.iter().any(|rule| rule.beyond > 0 && applies(rule));
        if crowded {
            log.crowded.push(Instant::now());
        }
        for rule in log.rules.iter_mut().filter(|rule| applies(rule)) {
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

/// A port on loopback where nobody listens.
pub fn dead_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A test of the server itself: a hand-written client gets what the script says.
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
