//! The types that every room shares. Knows no file, no clock, no SQL and no network.

mod address;
mod draft;
mod editing;
mod edition;
mod guide;
mod item;
mod ledger;
mod letter;
mod local;
mod network;
mod notice;
mod poll;
mod refusal;
mod rendered;
mod report;
mod sentence;
mod subscriber;
mod token;
mod tracking;
mod url;
mod words;

pub use address::{Address, AddressError};
pub use draft::{Card, Covered, Draft, Entry, Figure, GuideOption, IssueName, StoryDecisions, Window};
pub use editing::{Editing, EditorAct, Origin};
pub use edition::{Edition, Missed, OnUnapproved, Picture, Publication, TextLinks, Thin, WeekTime, duration};
pub use guide::{Faq, Guide, Level, Section, Status, TimelineEntry, Version};
pub use item::{ALSO, EDITOR_SCORE, EDITOR_WHY, Item, Published, TextFormat, topic_key};
pub use ledger::{
    Approval, Delivery, DeliveryCounts, DeliveryState, Frozen, IssueState, Letterhead, Outcome, Reply, STOPPED_BY_HAND,
    STOPPED_UNFINISHED, UNKNOWN_APPROVER,
};
pub use letter::{LetterLine, LetterOrder, QueuedLetter};
pub use local::local_instant;
pub use network::network;
pub use notice::{Notice, Notices, Place};
pub use poll::{AnswerCount, Poll, PollCounts};
pub use refusal::{EvidenceKind, MatchedBy, RefusalClass};
pub use rendered::{Article, Fill, Part, Rendered, Segment, Slot, push_escaped};
pub use report::{
    Advice, ClickLine, DomainLine, Figures, IssueLine, LaterLine, ListGrowth, Refusal, ReplyLine, SendReport,
    StateLine, Timeline, TriesLine, WaitLine, Within,
};
pub use sentence::{Sentence, Value};
pub use subscriber::{Act, DeliveryLine, Subscriber, SubscriberRow, SubscriberStatus};
pub use token::{Purpose, derive, token, token_hash};
pub use tracking::{CountedLink, Linked, Tracking};
pub use url::{canonical_url, is_tracking, untracked};
pub use words::{WordsFault, WordsMistake};
