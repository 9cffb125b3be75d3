//! The archive: which issues are shown, their pages kept as long as nothing changes, and the corrections of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Rendering, Site};
use crate::model::{IssueName, Notice, Picture};
use crate::render::{self, ArchiveEdition, ArchiveLine, ArchivePage, CopyFrame, PageSetting};
use crate::store::{Archived, Correction, Store, WebCopy};
use crate::text;
use crate::web::archive::{ArchiveRequest, ArchiveResponse, ArchiveService, PictureFile};
use crate::web::feed;

/// Number of issues in the feed.
const FEED: usize = 20;
/// Most pages kept in the cache.
const KEPT: usize = 256;
/// The most bytes of a picture; one that is larger is too slow for a mail.
const LARGEST_PICTURE: u64 = 4 << 20;
/// The most characters of a correction's note.
const NOTE: usize = 500;

/// An issue's line of `digest archive list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArchivedIssue {
    pub issue: String,
    pub subject: String,
    pub url: String,
    pub sent_at: DateTime<Utc>,
    pub corrections: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<DateTime<Utc>>,
}

/// Sent issues as they stand on the web, and their corrections.
#[derive(Clone)]
pub struct Archive {
    pub(super) site: Site,
}

impl Archive {
    /// The issues that the archive shows, the newest first.
    pub fn list(&self) -> anyhow::Result<Vec<ArchivedIssue>> {
        let base = self.site.config.letterhead().public_url;
        let line = |archived: Archived| ArchivedIssue {
            url: format!("{base}/archive/{}", archived.issue),
            issue: archived.issue.to_string(),
            subject: archived.subject,
            sent_at: archived.sent,
            corrections: archived.corrections,
            corrected_at: archived.corrected,
        };
        Ok(self.archived()?.into_iter().map(line).collect())
    }

    fn archived(&self) -> anyhow::Result<Vec<Archived>> {
        Ok(self.site.store_to_read()?.map_or(Ok(Vec::new()), |store| store.issues().archived())?)
    }

    /// Renders the copy on the web anew from the draft as it is now, and tells subscribers so. What was mailed, or is still
    /// to be mailed, stays as it was approved.
    pub fn correct(&self, name: &IssueName, note: &str) -> anyhow::Result<Rendering> {
        let not_sent = || {
            Notice::new(format!("{name} has not been sent, so there is nothing to correct"))
                .help("edit its draft and approve it")
        };
        let store = self.site.store_to_read()?.ok_or_else(not_sent)?;
        let shown = store.issues().web_copy(name)?.ok_or_else(not_sent)?;
        let note = clean_note(note)?;
        let rendering = self.site.drafts().rendering(name)?;
        if rendering.report.errors > 0 {
            return Err(Notice::new(format!(
                "the check finds errors in the draft of {name}; the archive is unchanged"
            ))
            .help(format!("`digest check {name}` lists them"))
            .into());
        }
        let corrected = rendering.rendered.direct();
        if corrected == shown.rendered && note.is_empty() {
            return Err(Notice::new(format!("the draft of {name} is what the archive already shows"))
                .help("edit issue.toml first, or add a note with --note")
                .into());
        }
        store.issues().correct(name, &Correction { at: self.site.now(), note }, &rendering.text, &corrected)?;
        Ok(rendering)
    }

    /// The archive as the public pages show it, from now on. It follows the store, whoever writes to it.
    pub fn archive_service(&self) -> ArchiveService {
        let cache = Mutex::new(ArchiveCache { store: None, version: (0, 0), kept: BTreeMap::new() });
        let site = self.site.clone();
        let handle =
            move |request: &ArchiveRequest| cache.lock().unwrap_or_else(PoisonError::into_inner).handle(&site, request);
        let archive = self.clone();
        let picture = move |file: &str| archive.picture(file);
        ArchiveService { handle: Arc::new(handle), picture: Arc::new(picture), noindex: self.site.config.web.noindex }
    }

    /// A picture in content/pictures/ by its file's name; `None` for any other name.
    pub(super) fn picture(&self, file: &str) -> Option<PictureFile> {
        let kind = Picture::media_type(file)?;
        let path = self.site.content_dir().join("pictures").join(file);
        let length = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
        let bytes = if length > LARGEST_PICTURE { None } else { std::fs::read(&path).ok() };
        Some(PictureFile { kind, bytes: bytes?.into() })
    }

    fn frame<'a>(&'a self, issue: &'a str, base: &'a str, corrections: &'a [(DateTime<Utc>, String)]) -> CopyFrame<'a> {
        let publication = &self.site.config.publication;
        CopyFrame {
            publication: &publication.name,
            language: &publication.language,
            base,
            issue,
            noindex: self.site.config.web.noindex,
            name_fallback: &publication.name_fallback,
            zone: publication.timezone,
            corrections,
        }
    }
}

/// A note in one line of printable text.
fn clean_note(note: &str) -> Result<String, Notice> {
    let clean = text::line(note);
    match clean.chars().count() {
        ..=NOTE => Ok(clean),
        length => Err(Notice::new(format!("the note has {length} characters, at most {NOTE} are shown"))
            .help("say in a sentence what was wrong and what is right")),
    }
}

/// The store and the pages that were made of it, as of one version.
struct ArchiveCache {
    store: Option<Store>,
    version: (i64, i64),
    kept: BTreeMap<ArchiveRequest, Arc<ArchiveResponse>>,
}

