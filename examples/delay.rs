//! A way to a server that is far: forwards bytes both ways, each so many milliseconds late. For measuring senders over a round trip
//! that loopback does not have.
//! `cargo run --release --example delay PORT TARGET_PORT MILLISECONDS` listens on 127.0.0.1.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().unwrap_or(0_u16));
    let (port, target, late) = (numbers.next(), numbers.next(), numbers.next());
    let late = Duration::from_millis(late.unwrap_or(0).into());
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await?;
    loop {
        let (near, _) = listener.accept().await?;
        tokio::spawn(async move {
            // The handshake would have cost a round trip too.
            tokio::time::sleep(2 * late).await;
            let Ok(far) = TcpStream::connect(("127.0.0.1", target.unwrap_or(0))).await else { return };
            drop((near.set_nodelay(true), far.set_nodelay(true)));
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            forward(near_in, far_out, late);
            forward(far_in, near_out, late);
        });
    }
}

/// Reads at once and writes late, so that what follows closely arrives closely.
fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, late: Duration) {
    let (send, mut wait) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut buffer = vec![0; 128 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if send.send((Instant::now() + late, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((due, bytes)) = wait.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        drop(to.shutdown().await);
    });
}
