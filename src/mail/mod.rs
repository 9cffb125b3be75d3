//! Message bytes and how they leave: over SMTP or into a folder; and a mailbox that is read over IMAP. Knows no ledger and decides no retry.

mod body;
mod dkim;
mod dns;
mod folder;
mod imap;
mod letter;
mod links;
mod lmtp;
mod message;
mod quoted;
mod smtp;
pub mod verp;

pub use dkim::{KeyFile as DkimKeyFile, Settings as DkimSettings, Signer as DkimSigner};
pub use dns::Dns;
pub use folder::Folder;
pub use imap::{Mailbox, Settings as ImapSettings};
pub use letter::{Letter, LetterWriter};
pub use links::{Links, Purpose};
pub use lmtp::receive as receive_lmtp;
pub use message::{CompiledIssue, Message, sender_domain};
/// For fuzz/ alone.
#[cfg(fuzzing)]
pub use smtp::Replies as SmtpReplies;
pub use smtp::{Connection, DomainGroup, Refusal, Relay, Settings as SmtpSettings, Stage, Timeouts, Tls};
