//! Edits of a draft, with what content/ knows: the item behind an id, the guide behind a slug, the page behind an address.

use super::draft::Drafts;
use crate::compose;
use crate::issues::{self, Edit, EditError, Undoable};
use crate::model::{Draft, Entry, Guide, IssueName, Item, Notice, Published, Status, topic_key};
use crate::sources::PageWords;
use crate::text::suggestion;

/// A story in an editor's own words. All but the title may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenStory {
    pub title: String,
    pub url: String,
    pub source: String,
    pub summary: String,
}

/// The `why` of an entry that an editor added.
const BY_HAND: &str = "added by hand";

impl Drafts {
    /// Makes an edit in the draft's file, which can be undone.
    ///
    /// # Errors
    /// The edit does not fit the draft; nothing is changed.
    pub fn edit(&self, name: &IssueName, edit: &Edit) -> anyhow::Result<()> {
        self.edit_seen(name, edit, None).map_err(told)
    }

    /// The same, with the words or stamp `seen` of what the edit replaces, as the person saw it.
    ///
    /// # Errors
    /// The edit does not fit the draft, or somebody else changed the same words since.
    pub fn edit_seen(&self, name: &IssueName, edit: &Edit, seen: Option<&str>) -> Result<(), EditError> {
        issues::edit(&self.site.issues_dir(), &self.history(name), name, edit, seen)
    }

    /// The edits that can be undone and redone in a draft with this text.
    pub(super) fn undoable(&self, name: &IssueName, text: &str) -> Undoable {
        issues::undoable(&self.history(name), text)
    }

    /// Undoes the last edit, or with `redo` redoes the last undone one; returns its name.
    ///
    /// # Errors
    /// There is nothing to undo, or the draft has been changed some other way since.
    pub fn undo(&self, name: &IssueName, redo: bool) -> anyhow::Result<String> {
        Ok(issues::undo(&self.site.issues_dir(), &self.history(name), name, redo)?)
    }

    /// Adds a story: the item with an id, or the page at an address, which is fetched and added to content/.
    ///
    /// # Errors
    /// The id is unknown, or the page cannot be read.
    pub fn add(&self, name: &IssueName, what: &str, place: Option<usize>) -> anyhow::Result<Entry> {
        let item = match self.item(what)? {
            Some(item) => item,
            None if what.starts_with("https://") || what.starts_with("http://") => {
                self.site.content().add_page(what, &PageWords::default())?.0
            }
            None => {
                let help = "`digest news list` shows the ids; an address that begins with https:// is fetched";
                return Err(Notice::new(format!("there is no item `{what}` in content/")).help(help).into());
            }
        };
        let entry = entry_of(&item);
        self.edit(name, &Edit::Add { entry: Box::new(entry.clone()), place })?;
        Ok(entry)
    }

    /// Adds a story in an editor's own words, without an item in content/.
    ///
    /// # Errors
    /// It has no title, or does not fit the draft.
    pub fn write_in(&self, name: &IssueName, story: &WrittenStory, place: Option<usize>) -> anyhow::Result<Entry> {
        let title = story.title.trim();
        if title.is_empty() {
            return Err(Notice::new("a story needs a title").into());
        }
        let url = Some(story.url.trim()).filter(|url| !url.is_empty());
        let id: String = topic_key(url.unwrap_or(title)).chars().take(60).collect();
        // Subscribers see the source; without one, the publication itself is the source.
        let own = self.site.config.publication.name.clone();
        let source = Some(story.source.trim().to_owned()).filter(|source| !source.is_empty()).unwrap_or(own);
        let entry = Entry {
            url: url.map(str::to_owned),
            summary: story.summary.trim().to_owned(),
            why: BY_HAND.into(),
            ..Entry::bare(id, title.into(), source, Published::Day(name.date))
        };
        self.edit(name, &Edit::Add { entry: Box::new(entry.clone()), place })?;
        Ok(entry)
    }

    /// Shows a guide as a card.
    ///
    /// # Errors
    /// There is no such guide, or it is not live.
    pub fn add_card(&self, name: &IssueName, slug: &str) -> anyhow::Result<()> {
        let guide = self.guide(slug)?;
        self.edit(name, &Edit::AddCard(Box::new(compose::card(&guide, BY_HAND.into()))))
    }

    /// Pairs an entry with a guide, or with none. `seen` is the slug that the person saw there, if that is known.
    ///
    /// # Errors
    /// There is no such entry or guide, or the guide is not live.
    pub fn pair(&self, name: &IssueName, entry: &str, slug: Option<&str>, seen: Option<&str>) -> anyhow::Result<()> {
        let slug = slug.map(|slug| self.guide(slug).map(|guide| guide.slug)).transpose()?;
        self.edit_seen(name, &Edit::Guide { entry: entry.into(), slug }, seen).map_err(told)
    }

    /// Splits an item off an entry's `also` into a separate story.
    ///
    /// # Errors
    /// There is no such entry, or the item is not in its `also`.
    pub fn split(&self, name: &IssueName, entry: &str, id: &str) -> anyhow::Result<()> {
        let known = self.item(id)?.map(|item| Box::new(entry_of(&item)));
        self.edit(name, &Edit::Split { entry: entry.into(), id: id.into(), known })
    }

    /// An issue's draft.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(&self, name: &IssueName) -> anyhow::Result<Draft> {
        Ok(issues::read(&self.site.issues_dir(), name)?)
    }

    /// Where an issue's edit history is kept; the lock for all edits is beside it.
    pub(super) fn history(&self, name: &IssueName) -> std::path::PathBuf {
        self.site.root.join("data/edits").join(format!("{name}.json"))
    }

    /// The item of content/ with this id or address, with its effective score.
    fn item(&self, what: &str) -> anyhow::Result<Option<Item>> {
        let content = self.site.content().scored_content()?;
        let url = crate::model::canonical_url(what);
        let is_meant = |item: &Item| {
            item.id == what || url.is_some() && item.url.as_deref().and_then(crate::model::canonical_url) == url
        };
        Ok(content.items.into_iter().find(is_meant))
    }

    fn guide(&self, slug: &str) -> anyhow::Result<Guide> {
        let content = self.site.content().load()?;
        let guides = content.guides;
        let Some(guide) = guides.iter().find(|guide| guide.slug == slug.trim()) else {
            let help = suggestion(slug, guides.iter().map(|guide| guide.slug.as_str()));
            return Err(Notice::new(format!("there is no guide `{slug}` in content/")).help(help).into());
        };
        if guide.status != Status::Live {
            let message = format!("the guide \"{}\" is not live, so subscribers cannot read it", guide.title);
            return Err(Notice::new(message).help("set its `status` to \"live\" once it is").into());
        }
        Ok(guide.clone())
    }
}

/// Mistakes in a draft, as the commands print them.
fn told(error: EditError) -> anyhow::Error {
    match error {
        EditError::Refused(notices) => notices.into(),
        EditError::Conflict(_) => error.into(),
    }
}

/// An item as an editor adds it to a draft.
fn entry_of(item: &Item) -> Entry {
    Entry {
        score: item.score,
        url: item.url.clone(),
        summary: item.summary.clone(),
        format: item.format,
        topics: item.topics.clone(),
        guide: item.guides.first().cloned(),
        why: BY_HAND.into(),
        ..Entry::bare(item.id.clone(), item.title.clone(), item.source.clone(), item.published)
    }
}