impl ArchiveCache {
    fn handle(&mut self, site: &Site, request: &ArchiveRequest) -> anyhow::Result<Option<Arc<ArchiveResponse>>> {
        if self.store.as_ref().is_none_or(|store| store.check_file().is_err()) {
            self.store = site.store_to_read()?;
            self.kept.clear();
        }
        // A publication that has sent nothing may have no store yet.
        let version = self.store.as_ref().map_or(Ok((0, 0)), |store| store.issues().archive_version())?;
        if self.version != version || self.kept.len() > KEPT {
            self.version = version;
            self.kept.clear();
        }
        if let Some(response) = self.kept.get(request) {
            return Ok(Some(Arc::clone(response)));
        }
        let made = match request {
            ArchiveRequest::Index => Some(self.index(site)?),
            ArchiveRequest::Feed => Some(self.feed(site)?),
            ArchiveRequest::Issue(name) => self.issue(site, name)?,
        };
        let Some((body, modified)) = made else { return Ok(None) };
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&body)[..16]);
        // Templates and settings are as old as the site: nothing that it shows is older.
        let response = Arc::new(ArchiveResponse { body: body.into(), hash, modified: modified.max(site.now()) });
        self.kept.insert(request.clone(), Arc::clone(&response));
        Ok(Some(response))
    }

    fn archived(&self) -> anyhow::Result<Vec<Archived>> {
        Ok(self.store.as_ref().map_or(Ok(Vec::new()), |store| store.issues().archived())?)
    }

    fn index(&self, site: &Site) -> anyhow::Result<(String, DateTime<Utc>)> {
        let all = self.archived()?;
        let zone = site.config.publication.timezone;
        let mut editions: BTreeMap<&str, ArchiveEdition> = BTreeMap::new();
        for archived in &all {
            let name = archived.issue.edition.as_str();
            let edition = editions.entry(name).or_insert_with(|| ArchiveEdition {
                name: name.to_owned(),
                title: site.config.edition_title(name),
                issues: Vec::new(),
            });
            let corrected = archived.corrected.map(|at| at.with_timezone(&zone).format("%-d %B %Y").to_string());
            edition.issues.push(ArchiveLine {
                issue: archived.issue.to_string(),
                subject: archived.subject.clone(),
                preheader: archived.preheader.clone(),
                date: archived.issue.date.to_string(),
                day: archived.issue.date.format("%-d %B %Y").to_string(),
                corrected: corrected.unwrap_or_default(),
            });
        }
        let page = ArchivePage { editions: editions.into_values().collect() };
        let public = site.config.letterhead().public_url;
        let base = url::Url::parse(&public).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        let setting = PageSetting { publication: &site.config.publication, base: &base };
        Ok((render::page(&page, "archive", setting, &site.templates()?)?, newest(&all)))
    }

    fn issue(&self, site: &Site, name: &IssueName) -> anyhow::Result<Option<(String, DateTime<Utc>)>> {
        let Some(copy) = self.copy(name)? else { return Ok(None) };
        let (base, issue) = (site.config.letterhead().public_url, name.to_string());
        let corrections = told(&copy);
        let page = render::web_copy(&copy.rendered, &site.archive().frame(&issue, &base, &corrections));
        Ok(Some((page, last_change(&copy))))
    }

    fn copy(&self, name: &IssueName) -> anyhow::Result<Option<WebCopy>> {
        Ok(self.store.as_ref().map(|store| store.issues().web_copy(name)).transpose()?.flatten())
    }

    fn feed(&self, site: &Site) -> anyhow::Result<(String, DateTime<Utc>)> {
        let all = self.archived()?;
        let base = site.config.letterhead().public_url;
        let mut entries = Vec::new();
        for archived in all.iter().take(FEED) {
            let Some(copy) = self.copy(&archived.issue)? else { continue };
            let issue = archived.issue.to_string();
            let corrections = told(&copy);
            entries.push(feed::Entry {
                id: tag(&copy.public_url, &archived.issue),
                url: format!("{base}/archive/{issue}"),
                title: archived.subject.clone(),
                summary: archived.preheader.clone(),
                edition: archived.issue.edition.clone(),
                published: copy.sent,
                updated: last_change(&copy),
                html: render::feed_content(&copy.rendered, &site.archive().frame(&issue, &base, &corrections)),
            });
        }
        let publication = &site.config.publication;
        let updated = newest(&all);
        let feed = feed::Feed {
            title: publication.name.clone(),
            language: publication.language.clone(),
            base,
            updated,
            entries,
        };
        Ok((feed::write(&feed).map_err(anyhow::Error::msg)?, updated))
    }
}

/// The name of an issue for good, by the host that its mails named (RFC 4151): a move to another one makes no new entries.
fn tag(public_url: &str, issue: &IssueName) -> String {
    let host = url::Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    format!("tag:{},{}:{}", host.unwrap_or_else(|| "localhost".into()), issue.date, issue.edition)
}

fn told(copy: &WebCopy) -> Vec<(DateTime<Utc>, String)> {
    copy.corrections.iter().map(|correction| (correction.at, correction.note.clone())).collect()
}

fn last_change(copy: &WebCopy) -> DateTime<Utc> {
    copy.corrections.iter().map(|correction| correction.at).max().unwrap_or(copy.sent).max(copy.sent)
}

fn newest(all: &[Archived]) -> DateTime<Utc> {
    all.iter().flat_map(|archived| [Some(archived.sent), archived.corrected]).flatten().max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
