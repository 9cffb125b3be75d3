//! Arrays as parameters, one for each column, so that one statement can change many rows.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Error, Row, Statement};

/// The values of one column, one for each row.
#[derive(Debug)]
pub enum Array {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

/// A statement that changes many rows, with an array for each of their columns, and returns numbers.
#[derive(Debug)]
pub struct Change {
    pub sql: Cow<'static, str>,
    pub arrays: Vec<Array>,
}

impl Change {
    /// Whether there are no rows: the last array is empty.
    pub fn is_empty(&self) -> bool {
        self.arrays.last().is_none_or(Array::is_empty)
    }

    pub async fn run(&self, client: &Client, statement: &Statement) -> Result<Vec<Row>, Error> {
        client.query_raw(statement, raw(&self.arrays)).await?.try_collect().await
    }
}

impl Array {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Ints(values) => values.is_empty(),
            Self::Texts(values) => values.is_empty(),
        }
    }
}

impl ToSql for Array {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, ty) {
            (Self::Ints(values), &Type::INT8_ARRAY) => values.to_sql(ty, out),
            (Self::Texts(values), &Type::TEXT_ARRAY) => values.to_sql(ty, out),
            _ => Err(format!("an array cannot be passed as {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn raw(arrays: &[Array]) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
    arrays.iter().map(|array| array as &(dyn ToSql + Sync))
}
