//! How many recipients of a send are in each state, on PostgreSQL: a trigger updates these counts whenever rows change, so that nobody has to
//! count a million rows. SQLite counts the rows.

use super::StoreError;
use super::db::{Db, params};

/// A subquery with the columns `state`, `class` (the first digit of the last reply's code, or 0), `latency` (of a message delivered at the first
/// try the index of its bound in [`super::LATENCIES`], else -1), `count` and `ms` (the sum of the latencies): the tallies of send `?1`.
pub const TALLIES: &str =
    "(SELECT state, class, latency, CAST(sum(count) AS bigint) AS count, CAST(sum(ms) AS bigint) AS ms
    FROM tallies WHERE send_id = ?1 GROUP BY state, class, latency) AS t";

/// How many recipients are in each state.
pub fn states(db: &Db, send: i64) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = format!("SELECT state, CAST(sum(count) AS bigint) FROM {TALLIES} GROUP BY state");
    db.rows(&sql, params![send], |row| Ok((row.get(0)?, row.get::<i64>(1)?.unsigned_abs())))
}
