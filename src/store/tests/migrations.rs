//! A database of the first version, with rows in every table, comes to the newest schema with nothing lost.

use std::collections::BTreeMap;

use rusqlite::types::Value;

use super::super::migrations::{MIGRATIONS, migrate, newest};
use super::*;

fn names(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("a query");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a name")).collect()
}

fn tables(conn: &Connection) -> Vec<String> {
    names(conn, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
}

fn columns(conn: &Connection, table: &str) -> Vec<String> {
    names(
        conn,
        &format!("SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info('{table}') ORDER BY name"),
    )
}

/// The rows of a table by its `columns`, in an order of their own.
fn rows(conn: &Connection, table: &str, columns: &[String]) -> Vec<Vec<Value>> {
    let list: Vec<&str> = columns.iter().filter_map(|column| column.split(' ').next()).collect();
    let list = list.join(", ");
    let mut statement = conn.prepare(&format!("SELECT {list} FROM {table} ORDER BY {list}")).expect("a query");
    let width = columns.len();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

#[test]
fn a_filled_database_of_the_first_version_keeps_every_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("old.db");
    let mut conn = Connection::open(&path).expect("a database");
    let (first, sql) = MIGRATIONS[0];
    conn.execute_batch(sql).expect("the first schema");
    conn.pragma_update(None, "user_version", first).expect("a pragma");
    conn.execute_batch(include_str!("version_101.sql")).expect("its rows");
    let before: BTreeMap<String, (Vec<String>, Vec<Vec<Value>>)> = tables(&conn)
        .into_iter()
        .map(|table| (table.clone(), (columns(&conn, &table), rows(&conn, &table, &columns(&conn, &table)))))
        .collect();
    for (table, (_, rows)) in &before {
        assert!(!rows.is_empty(), "{table} has no row to lose");
    }

    migrate(&mut conn, &path).expect("it is brought up to date");

    for (table, (columns, old)) in &before {
        assert_eq!(&rows(&conn, table, columns), old, "{table}");
    }
    let mailbox: String = conn.query_row("SELECT mailbox FROM signups", [], |row| row.get(0)).expect("a sign-up");
    assert_eq!(mailbox, "ed@inbox.example", "the mailbox behind a tag");
    let new = dir.path().join("new.db");
    drop(Store::open_or_create(&new.as_path().into(), Durability::Process).expect("a new store"));
    let new = Connection::open(&new).expect("a new database");
    assert_eq!(tables(&conn), tables(&new), "an old database has the tables of a new one");
    for table in tables(&conn) {
        assert_eq!(columns(&conn, &table), columns(&new, &table), "{table}");
    }
    drop(conn);
    let store = Store::open(&path.into(), Durability::Process).expect("it opens");
    store.quick_check().expect("it is whole");
    let version: u32 = store.db.value("PRAGMA user_version", params![]).expect("a version");
    assert_eq!(version, newest());
}
