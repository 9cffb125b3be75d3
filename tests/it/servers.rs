//! The real mail servers that `scripts/test` starts, found by environment variables.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The value of a `DIGEST_TEST_…` variable. Without it the test is skipped with a message on stderr, or fails where
/// `DIGEST_TEST_REQUIRE` says that the servers must be there.
pub fn server(name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    assert!(
        std::env::var_os("DIGEST_TEST_REQUIRE").is_none(),
        "{name} is not set: run scripts/test, which starts the servers"
    );
    eprintln!("skipped: run scripts/test, which starts the mail servers ({name} is not set)");
    None
}

/// Just enough IMAP (RFC 9051) to read a mailbox.
pub struct Imap {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl Imap {
    /// Logs in to the test server, where every mailbox has the password "secret".
    pub fn login(server: &str, user: &str) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut imap = Self { stream: BufReader::new(stream), tag: 0 };
        imap.line();
        imap.command(&format!("LOGIN {user} secret"));
        imap
    }

    /// Waits until the inbox has `count` messages, and reads them.
    pub fn inbox(&mut self, count: usize) -> Vec<Vec<u8>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            self.command("SELECT INBOX");
            // An empty inbox has no message 1 to name.
            let found = self.fetch();
            if found.len() >= count {
                return found;
            }
            assert!(Instant::now() < deadline, "{} of {count} messages arrived within 20 seconds", found.len());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn fetch(&mut self) -> Vec<Vec<u8>> {
        self.send("UID FETCH 1:* (BODY.PEEK[])");
        let mut found = Vec::new();
        loop {
            let line = self.line();
            if line.starts_with(&format!("t{} ", self.tag)) {
                return found;
            }
            if let Some(length) = line.trim_end().strip_suffix('}').and_then(|l| l.rsplit_once('{')) {
                let mut message = vec![0; length.1.parse().unwrap()];
                self.stream.read_exact(&mut message).unwrap();
                found.push(message);
            }
        }
    }

    fn command(&mut self, command: &str) {
        self.send(command);
        let done = format!("t{} ", self.tag);
        loop {
            let line = self.line();
            if let Some(answer) = line.strip_prefix(&done) {
                assert!(answer.starts_with("OK"), "{command}: {answer}");
                return;
            }
        }
    }

    fn send(&mut self, command: &str) {
        self.tag += 1;
        let line = format!("t{} {command}\r\n", self.tag);
        self.stream.get_mut().write_all(line.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).unwrap();
        assert!(!line.is_empty(), "the IMAP server hung up");
        String::from_utf8_lossy(&line).into_owned()
    }
}

/// Tells a fault of the servers from a fault of `digest`: a message submitted by hand arrives.
#[test]
fn the_servers_take_and_show_a_message() {
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let address = format!("reader{}000@inbox.example", std::process::id());
    let mut client = BufReader::new(TcpStream::connect(smtp).unwrap());
    client.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut said = |line: &str| {
        client.get_mut().write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        while reply.as_bytes().get(3) != Some(&b' ') {
            reply.clear();
            assert!(client.read_line(&mut reply).unwrap() > 0, "Postfix hung up at {line:?}");
        }
        reply
    };
    assert!(said("").starts_with("220 "));
    assert!(said("EHLO hand.example\r\n").starts_with("250 "));
    assert!(said("MAIL FROM:<news@gazette.example>\r\n").starts_with("250 "));
    assert!(said("RCPT TO:<nobody@inbox.example>\r\n").starts_with("550 5.1.1"));
    assert!(said(&format!("RCPT TO:<{address}>\r\n")).starts_with("250 "));
    assert!(said("DATA\r\n").starts_with("354 "));
    assert!(said("Subject: by hand\r\n\r\n..one dot\r\n.\r\n").starts_with("250 "));
    let inbox = Imap::login(&imap, &address).inbox(1);
    let text = String::from_utf8_lossy(&inbox[0]).into_owned();
    assert!(text.contains("Subject: by hand\r\n") && text.contains("\r\n.one dot\r\n"), "{text}");
}
