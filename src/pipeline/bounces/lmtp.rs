//! The daemon's intake over LMTP: a mail server on this machine hands over returned mail. The reply is 250 once it is on record.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{BounceImport, Site, Subscribers};
use crate::mail::receive_lmtp;
use crate::model::Notice;
use crate::sources::BOUNCE_MOST;

/// Maximum number of simultaneous connections; further ones wait.
const CONNECTIONS: usize = 20;
/// How long to wait before the next try after an error.
const LATER: Duration = Duration::from_secs(30);
/// How long sessions may continue after the daemon was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Listener {
    /// `127.0.0.1:2403`, or `unix:PATH` from the publication's root. A client can record evidence only with proof,
    /// but can keep us busy, so it listens on this machine only.
    async fn open(address: &str, root: &Path) -> Result<Self, Notice> {
        let wrong = |why: &dyn std::fmt::Display| {
            Notice::new(format!("cannot receive bounces at `{address}`: {why}"))
                .help("`[bounces] lmtp` is a loopback address with a port, such as 127.0.0.1:2403, or unix:PATH")
        };
        if let Some(path) = address.strip_prefix("unix:") {
            let path = root.join(path);
            // A socket that an earlier daemon left behind; anything else stays.
            if std::os::unix::net::UnixStream::connect(&path)
                .is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
            {
                std::fs::remove_file(&path).map_err(|e| wrong(&e))?;
            }
            return UnixListener::bind(&path).map(Self::Unix).map_err(|e| wrong(&e));
        }
        let at: SocketAddr = address.parse().map_err(|e| wrong(&e))?;
        if !at.ip().is_loopback() {
            return Err(wrong(&"it can be reached from outside"));
        }
        TcpListener::bind(at).await.map(Self::Tcp).map_err(|e| wrong(&e))
    }

    async fn accept(&self) -> std::io::Result<Box<dyn Wire>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

impl Subscribers {
    async fn serve_lmtp(&self, stop: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        let listener = Listener::open(&self.site.config.bounces.lmtp, &self.site.root).await?;
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut talks = JoinSet::new();
        loop {
            while talks.try_join_next().is_some() {}
            let next = async { anyhow::Ok((Arc::clone(&places).acquire_owned().await?, listener.accept().await?)) };
            let (place, wire) = tokio::select! {
                next = next => next?,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let this = self.clone();
            talks.spawn(async move {
                let take = |to, message| this.clone().take_delivered(to, message);
                if let Err(error) = receive_lmtp(wire, &this.site.config.bounces.domain, BOUNCE_MOST, take).await {
                    tracing::debug!(error = error.to_string(), "an LMTP session broke off");
                }
                drop(place);
            });
        }
        // What was acknowledged is on record; the client delivers the rest again.
        let _ = tokio::time::timeout(GRACE, async { while talks.join_next().await.is_some() {} }).await;
        Ok(())
    }

    /// Whether the message is now on record. The envelope recipient is put in front of it, as a delivery agent does.
    async fn take_delivered(self, to: String, message: Vec<u8>) -> bool {
        let whole = [format!("Delivered-To: {to}\r\n").as_bytes(), &message].concat();
        match self.take_one(format!("LMTP for {to}"), whole, BounceImport::default()).await {
            Ok(took) => {
                took.tell();
                true
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "an inbound message could not be recorded; its server keeps it"
                );
                false
            }
        }
    }
}

/// Accepts messages until `stop` turns true; does nothing without an address.
pub async fn serve_lmtp(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    if site.config.bounces.lmtp.is_empty() {
        return;
    }
    while !*stop.borrow() {
        if let Err(error) = site.subscribers().serve_lmtp(&mut stop).await {
            tracing::error!(error = format!("{error:#}"), "bounces wait");
            tokio::select! {
                () = tokio::time::sleep(LATER) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }
}
