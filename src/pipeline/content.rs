//! Imports news and guides into content/, and lists them.

use std::cmp::Ordering;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use url::Url;

use super::Site;
use super::fetch::charset_of;
use crate::compose::{SourcePreference, SourcePreferences};
use crate::model::{EDITOR_SCORE, EDITOR_WHY, IssueName, Item, Notice, Notices};
use crate::sources::{self, ACCEPTED, Content, FetchRequest, Merged, Method, PageWords, Topics};

/// The most that is fetched of a page, in bytes.
const PAGE: usize = 2 << 20;

/// What an import did to content/.
#[derive(Debug, Default)]
pub struct Imported {
    pub news: Option<Merged>,
    pub guides: Option<Merged>,
    pub notices: Vec<Notice>,
    /// Why files were refused; the others were imported.
    pub mistakes: Vec<Notice>,
}

/// News, guides and their sources: what is in content/, and how it gets there.
#[derive(Clone)]
pub struct ContentFolder {
    pub(super) site: Site,
}

impl ContentFolder {
    /// Reads news files and merges their items. A record with a mistake is left out and reported; the others go in.
    /// Undated feed items count from `as_of`, and dates in the future are not believed.
    pub fn import_news(&self, paths: &[PathBuf], as_of: DateTime<Utc>) -> anyhow::Result<Imported> {
        let mut items = Vec::new();
        let mut notices = Vec::new();
        let mut mistakes = Vec::new();
        let latest = as_of.max(self.site.now());
        for path in paths {
            match sources::read_file(path).and_then(|bytes| sources::salvage_news(path, &bytes, as_of, latest)) {
                Ok((intake, found)) => {
                    items.extend(intake.records);
                    notices.extend(intake.notices);
                    mistakes.extend(found);
                }
                Err(Notices(found)) => mistakes.extend(found),
            }
        }
        if items.is_empty() && !mistakes.is_empty() {
            return Err(nothing_imported(mistakes));
        }
        Ok(Imported {
            news: Some(sources::merge_news(&self.site.own_content_dir()?, &items, Topics::Replace, &self.better())?),
            guides: None,
            notices,
            mistakes,
        })
    }

    /// Imports guide files, and the news that guide pages list. Guides with a mistake are left out and reported. Ages count from `as_of`.
    pub fn import_guides(&self, paths: &[PathBuf], as_of: DateTime<Utc>) -> anyhow::Result<Imported> {
        let zone = self.site.config.publication.timezone;
        let (mut guides, mut items) = (Vec::new(), Vec::new());
        let mut notices = Vec::new();
        let mut mistakes = Vec::new();
        for path in paths {
            match sources::read_file(path).and_then(|bytes| sources::read_guides(path, &bytes, as_of, zone)) {
                Ok(imported) => {
                    guides.extend(imported.guides);
                    items.extend(imported.items);
                    notices.extend(imported.notices);
                }
                Err(Notices(found)) => mistakes.extend(found),
            }
        }
        if guides.is_empty() && items.is_empty() && !mistakes.is_empty() {
            return Err(nothing_imported(mistakes));
        }
        let content = self.site.own_content_dir()?;
        let merged = sources::merge_guides(&content, &guides)?;
        let news = if items.is_empty() {
            None
        } else {
            Some(sources::merge_news(&content, &items, Topics::Join, &self.better())?)
        };
        Ok(Imported { news, guides: Some(merged), notices, mistakes })
    }

    /// Which of two records of one address wins: by score, then a source that writes of its own work, then the earlier one.
    pub(super) fn better(&self) -> impl Fn(&Item, &Item) -> Ordering + use<> {
        let (scores, sources) = (self.site.config.scores(), self.site.config.sources());
        move |a, b| {
            let score = |item: &Item| scores.of(item).value.unwrap_or(f64::NEG_INFINITY);
            score(b)
                .total_cmp(&score(a))
                .then_with(|| sources.is_primary(b).cmp(&sources.is_primary(a)))
                .then_with(|| sources::by_first(a, b))
        }
    }

