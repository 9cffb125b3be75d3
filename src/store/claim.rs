//! The requests of a delivery worker to the ledger, and the answers. Knows no SQL.

use crate::model::Delivery;

/// What a worker begins with the same commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// The next message of this domain group.
    Of(usize),
    /// The message of this number, which is reserved.
    Reserved(i64),
}

/// What a worker gets when it asks for its next message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The message, and on record that its final dot may go out.
    Delivery(Box<Delivery>),
    /// Nobody waits for a try now, or nothing was asked for.
    Empty,
    /// Someone stopped the send.
    Stopped,
    /// Another sender has ended this one, because it did not renew its lease in time. Nothing was recorded.
    Expired,
}
