//! A lock that one process holds, in a session of its own. The server releases it when the session ends. If the session is lost, a new one
//! is opened and takes the lock again, unless another process has it by then.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_postgres::Client;

use super::thread::{runtime, wait};
use super::{LOCKS, SESSION, Server, StoreError};

/// How often to check whether the session is still open.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait for the release.
const RELEASE: Duration = Duration::from_secs(5);

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// Dropping this asks for the release.
    release: Option<oneshot::Sender<()>>,
    released: Receiver<()>,
}

impl Held {
    /// Takes a lock; `None` when another session holds it.
    pub fn take(server: &Arc<Server>, name: &str) -> Result<Option<Self>, StoreError> {
        let (server, name) = (Arc::clone(server), name.to_owned());
        let (release, asked) = oneshot::channel();
        let (done, released) = sync_channel(1);
        let taken = wait(super::ANSWER, async move {
            let Some(client) = try_lock(&server, &name).await? else { return Ok::<_, StoreError>(false) };
            runtime()?.spawn(async move {
                keep(server, name, client, asked).await;
                let _ = done.send(());
            });
            Ok(true)
        })??;
        Ok(taken.then_some(Self { release: Some(release), released }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.release.take());
        // Wait, so that the next process finds the lock free. A server that cannot be reached releases it when it ends our session.
        let _ = self.released.recv_timeout(RELEASE);
    }
}

/// Opens a session and takes the lock in it; `None` when another session holds it.
async fn try_lock(server: &Server, name: &str) -> Result<Option<Client>, StoreError> {
    let client = server.connect().await?;
    // With the keepalives, the server soon notices that our machine is gone, and releases its lock.
    client.batch_execute(SESSION).await.map_err(|error| server.wrong(&error))?;
    let sql = format!("SELECT pg_try_advisory_lock({LOCKS}, hashtext(current_schema() || '/' || $1))");
    let row = client.query_one(&sql, &[&name]).await.map_err(|error| server.wrong(&error))?;
    Ok(row.get::<_, bool>(0).then_some(client))
}

/// Holds the lock until [`Held`] is dropped, in a new session if the first one is lost.
async fn keep(server: Arc<Server>, name: String, client: Client, mut asked: oneshot::Receiver<()>) {
    let mut held = Some(client);
    while tokio::time::timeout(LOOK, &mut asked).await.is_err() {
        if held.as_ref().is_none_or(Client::is_closed) {
            held = try_lock(&server, &name).await.ok().flatten();
        }
    }
    if let Some(client) = held {
        let _ = client.batch_execute("SELECT pg_advisory_unlock_all()").await;
    }
}