    /// Fetches a page and adds it as an item; what `words` say goes before what the page says.
    ///
    /// # Errors
    /// The address cannot be fetched, or the page has no title.
    pub fn add_page(&self, address: &str, words: &PageWords) -> anyhow::Result<(Item, Merged)> {
        let url = Url::parse(address.trim()).map_err(|_| Notice::new(format!("`{address}` is not a web address")))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let fetcher = self.fetcher()?;
        let headers = [("Accept-Encoding", ACCEPTED)];
        let request = FetchRequest { method: Method::Get, url: &url, headers: &headers, most: PAGE };
        let fetched = runtime.block_on(fetcher.fetch(&request));
        let failed = |why: String| {
            let help =
                "give its words yourself: a [[news]] entry with `title` and `url` in the draft needs no fetching";
            Notice::new(format!("{url} cannot be read: {why}")).help(help)
        };
        let fetched = fetched.map_err(|why| failed(why.to_string()))?;
        if fetched.status != 200 {
            return Err(failed(format!("the site answered {}", fetched.status)).into());
        }
        let charset = fetched.header("content-type").and_then(charset_of);
        let landed = fetched.url.clone();
        let bytes = fetched.unpacked(PAGE).map_err(|why| failed(why.to_string()))?;
        let html = sources::page_text(&bytes, charset.as_deref());
        let item = sources::read_page(&landed, &html, words, self.site.now()).map_err(failed)?;
        let merged = sources::merge_news(
            &self.site.own_content_dir()?,
            std::slice::from_ref(&item),
            Topics::Join,
            &self.better(),
        )?;
        Ok((item, merged))
    }

    /// Everything in content/.
    pub fn load(&self) -> Result<Content, Notices> {
        sources::load(&self.site.own_content_dir()?)
    }

    /// The same with effective scores, where they differ from the items' own or their sources' base.
    pub(super) fn scored_content(&self) -> Result<Content, Notices> {
        let mut content = self.load()?;
        self.site.config.scores().apply(&mut content.items);
        Ok(content)
    }

    /// Puts the editor's score, and why, on the item of this id; `None` removes it. Returns the item as it was.
    ///
    /// # Errors
    /// No item has this id, or content/ cannot be read or written.
    pub fn score_item(&self, id: &str, score: Option<f64>, why: &str) -> anyhow::Result<Item> {
        if why.chars().any(char::is_control) {
            return Err(Notice::new("the reason must be text on one line").into());
        }
        let content = self.load()?;
        let Some(item) = content.items.iter().find(|item| item.id == id) else {
            let near = content.items.iter().find(|item| item.id.starts_with(id)).map(|item| item.id.as_str());
            let help =
                near.map_or("`digest news list` shows the ids".to_owned(), |near| format!("did you mean {near}?"));
            return Err(Notice::new(format!("there is no item `{id}` in content/news")).help(help).into());
        };
        let mut scored = item.clone();
        scored.extra.shift_remove(EDITOR_SCORE);
        scored.extra.shift_remove(EDITOR_WHY);
        if let Some(score) = score {
            scored.extra.insert(EDITOR_SCORE.into(), sources::score_to_json(score));
            if !why.trim().is_empty() {
                scored.extra.insert(EDITOR_WHY.into(), why.trim().into());
            }
        }
        sources::rewrite_news(&self.site.own_content_dir()?, &scored)?;
        Ok(item.clone())
    }

    /// The preference learned for each source from editors' acts, best first, and those that the config fixes.
    pub fn preferences(&self) -> anyhow::Result<Vec<SourcePreference>> {
        let end = IssueName { date: NaiveDate::MAX, edition: String::new() };
        let (_, editings) = self.site.drafts().past(&end)?;
        let preferences = SourcePreferences::learn(&editings);
        Ok(preferences.preferences(&self.site.config.compose))
    }
}

/// The mistakes, with a note that nothing was imported.
fn nothing_imported(mut mistakes: Vec<Notice>) -> anyhow::Error {
    mistakes.push(Notice::new("nothing was imported").help("fix the above and run it again"));
    Notices(mistakes).into()
}
