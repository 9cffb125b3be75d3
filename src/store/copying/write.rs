//! Writes rows of any table to the new database, and makes its numbering continue where the old one's ended.

use std::collections::BTreeSet;

use super::cell::{Cell, without_nul};
use super::tables::{ColumnType, QUEUE, TABLES, Table, list};
use crate::store::StoreError;
use crate::store::audience::make_partition;
use crate::store::db::{Array, Change, Db, Engine, Param, Postgres, Value, params};
use crate::store::safety::{last_change, set_last_change};

/// Writes rows within a transaction. What triggers add to the safety queue is removed again: the safety log has it already.
pub(super) fn write(db: &Db, table: &Table, columns: &[ColumnType], rows: Vec<Vec<Cell>>) -> Result<(), StoreError> {
    match db.engine() {
        Engine::Sqlite(_) => one_by_one(db, table, columns, &rows)?,
        Engine::Postgres(postgres) => {
            if table.name == "deliveries" {
                make_partitions(db, columns, &rows)?;
            }
            all_at_once(postgres, table, columns, rows)?;
        }
    }
    if matches!(table.name, "subscribers" | "forgotten") {
        db.execute("DELETE FROM safety_queue", params![])?;
    }
    Ok(())
}

fn one_by_one(db: &Db, table: &Table, columns: &[ColumnType], rows: &[Vec<Cell>]) -> Result<(), StoreError> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let numbers: Vec<String> = (1..=columns.len()).map(|number| format!("?{number}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, list(&names), numbers.join(", "));
    for row in rows {
        let values: Vec<Value> = row.iter().map(Param::value).collect();
        db.execute(&sql, &values)?;
    }
    Ok(())
}

/// Writes all rows by one statement, with an array for each column.
fn all_at_once(
    postgres: &Postgres,
    table: &Table,
    columns: &[ColumnType],
    rows: Vec<Vec<Cell>>,
) -> Result<(), StoreError> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let (mut given, mut wanted, mut aliases) = (Vec::new(), Vec::new(), Vec::new());
    for (column, number) in columns.iter().zip(1..) {
        let (array, value) = match column.kind.as_str() {
            "bigint" => ("bigint", format!("x{number}")),
            "boolean" => ("bigint", format!("x{number} <> 0")),
            "bytea" => ("text", format!("decode(x{number}, 'hex')")),
            _ => ("text", format!("x{number}")),
        };
        given.push(format!("?{number}::{array}[]"));
        wanted.push(value);
        aliases.push(format!("x{number}"));
    }
    let sql = format!(
        "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS x ({})",
        table.name,
        list(&names),
        wanted.join(", "),
        given.join(", "),
        aliases.join(", ")
    );
    postgres.change(Change { sql: sql.into(), arrays: arrays(columns, rows)? }).map(drop)
}

/// The rows as arrays, one for each column.
fn arrays(columns: &[ColumnType], rows: Vec<Vec<Cell>>) -> Result<Vec<Array>, StoreError> {
    let empty = |column: &ColumnType| match column.kind.as_str() {
        "bigint" | "boolean" => Array::Ints(Vec::with_capacity(rows.len())),
        _ => Array::Texts(Vec::with_capacity(rows.len())),
    };
    let mut arrays: Vec<Array> = columns.iter().map(empty).collect();
    for row in rows {
        for ((array, cell), column) in arrays.iter_mut().zip(row).zip(columns) {
            match (array, cell) {
                (Array::Ints(values), Cell::Null) => values.push(None),
                (Array::Ints(values), Cell::Int(number)) => values.push(Some(number)),
                (Array::Texts(values), Cell::Null) => values.push(None),
                (Array::Texts(values), Cell::Text(text)) if column.kind != "bytea" => {
                    values.push(Some(if text.contains('\0') { without_nul(&text) } else { text }));
                }
                (Array::Texts(values), Cell::Bytes(bytes)) if column.kind == "bytea" => {
                    values.push(Some(data_encoding::HEXLOWER.encode(&bytes)));
                }
                (_, cell) => return Err(StoreError::Value(format!("{cell:?} as {}", column.name))),
            }
        }
    }
    Ok(arrays)
}

/// Creates the partitions for the sends to which these rows belong.
fn make_partitions(db: &Db, columns: &[ColumnType], rows: &[Vec<Cell>]) -> Result<(), StoreError> {
    let at = columns.iter().position(|column| column.name == "send_id");
    let id = |row: &Vec<Cell>| match row.get(at?)? {
        Cell::Int(id) => Some(*id),
        _ => None,
    };
    let sends: BTreeSet<i64> = rows.iter().filter_map(id).collect();
    for send in sends {
        make_partition(db, send)?;
    }
    Ok(())
}

/// Empties every table, within a transaction.
pub(super) fn clear(db: &Db) -> Result<(), StoreError> {
    if let Engine::Postgres(_) = db.engine() {
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        return db.batch(&format!("TRUNCATE {}, senders, tallies", names.join(", ")));
    }
    db.execute("DELETE FROM senders", params![])?;
    for table in TABLES.iter().rev() {
        db.execute(&format!("DELETE FROM {}", table.name), params![])?;
    }
    // The triggers on deletion have filled it again.
    db.execute(&format!("DELETE FROM {QUEUE}"), params![]).map(drop)
}

/// The last number that each numbered table has used. The row may be gone, but its number must not be used again.
pub(super) fn counters(db: &Db) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut counters = Vec::new();
    for table in TABLES.iter().filter(|table| table.key == ["id"]) {
        let highest: i64 = db.value(&format!("SELECT coalesce(max(id), 0) FROM {}", table.name), params![])?;
        let given: Option<i64> = match db.engine() {
            _ if table.name == QUEUE => Some(last_change(db)?),
            Engine::Sqlite(_) => {
                db.first("SELECT seq FROM sqlite_sequence WHERE name = ?1", params![table.name], |row| row.get(0))?
            }
            Engine::Postgres(_) => {
                let sql = "SELECT pg_sequence_last_value(pg_get_serial_sequence(?1, 'id')::regclass)";
                db.value(sql, params![table.name])?
            }
        };
        counters.push((table.name, highest.max(given.unwrap_or(0))));
    }
    Ok(counters)
}

/// Makes each table continue after these numbers, within a transaction.
pub(super) fn set_counters(db: &Db, counters: &[(&'static str, i64)]) -> Result<(), StoreError> {
    for (table, last) in counters {
        match db.engine() {
            _ if *table == QUEUE => set_last_change(db, *last)?,
            Engine::Sqlite(_) => {
                let sql =
                    "SELECT instr(sql, 'AUTOINCREMENT') > 0 FROM sqlite_master WHERE type = 'table' AND name = ?1";
                if db.value(sql, params![*table])? {
                    db.execute("DELETE FROM sqlite_sequence WHERE name = ?1", params![*table])?;
                    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![*table, *last])?;
                }
            }
            Engine::Postgres(_) => {
                let sql = "SELECT setval(s, greatest(?2::bigint, 1), ?2::bigint > 0)
                           FROM (SELECT pg_get_serial_sequence(?1, 'id')::regclass AS s) AS sequence WHERE s IS NOT NULL";
                db.first(sql, params![*table, *last], |row| row.get::<i64>(0))?;
            }
        }
    }
    Ok(())
}
