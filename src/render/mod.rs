//! Renders a draft into an issue: one compile for all subscribers, with slots where a subscriber's own values go. Knows no file, no
//! clock and no subscriber.

mod archive;
mod bounds;
mod clicks;
mod draw;
mod editors;
mod helpers;
mod html;
mod letter;
mod lint;
mod mjml;
mod page;
mod prose;
mod ready;
mod report;
pub mod sample;
mod slots;
mod templates;
mod texts;
mod view;
mod words;

use chrono::NaiveDate;

use crate::model::{Draft, Edition, Level, Notices, Publication, Rendered};

pub use archive::{ArchiveEdition, ArchiveLine, ArchivePage, CopyFrame, feed_content, web_copy};
pub use clicks::ClickSettings;
pub use editors::{EditorLetter, Found, Shown, ToDo, editors};
pub use letter::{Confirm, Notice as EditorsNotice, letter, samples as letter_samples};
pub use page::{Choice, Home, Leave, Lost, MessagePage, Page, PageSetting, Preferences, page, style};
pub use report::report;
pub use templates::Templates;

/// A guide that an entry may be paired with: what its line under the story needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuideLink {
    pub slug: String,
    pub title: String,
    pub level: Level,
    pub url: Option<String>,
}

/// All that a render needs besides the draft and the templates.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub publication: &'a Publication,
    /// Shown in the masthead; empty means the edition's name with a capital.
    pub edition_title: &'a str,
    pub edition: &'a Edition,
    /// Every guide an entry may be paired with. The draft's own cards are known without being listed.
    pub guides: &'a [GuideLink],
    /// Names of the merge fields that the list knows, for `{{subscriber.fields.NAME}}`.
    pub fields: &'a [String],
    /// Where the public pages live, without a trailing slash, when clicks are counted: the links of stories and guides lead there
    /// first. `None`: they are direct.
    pub clicks: Option<&'a str>,
    /// Where the public pages live, without a trailing slash, when there are some: pictures of content/, the poll and the archive
    /// are there.
    pub pages: Option<&'a str>,
    /// The day of the edition's next issue after this one.
    pub next: Option<NaiveDate>,
}

impl<'a> Setting<'a> {
    /// The least: no guides and fields are known, links are direct, and no pages are served.
    pub fn new(publication: &'a Publication, edition: &'a Edition) -> Self {
        Self {
            publication,
            edition_title: "",
            edition,
            guides: &[],
            fields: &[],
            clicks: None,
            pages: None,
            next: None,
        }
    }
}

/// Renders `draft` into both parts with the templates of its edition. The same arguments give the same bytes.
///
/// # Errors
/// Every mistake found in the templates, with file, line and column.
pub fn render(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Rendered, Notices> {
    draw::render(draft, setting, templates)
}

/// Checks an edition's templates without a draft: every name in them, in both branches of every condition, and a render
/// of each of the [`sample`] drafts.
///
/// # Errors
/// Every mistake found, with file, line and column.
pub fn prove(setting: &Setting, templates: &Templates) -> Result<(), Notices> {
    for draft in [sample::full(), sample::minimal(), sample::hostile()] {
        draw::render(&draft, setting, templates)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
