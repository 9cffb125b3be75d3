//! For tests: cuts a database off after so many commits, as the death of its process would: nothing is kept of what comes after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

/// How many commits each armed database has left, and whether one was refused.
static FUSES: Mutex<BTreeMap<PathBuf, (usize, bool)>> = Mutex::new(BTreeMap::new());

fn fuses() -> MutexGuard<'static, BTreeMap<PathBuf, (usize, bool)>> {
    FUSES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the database accepts this many commits, and none after that.
pub fn arm(path: &Path, commits: usize) {
    fuses().insert(path.to_path_buf(), (commits, false));
}

/// Lets the database accept commits again; returns whether one was refused.
pub fn disarm(path: &Path) -> bool {
    fuses().remove(path).is_some_and(|(_, blown)| blown)
}

/// Puts a connection under the fuse of its database.
pub(super) fn install(conn: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let path = path.to_path_buf();
    conn.commit_hook(Some(move || match fuses().get_mut(&path) {
        Some((0, blown)) => {
            *blown = true;
            true
        }
        Some((left, _)) => {
            *left -= 1;
            false
        }
        None => false,
    }))
}
