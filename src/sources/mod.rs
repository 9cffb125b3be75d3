//! Sources: reads news items and guides from files of every form that people hand over, and keeps the content folder.
//! Knows the forms and their mistakes; decides nothing about what is worth reading, and knows no clock.

mod bounces;
mod content;
mod feeds;
mod fetch;
mod fields;
mod files;
mod guides;
mod news;
mod page;
mod records;
mod report;
mod separator;
mod store;
mod subscribers;
mod text;

use crate::model::{Guide, Item, Notice};

#[cfg(test)]
mod tests;

pub use bounces::{
    Failure as BounceFailure, Finding as BounceFinding, Kind as BounceKind, MOST as BOUNCE_MOST, read_bounce,
};
pub use content::{Content, load};
pub use feeds::{
    Dated, Fed, Feed, Health, Held, Memory, Origin, Pulse, Reading, Shown, Source, UNPACKED, page_text, read_feed,
    read_lines,
};
pub use fetch::{ACCEPTED, Failure, Fetched, Fetcher, Hop, Method, Request as FetchRequest, Settings as FetchSettings};
pub use files::read_file;
pub use guides::read_guides;
pub use news::{item_to_json, read_news, salvage_news, score_to_json};
pub use page::{PageWords, read_page};
pub use store::{Better, Merged, Topics, by_first, merge_guides, merge_news, rewrite_news};
pub use subscribers::{
    Census, ListHints, ListSource, Reject, RejectWriter, SubscriberList, SubscriberRules, SubscriberWriter,
};

/// The result of reading a file: its records in order, and notices (each with file and line).
#[derive(Clone, Debug, PartialEq)]
pub struct Intake<T> {
    pub records: Vec<T>,
    pub notices: Vec<Notice>,
}

/// The result of reading a guide file: guides, and the news items that a guide page lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    pub items: Vec<Item>,
    pub guides: Vec<Guide>,
    pub notices: Vec<Notice>,
}
