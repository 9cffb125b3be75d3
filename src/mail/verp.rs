//! The marks that identify a message when it comes back. Knows no bounce; the proofs depend on the subscriber's secret.

use super::links::derive;
use crate::model::IssueName;

/// The local part of a message's envelope sender (VERP): `b-ISSUE-NUMBER-PROOF`, whose proof is 50 bits. Guessing one takes
/// 2^49 mails, and wins one subscriber's unsubscription.
pub fn sender(issue: &IssueName, number: i64, seed: &str) -> String {
    let proof = derive(&["bounce", &issue.to_string(), seed]);
    format!("b-{issue}-{number}-{}", &proof[..10])
}

/// The issue and the recipient's number that an envelope sender of ours names. Only [`sender`] with the secret of that
/// recipient proves it. Mail servers may have changed its case.
pub fn read_sender(local: &str) -> Option<(IssueName, i64)> {
    let local = local.to_ascii_lowercase();
    let (rest, _proof) = local.strip_prefix("b-")?.rsplit_once('-')?;
    let (issue, number) = rest.rsplit_once('-')?;
    Some((issue.parse().ok()?, number.parse().ok()?))
}

/// The left side of a message's Message-ID: `ISSUE.PROOF`, whose proof is 130 bits.
pub fn id(issue: &IssueName, seed: &str) -> String {
    let unique = derive(&["message-id", &issue.to_string(), seed]);
    format!("{issue}.{}", &unique[..26])
}

/// The issue that a Message-ID of ours names. Only [`id`] with a subscriber's secret proves it.
pub fn read_id(message_id: &str) -> Option<IssueName> {
    message_id.split('@').next()?.rsplit_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let issue: IssueName = "2026-11-25-mid-week".parse().expect("an issue");
        let local = sender(&issue, 12, "5eed").to_ascii_uppercase();
        assert_eq!(read_sender(&local), Some((issue.clone(), 12)));
        assert_eq!(read_id(&format!("{}@almanac.example", id(&issue, "5eed"))), Some(issue));
        for bad in ["", "b-", "b-2026-11-25-midweek", "b-x-1-y", "é-ü", "b-2026-11-25-midweek-999999999999999999999-a"]
        {
            assert_eq!(read_sender(bad), None, "{bad}");
        }
    }
}
