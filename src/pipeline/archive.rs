//! The archive: which issues are shown, their cached pages, and their corrections.

mod cache;
mod line;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Rendering, Site};
use crate::model::{IssueName, Notice, Picture};
use crate::render::{self, Templates};
use crate::store::{Archived, Correction};
use crate::text;
use crate::web::archive::{ArchiveRequest, ArchiveService, PictureFile};
use cache::ArchiveCache;

pub(super) use line::{issue_language, line};

/// Maximum size of a picture in bytes; larger ones load too slowly in a mail.
const LARGEST_PICTURE: u64 = 4 << 20;
/// Maximum length of a correction's note, in characters.
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

/// Sent issues on the web, and their corrections.
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

    /// Renders the web copy again from the current draft, marked as corrected. What was mailed, or is still
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

    /// The service behind the archive's public pages. It follows the store, whichever process writes to it.
    ///
    /// # Errors
    /// A mistake in the templates.
    pub fn archive_service(&self, templates: &Arc<Templates>) -> anyhow::Result<ArchiveService> {
        let cache = Mutex::new(ArchiveCache::new(Arc::clone(templates)));
        let site = self.site.clone();
        let handle =
            move |request: &ArchiveRequest| cache.lock().unwrap_or_else(PoisonError::into_inner).handle(&site, request);
        let archive = self.clone();
        let picture = move |file: &str| archive.picture(file);
        Ok(ArchiveService {
            handle: Arc::new(handle),
            picture: Arc::new(picture),
            icon: self.icon(templates)?,
            noindex: self.site.config.web.noindex,
        })
    }

    /// The publication's mark, or its initial if content/ has no mark.
    fn icon(&self, templates: &Templates) -> anyhow::Result<PictureFile> {
        let publication = &self.site.config.publication;
        let mark = publication.mark.as_ref().and_then(|mark| self.picture(mark.file.as_deref()?));
        match mark {
            Some(mark) => Ok(mark),
            None => Ok(PictureFile { kind: "image/svg+xml", bytes: render::icon(publication, templates)?.into() }),
        }
    }

    /// A picture in content/pictures/ by its file's name; `None` for any other name.
    pub(super) fn picture(&self, file: &str) -> Option<PictureFile> {
        let kind = Picture::media_type(file)?;
        let path = self.site.content_dir().join("pictures").join(file);
        let length = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
        let bytes = if length > LARGEST_PICTURE { None } else { std::fs::read(&path).ok() };
        Some(PictureFile { kind, bytes: bytes?.into() })
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

#[cfg(test)]
mod tests;
