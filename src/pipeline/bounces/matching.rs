//! Finds the subscriber a message is about. Only a mark derived from their secret proves it; anybody can write an address.

use crate::mail::{Purpose, verp};
use crate::model::{Address, IssueName, MatchedBy};
use crate::sources::{BounceFinding, BounceKind};
use crate::store::{Store, StoreError};

/// A subscriber, and what proves that the message is about them.
pub struct Proof {
    pub email: Address,
    pub issue: Option<IssueName>,
    /// `verp`, `message_id`, `address` or `token`.
    pub by: MatchedBy,
}

/// Matches an unsubscribe request by token; else by envelope sender, then Message-ID, and by address only when `by_address`
/// is set. `domain` receives the bounces; when it is empty, we have no VERP addresses.
pub fn find(
    store: &Store,
    finding: &BounceFinding,
    domain: &str,
    by_address: bool,
) -> Result<Option<Proof>, StoreError> {
    if finding.kind == BounceKind::Leave {
        return match &finding.token {
            Some(token) => token_holder(store, token),
            None => Ok(None),
        };
    }
    if let Some(proof) = envelope(store, finding, domain)? {
        return Ok(Some(proof));
    }
    if let Some(proof) = message_id(store, finding)? {
        return Ok(Some(proof));
    }
    if by_address {
        for email in named(finding) {
            if let Some((email, _)) = store.subscribers().secret(&email)? {
                return Ok(Some(Proof { email, issue: None, by: MatchedBy::Address }));
            }
        }
    }
    Ok(None)
}

fn token_holder(store: &Store, token: &str) -> Result<Option<Proof>, StoreError> {
    let found = store.subscribers().subscriber_by(Purpose::Unsubscribe, token)?;
    Ok(found.map(|subscriber| Proof { email: subscriber.email, issue: None, by: MatchedBy::Token }))
}

fn envelope(store: &Store, finding: &BounceFinding, domain: &str) -> Result<Option<Proof>, StoreError> {
    for address in &finding.delivered_to {
        let Some((local, at)) = address.rsplit_once('@') else { continue };
        if domain.is_empty() || !at.eq_ignore_ascii_case(domain) {
            continue;
        }
        let Some((issue, number)) = verp::read_sender(local) else { continue };
        if let Some((email, seed)) = store.subscribers().recipient(&issue, number)?
            && verp::sender(&issue, number, &seed).eq_ignore_ascii_case(local)
        {
            return Ok(Some(Proof { email, issue: Some(issue), by: MatchedBy::Verp }));
        }
    }
    Ok(None)
}

fn message_id(store: &Store, finding: &BounceFinding) -> Result<Option<Proof>, StoreError> {
    let Some(id) = finding.returned_id.as_deref() else { return Ok(None) };
    let Some(issue) = verp::read_id(id) else { return Ok(None) };
    let left = id.split('@').next().unwrap_or_default();
    for email in named(finding) {
        if let Some((email, seed)) = store.subscribers().secret(&email)?
            && verp::id(&issue, &seed) == left
        {
            return Ok(Some(Proof { email, issue: Some(issue), by: MatchedBy::MessageId }));
        }
    }
    Ok(None)
}

/// The addresses that a message names: the recipient of ours, then those in the report.
fn named(finding: &BounceFinding) -> Vec<Address> {
    let written = finding.returned_to.iter().filter_map(|text| Address::parse(text).ok());
    let reported = finding.failures.iter().flat_map(|failure| failure.recipients.iter().cloned());
    written.chain(reported).take(50).collect()
}
