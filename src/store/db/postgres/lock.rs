//! A lock that one process holds, by a session of its own. The server releases it when the session ends; a session that is lost is opened
//! again, and takes the lock again unless somebody else has it by then.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_postgres::Client;

use super::thread::{runtime, wait};
use super::{LOCKS, Server, StoreError};

/// How often the session is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long the release may take.
const RELEASE: Duration = Duration::from_secs(5);

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// Dropped, it has the lock released.
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
        // Whoever asks next finds it free. A server that is away has no session of ours any more.
        let _ = self.released.recv_timeout(RELEASE);
    }
}

/// A session that holds the lock; `None` when another one does.
async fn try_lock(server: &Server, name: &str) -> Result<Option<Client>, StoreError> {
    let client = server.connect().await?;
    let sql = format!("SELECT pg_try_advisory_lock({LOCKS}, hashtext(current_schema() || '/' || $1))");
    let row = client.query_one(&sql, &[&name]).await.map_err(|error| server.wrong(&error))?;
    Ok(row.get::<_, bool>(0).then_some(client))
}

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
