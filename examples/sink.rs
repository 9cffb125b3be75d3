//! A cheap SMTP sink for measuring senders: takes everything, looks at as little as it can, keeps nothing.
//! `cargo run --release --example sink PORT` listens on 127.0.0.1 and prints how many messages it took when a client says `COUNT`.

#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};

static TAKEN: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        // A client that hangs up ends its own thread only.
        std::thread::spawn(move || talk(stream));
    }
    Ok(())
}

fn talk(stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::with_capacity(128 * 1024, stream);
    out.write_all(b"220 sink.example ESMTP\r\n")?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let mut answer: Vec<u8> = Vec::new();
        match line.first_chunk::<4>() {
            Some(b"EHLO") => answer.extend(b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"),
            Some(b"DATA") => answer.extend(b"354 go\r\n"),
            Some(b"QUIT") => return out.write_all(b"221 bye\r\n"),
            Some(b"COUN") => answer.extend(format!("250 {}\r\n", TAKEN.load(Ordering::Relaxed)).bytes()),
            _ => answer.extend(b"250 ok\r\n"),
        }
        // What came in one packet is answered in one.
        while line.starts_with(b"DATA") || input.buffer().contains(&b'\n') {
            if line.starts_with(b"DATA") {
                break;
            }
            line.clear();
            input.read_until(b'\n', &mut line)?;
            answer.extend_from_slice(if line.starts_with(b"DATA") { b"354 go\r\n" } else { b"250 ok\r\n" });
        }
        out.write_all(&answer)?;
        if line.starts_with(b"DATA") {
            swallow(&mut input)?;
            TAKEN.fetch_add(1, Ordering::Relaxed);
            out.write_all(b"250 taken\r\n")?;
        }
    }
}

/// Reads to the end of a message, behind which at most the next envelope waits: so only the last bytes of what came are looked at.
fn swallow(input: &mut impl BufRead) -> Result<()> {
    const END: &[u8] = b"\r\n.\r\n";
    const ENVELOPE: usize = 600;
    let mut carry: Vec<u8> = Vec::new();
    loop {
        let read = input.fill_buf()?;
        if read.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let length = read.len();
        let tail = length.saturating_sub(ENVELOPE);
        let kept = if tail == 0 { carry.len() } else { 0 };
        let seen: Vec<u8> = carry[carry.len() - kept..].iter().chain(&read[tail..]).copied().collect();
        if let Some(at) = seen.windows(END.len()).position(|window| window == END) {
            input.consume(tail + at + END.len() - kept);
            return Ok(());
        }
        carry = seen[seen.len().saturating_sub(END.len() - 1)..].to_vec();
        input.consume(length);
    }
}
