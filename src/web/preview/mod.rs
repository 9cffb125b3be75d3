//! The preview of an issue: a page on loopback that follows every save, and on which anyone with its key can edit. Knows no file, no
//! store and no pipeline; a [`PreviewService`] answers the requests.

mod answers;
mod assets;
mod clip;
mod edit;
mod edit_routes;
mod inbox;
mod invert;
mod markup;
mod routes;
mod scheme;
mod state;

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

pub use edit::{Act, Change, Earlier, EditHandler, EditRequest, EditResponse, EditService, Wanted};
pub use inbox::{Row, rows};
pub use routes::serve;

/// What a browser asks to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewRequest {
    /// An issue's name; `None` for the one that the preview started with.
    pub issue: Option<String>,
    /// A subscriber's address as typed. Empty is the sample subscriber, `None` the one that the preview started with.
    pub subscriber: Option<String>,
}

/// Answers a [`PreviewRequest`] with the current state. It may take some milliseconds, and is never called on a runtime's thread.
pub type PreviewHandler = Arc<dyn Fn(&PreviewRequest) -> View + Send + Sync>;

/// Where the pages get what they show.
#[derive(Clone)]
pub struct PreviewService {
    /// A number that changes whenever a file of an issue changes.
    pub changes: watch::Receiver<u64>,
    pub handle: PreviewHandler,
    /// The editing service; without it the preview is read-only.
    pub editing: Option<EditService>,
}

/// Everything about one issue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct View {
    /// The number of [`PreviewService::changes`] that this view shows.
    pub version: u64,
    pub publication: String,
    /// All issues, the newest first.
    pub issues: Vec<Title>,
    /// The one shown; `None` when there is none at all.
    pub issue: Option<String>,
    pub subscriber: Subscriber,
    /// What keeps the newest text from being shown; the proof below is then the last good one.
    pub troubles: Vec<Trouble>,
    /// The draft's file, as it is now.
    pub draft: Option<Source>,
    /// Whether a configured spam filter was skipped: it takes seconds.
    pub spam_left_out: bool,
    #[serde(skip)]
    pub proof: Option<Proof>,
}

/// An issue in the list of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Title {
    pub name: String,
    pub edition: String,
    pub date: String,
}

/// The subscriber whose message is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subscriber {
    /// As typed; empty for the sample subscriber.
    pub address: String,
    /// A description of the subscriber: "Ann, on the list".
    pub told: String,
    /// Whether the address cannot be used. If so, the message is the sample subscriber's.
    pub wrong: bool,
}

/// A file and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Below the publication's folder.
    pub file: String,
    /// Absolute.
    pub path: String,
    #[serde(skip)]
    pub text: String,
}

/// A mistake in a draft, a template or the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trouble {
    pub message: String,
    pub help: Option<String>,
    /// Relative to the publication's folder, when it is about a file.
    pub file: Option<String>,
    /// The same as an absolute path, when the file exists.
    pub path: Option<String>,
    /// From 1.
    pub line: Option<usize>,
    /// The lines around it, each with its number.
    pub excerpt: Vec<(usize, String)>,
}

/// A rendered issue as one subscriber gets it, with the findings of the check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// `Name <address>`.
    pub from: String,
    pub subject: String,
    pub preheader: String,
    pub html: String,
    pub text: String,
    /// The whole message as it goes over the wire.
    pub message: String,
    /// Sizes with a typical subscriber's values.
    pub html_bytes: usize,
    pub text_bytes: usize,
    pub blocks: Vec<Block>,
    pub findings: Vec<Finding>,
    /// Pictures of the publication's own folder: the address in the mail, and a `data:` URL with what is in the file.
    pub pictures: Vec<(String, String)>,
}

/// A part of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// As the check names it: `news[2] "Title"`.
    pub name: String,
    pub bytes: usize,
    /// Words that the block begins with, by which it is found on the page; empty when unknown.
    pub begins: String,
}

/// One thing that the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    pub code: &'static str,
    pub message: String,
    pub help: String,
    /// As the check names it: `news[2] "Title", url`.
    pub place: String,
    /// The line of the draft, from 1.
    pub line: Option<usize>,
    /// The editor's reason, when the draft waives it.
    pub waived: Option<String>,
    /// The fix that the page offers: `waive`, `drop`, `shorten`, `unpair`, `clean`.
    pub mends: Vec<&'static str>,
}

#[cfg(test)]
mod tests;
