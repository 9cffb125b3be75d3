//! The values of parameters and columns, the same for both engines. Knows no connection.

use super::StoreError;

/// A value that both engines accept and return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A type that can be a parameter of a statement.
pub trait Param {
    fn value(&self) -> Value<'_>;
}

/// The parameters of a statement, `?1` first.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::db::Param::value(&$value)),*] };
}
pub(in crate::store) use params;

macro_rules! int_params {
    ($($kind:ty),*) => { $(impl Param for $kind {
        fn value(&self) -> Value<'_> {
            Value::Int(i64::from(*self))
        }
    })* };
}
int_params!(i64, i32, u8, u16, u32);

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

/// A type that can be read from a column. A boolean of the engine can be read as 0 or 1.
pub trait Column: Sized {
    /// `None`: the column holds another kind of value.
    fn read(value: Value<'_>) -> Option<Self>;
}

impl Column for i64 {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Int(number) => Some(number),
            Value::Bool(yes) => Some(Self::from(yes)),
            _ => None,
        }
    }
}

macro_rules! int_columns {
    ($($kind:ty),*) => { $(impl Column for $kind {
        fn read(value: Value<'_>) -> Option<Self> {
            Self::try_from(i64::read(value)?).ok()
        }
    })* };
}
int_columns!(i32, u8, u16, u32);

impl Column for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        i64::read(value).map(|number| number != 0)
    }
}

impl Column for String {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::read(value).map(Some) }
    }
}

/// Reads a column of a row.
pub(super) fn read<T: Column>(value: Value<'_>, column: usize) -> Result<T, StoreError> {
    let kind = match value {
        Value::Null => "NULL",
        Value::Bool(_) | Value::Int(_) => "a number that does not fit",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    T::read(value).ok_or_else(|| StoreError::Value(format!("{kind} in column {column}")))
}
