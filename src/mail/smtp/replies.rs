//! A server's replies, line by line, normalized: bounded, ended by CRLF, with a space after a bare code. A stream under
//! lettre's connection, whose own reader rejects a bare `250` and reads an endless line until memory runs out.
//! Knows no command.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ahead::Ahead;

/// The longest part of a line that is kept; RFC 5321 §4.5.3.1.5 asks for 512 octets.
const KEPT: usize = 1_000;
/// A longer line is not a reply.
const LONGEST: usize = 70_000;
/// A reply of more lines is none.
const LINES: usize = 200;

/// A stream whose reading side is a server's replies.
pub struct Replies<S> {
    inner: S,
    peer: SocketAddr,
    /// Lines that wait to be read.
    ready: Vec<u8>,
    read: usize,
    /// The line under way, cut at [`KEPT`], and its length so far.
    line: Vec<u8>,
    length: usize,
    /// Lines of the reply under way.
    lines: usize,
    /// Whether the next thing written goes nowhere, since it has been answered already.
    mute: bool,
    /// Bytes to write before lettre's next command.
    ahead: Ahead,
}

impl<S> Replies<S> {
    pub fn new(inner: S, peer: SocketAddr) -> Self {
        Self {
            inner,
            peer,
            ready: Vec::new(),
            read: 0,
            line: Vec::new(),
            length: 0,
            lines: 0,
            mute: false,
            ahead: Ahead::default(),
        }
    }

    /// A greeted stream as lettre wants to greet it itself: it reads the greeting and the answer to its EHLO from here, and what
    /// it says first is not sent.
    pub fn greeted(inner: S, peer: SocketAddr, ehlo: &[String]) -> Self {
        let mut replies = Self::new(inner, peer);
        replies.ready = format!("220 greeted\r\n{}\r\n", ehlo.join("\r\n")).into_bytes();
        replies.mute = true;
        replies
    }

    /// The queue of bytes to write before lettre's next command.
    pub fn ahead(&self) -> Ahead {
        self.ahead.clone()
    }

    /// The stream below. What was read but not taken is gone: before a TLS handshake nothing may be left over (RFC 3207 §6).
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.length += 1;
            if *byte == b'\n' {
                self.end_line()?;
            } else if self.length > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply line of more than 70 kB"));
            } else if self.line.len() < KEPT {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line).replace(|c: char| c.is_control(), " ");
        let line = line.trim_end();
        let is_bare = line.len() == 3 && line.bytes().all(|b| b.is_ascii_digit());
        self.lines = if line.as_bytes().get(3) == Some(&b'-') { self.lines + 1 } else { 0 };
        if self.lines > LINES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply of more than 200 lines"));
        }
        self.ready.extend_from_slice(line.as_bytes());
        self.ready.extend_from_slice(if is_bare { b" \r\n" } else { b"\r\n" });
        self.line.clear();
        self.length = 0;
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replies<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.read == self.ready.len() {
            self.ready.clear();
            self.read = 0;
            let mut chunk = [0; 4096];
            let mut chunk = ReadBuf::new(&mut chunk);
            match Pin::new(&mut self.inner).poll_read(context, &mut chunk) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) if chunk.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => self.take(chunk.filled())?,
            }
        }
        let count = buffer.remaining().min(self.ready.len() - self.read);
        buffer.put_slice(&self.ready[self.read..self.read + count]);
        self.read += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replies<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.mute {
            self.mute = false;
            return Poll::Ready(Ok(bytes.len()));
        }
        let ahead = self.ahead.clone();
        ahead.poll_write(&mut self.inner, context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S> fmt::Debug for Replies<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Replies<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests;
