//! Everything that a render needs besides the draft and the templates. Knows neither.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{Card, Draft, Edition, Level, Publication};

/// A guide that an entry may be paired with: what its line under the story needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuideLink {
    pub slug: String,
    pub title: String,
    pub level: Level,
    pub url: Option<String>,
}

impl From<&Card> for GuideLink {
    fn from(card: &Card) -> Self {
        Self { slug: card.slug.clone(), title: card.title.clone(), level: card.level, url: card.url.clone() }
    }
}

/// Where the drawn draft is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Inline styles, ages such as "yesterday", each subscriber's own values.
    Mail,
    /// A public page with its own style sheet, still read years later: no inline styles, full dates.
    Web,
}

/// All that a render needs besides the draft and the templates.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub publication: &'a Publication,
    /// Shown in the masthead; empty means the edition's name with a capital.
    pub edition_title: &'a str,
    pub edition: &'a Edition,
    /// Every guide an entry may be paired with. The draft's own cards need not be listed.
    pub guides: &'a [GuideLink],
    /// Names of the merge fields that the list knows, for `{{subscriber.fields.NAME}}`.
    pub fields: &'a [String],
    pub medium: Medium,
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
    /// The minimal setting: no guides or merge fields, direct links, no pages served.
    pub fn new(publication: &'a Publication, edition: &'a Edition) -> Self {
        Self {
            publication,
            edition_title: "",
            edition,
            guides: &[],
            fields: &[],
            medium: Medium::Mail,
            clicks: None,
            pages: None,
            next: None,
        }
    }
}

/// The guides an entry may be paired with, by slug: those of content/, then the draft's own cards.
pub fn known_guides(draft: &Draft, setting: &Setting) -> BTreeMap<String, GuideLink> {
    let cards = draft.guides.iter().map(GuideLink::from);
    setting.guides.iter().cloned().chain(cards).map(|guide| (guide.slug.clone(), guide)).collect()
}
