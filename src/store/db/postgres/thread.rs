//! The thread that runs all connections, and how other threads wait for it.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

use super::StoreError;

/// How long to wait before trying again to reach a server.
const AGAIN: Duration = Duration::from_millis(250);

#[expect(clippy::disallowed_methods, reason = "a server does not announce that it is back")]
pub fn pause() {
    std::thread::sleep(AGAIN);
}

/// The runtime of all connections: one thread, however many connections there are.
pub fn runtime() -> Result<&'static Handle, StoreError> {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    if let Some(handle) = RUNTIME.get() {
        return Ok(handle);
    }
    let cannot = |why: std::io::Error| StoreError::Sql(format!("cannot start the database thread: {why}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let handle = runtime.handle().clone();
    // Another thread may have been faster; then its runtime serves, and this one is dropped.
    if RUNTIME.set(handle).is_ok() {
        let run = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("database".into()).spawn(run).map_err(cannot)?;
    }
    RUNTIME.get().ok_or_else(|| StoreError::Sql("the database thread has not started".into()))
}

/// Runs `work` on the runtime, and blocks until it is done or `patience` has passed.
pub fn wait<T: Send + 'static>(
    patience: Duration,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        let _ = answer.send(tokio::time::timeout(patience, work).await);
    });
    answered.recv().map_err(|_| late())?.map_err(|_| late())
}

/// The error when a server does not answer in time.
pub fn late() -> StoreError {
    StoreError::Unreachable("the database server".into(), "it does not answer".into())
}
