//! What a server's errors mean for the caller, by the class of their SQLSTATE (PostgreSQL's documentation, appendix A).

use std::error::Error;

use tokio_postgres::error::SqlState;

use super::{Server, StoreError};

impl Server {
    /// What an error means for the caller.
    pub(super) fn wrong(&self, error: &tokio_postgres::Error) -> StoreError {
        let Some(told) = error.as_db_error() else {
            return if error.is_closed() || is_network(error) {
                StoreError::Unreachable(self.to_string(), whole(error))
            } else {
                StoreError::Sql(whole(error))
            };
        };
        let why = told.message().to_owned();
        let code = told.code();
        let starts = |class: &str| code.code().starts_with(class);
        if *code == SqlState::DISK_FULL {
            StoreError::Full(format!("the database server: {why}"))
        } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            StoreError::ReadOnlyServer(self.to_string())
        } else if *code == SqlState::IO_ERROR {
            StoreError::Disk(format!("the database server: {why}"))
        } else if ["08", "57P", "53", "40", "25P03"].into_iter().any(starts) || *code == SqlState::LOCK_NOT_AVAILABLE {
            // The server is down, shutting down or overloaded, or the transaction had to give way or was idle too long. It can be tried again.
            StoreError::Unreachable(self.to_string(), why)
        } else if *code == SqlState::INVALID_SQL_STATEMENT_NAME || *code == SqlState::DUPLICATE_PSTATEMENT {
            // A pooler has switched sessions: the statement was prepared in another one.
            StoreError::Pooled(self.to_string())
        } else if starts("28") || starts("3D") || starts("42501") {
            StoreError::Refused(self.to_string(), why)
        } else {
            StoreError::Sql(why)
        }
    }
}

/// An error with its causes, on one line.
pub fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let told = inner.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = inner.source();
    }
    text
}

/// Whether an error comes from the network, not from the server.
pub fn is_network(error: &(dyn Error + 'static)) -> bool {
    error.is::<std::io::Error>() || error.source().is_some_and(is_network)
}
