//! Statements for PostgreSQL: parameters in its notation, and values in the types that the server expects.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::Statement;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::{StoreError, Value};

/// A prepared statement, and which of the caller's parameters it takes, in its own order.
pub struct Prepared {
    pub statement: Statement,
    pub order: Vec<usize>,
}

impl Prepared {
    pub fn bind(&self, params: &[Value]) -> Result<Vec<Bound>, StoreError> {
        let missing = || StoreError::Sql("a statement was given too few parameters".into());
        self.order.iter().map(|at| params.get(*at).map(Bound::from).ok_or_else(missing)).collect()
    }
}

/// Replaces `?1` and `?2` by `$1` and `$2`, numbered as they occur, because PostgreSQL refuses parameters that a statement does not use.
pub fn translate(sql: &str) -> (String, Vec<usize>) {
    let (mut text, mut order) = (String::with_capacity(sql.len()), Vec::new());
    let mut quoted = false;
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let after = &from[1..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match after[..digits].parse::<usize>() {
            Ok(number) if from.starts_with('?') && !quoted && number > 0 => {
                let place = order.iter().position(|known| *known == number - 1).unwrap_or_else(|| {
                    order.push(number - 1);
                    order.len() - 1
                });
                text.push_str(&format!("${}", place + 1));
                rest = &after[digits..];
            }
            _ => {
                quoted ^= from.starts_with('\'');
                text.push_str(&from[..1]);
                rest = after;
            }
        }
    }
    text.push_str(rest);
    (text, order)
}

/// A parameter on its way to the server.
#[derive(Debug)]
pub enum Bound {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Value<'_>> for Bound {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Int(number) => Self::Int(*number),
            // PostgreSQL's texts cannot contain NUL.
            Value::Text(text) => Self::Text(text.replace('\0', "\u{FFFD}")),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl ToSql for Bound {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(yes), &Type::BOOL) => yes.to_sql(ty, out),
            (Self::Int(number), &Type::INT8) => number.to_sql(ty, out),
            (Self::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out),
            (Self::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(ty, out),
            (Self::Text(text), &Type::TEXT) => text.to_sql(ty, out),
            // The binary form of jsonb begins with its version.
            (Self::Text(text), &Type::JSONB) => {
                out.extend_from_slice(&[1]);
                text.to_sql(&Type::TEXT, out)
            }
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => Err(format!("a parameter cannot be passed as {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

pub fn raw(bound: &[Bound]) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
    bound.iter().map(|value| value as &(dyn ToSql + Sync))
}

/// A value as the server sends it.
pub struct Raw<'a>(pub Value<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(<&str>::from_sql(ty, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::BOOL
                | Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
                | Type::UNKNOWN
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_as_they_occur() {
        let table = [
            ("SELECT ?1", "SELECT $1", vec![0]),
            ("a = ?2 AND b = ?1 OR c = ?2", "a = $1 AND b = $2 OR c = $1", vec![1, 0]),
            ("a = '?1' AND b = ?3", "a = '?1' AND b = $1", vec![2]),
            ("a ? b 'it''s ?2' ?12", "a ? b 'it''s ?2' $1", vec![11]),
            ("no parameter", "no parameter", vec![]),
        ];
        for (sql, text, order) in table {
            assert_eq!(translate(sql), (text.to_owned(), order));
        }
    }
}
