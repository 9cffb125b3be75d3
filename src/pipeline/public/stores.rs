//! A small pool of open stores for requests, so that a crowd uses a bounded amount of memory and files. Knows no page.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::super::Site;
use crate::store::Store;

pub(super) struct Stores {
    site: Arc<Site>,
    idle: Mutex<Idle>,
    back: Condvar,
    /// The write lock: waiting here is in order, where SQLite would make writers poll.
    pen: Mutex<()>,
}

struct Idle {
    stores: Vec<Store>,
    /// How many more may be opened.
    unopened: usize,
}

impl Stores {
    pub(super) fn open(site: Arc<Site>) -> anyhow::Result<Self> {
        let idle = Idle { stores: vec![site.store_to_fill()?], unopened: site.config.store.connections.max(1) - 1 };
        Ok(Self { site, idle: Mutex::new(idle), back: Condvar::new(), pen: Mutex::new(()) })
    }

    /// Runs `work`, which only reads, on a store that it has to itself.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.lend(|store| work(store))
    }

    /// Runs `work`, which may write, while no other request writes.
    pub(super) fn write<T>(&self, work: impl FnOnce(&mut Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let _pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        self.lend(|store| {
            let done = work(store)?;
            if let Err(error) = store.write_safety_log() {
                tracing::error!(error = error.to_string(), "the safety log lags");
            }
            Ok(done)
        })
    }

    fn lend<T>(&self, work: impl FnOnce(&mut Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut lent = self.place();
        let mut idle = lent.store.take();
        // Writes to a store whose file was replaced would be lost.
        if idle.as_ref().is_some_and(|store| store.check_file().is_err()) {
            tracing::error!("the database file was replaced while it was in use; the pages go on with the new one");
            idle = None;
        }
        let store = match idle {
            Some(store) => store,
            // Never creates a database: the first store did.
            None => self.site.delivery().ledger_store()?,
        };
        work(lent.store.insert(store))
    }

    /// Waits until a store is idle or may be opened.
    fn place(&self) -> Lent<'_> {
        let free = |idle: &mut Idle| idle.stores.is_empty() && idle.unopened == 0;
        let mut idle = self.back.wait_while(self.idle(), free).unwrap_or_else(PoisonError::into_inner);
        let store = idle.stores.pop();
        if store.is_none() {
            idle.unopened -= 1;
        }
        Lent { stores: self, store }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store on loan from the pool, returned however the work ends.
struct Lent<'a> {
    stores: &'a Stores,
    store: Option<Store>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.stores.idle();
        match self.store.take() {
            Some(store) => idle.stores.push(store),
            None => idle.unopened += 1,
        }
        drop(idle);
        self.stores.back.notify_one();
    }
}
