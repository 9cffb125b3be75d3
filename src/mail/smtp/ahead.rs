//! Bytes that are written before lettre's next command, straight from where they are: lettre itself would copy a message
//! twice. Knows no command and no reply.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

/// The most slices that one write takes; the systems' own limit is 1024.
const SLICES: usize = 256;

/// The queue, which the connection fills and its stream empties.
#[derive(Clone, Debug, Default)]
pub struct Ahead(Arc<Mutex<VecDeque<Bytes>>>);

impl Ahead {
    /// Queues `parts` to be written before the next command.
    pub fn put(&self, parts: &[Bytes]) {
        self.queue().extend(parts.iter().filter(|part| !part.is_empty()).cloned());
    }

    /// Writes what waits, then `word`; returns how much of the word is written.
    pub fn poll_write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        context: &mut Context<'_>,
        word: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut queue = self.queue();
        loop {
            if queue.is_empty() {
                return Pin::new(stream).poll_write(context, word);
            }
            let mut slices: Vec<IoSlice> = queue.iter().take(SLICES).map(|part| IoSlice::new(part)).collect();
            if slices.len() == queue.len() {
                slices.push(IoSlice::new(word));
            }
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(context, &slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_word = advance(&mut queue, written);
            if of_word > 0 {
                return Poll::Ready(Ok(of_word));
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes `written` bytes from the queue; returns how many were not from the queue.
fn advance(queue: &mut VecDeque<Bytes>, mut written: usize) -> usize {
    while written > 0 {
        let Some(part) = queue.front_mut() else { break };
        let here = part.len().min(written);
        part.advance(here);
        written -= here;
        if part.is_empty() {
            queue.pop_front();
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_pieces_and_the_room_all_arrive_in_order(
            parts in proptest::collection::vec("[a-z]{0,40}", 0..600), word in "[A-Z]{1,9}", room in 1_usize..200,
        ) {
            let expected = parts.concat() + &word;
            let parts: Vec<Bytes> = parts.into_iter().map(Bytes::from).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let text = runtime.block_on(async {
                let (mut near, mut far) = tokio::io::duplex(room);
                let ahead = Ahead::default();
                ahead.put(&parts);
                let writing = async {
                    let mut left = word.as_bytes();
                    while !left.is_empty() {
                        let written = poll_fn(|context| ahead.poll_write(&mut near, context, left)).await.expect("written");
                        left = &left[written..];
                    }
                    drop(near);
                };
                let mut text = String::new();
                let (read, ()) = tokio::join!(far.read_to_string(&mut text), writing);
                read.expect("text");
                text
            });
            prop_assert_eq!(text, expected);
        }
    }
}
