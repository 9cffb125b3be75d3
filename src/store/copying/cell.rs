//! A value from either engine, and how values are hashed to compare the rows of both.

use sha2::{Digest, Sha256};

use crate::store::db::{Column, Param, Value};

/// A value of a row. A boolean is a number here, as in SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Column for Cell {
    fn read(value: Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Int(i64::from(yes)),
            Value::Int(number) => Self::Int(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        })
    }
}

impl Param for Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

impl Cell {
    /// Adds the value to a hash: its kind, its length and its bytes, so that different rows never add the same bytes.
    pub(super) fn hash(&self, hash: &mut Sha256) {
        let (kind, bytes) = match self {
            Self::Null => return hash.update(b"n"),
            Self::Int(number) => {
                hash.update(b"i");
                return hash.update(number.to_be_bytes());
            }
            Self::Text(text) => (b"t", plain(text)),
            Self::Bytes(bytes) => (b"b", bytes.clone()),
        };
        hash.update(kind);
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(&bytes);
    }
}

/// A text as both engines can store it: PostgreSQL's texts cannot contain NUL.
fn plain(text: &str) -> Vec<u8> {
    without_nul(text).into_bytes()
}

/// A text with each NUL replaced.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
