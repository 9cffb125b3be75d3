//! A past issue as the archive's lists show it.

use super::super::Site;
use crate::model::IssueName;
use crate::render::{ArchiveLine, Language};
use crate::store::{Archived, Store};

/// An issue's line, with dates in the format of the page's `language`.
pub fn line(site: &Site, store: &Store, language: &Language, archived: &Archived) -> ArchiveLine {
    let zone = site.config.publication.timezone;
    let corrected = archived.corrected.map(|at| at.with_timezone(&zone).date_naive());
    let edition = site.config.edition_title(&archived.issue.edition);
    let line = ArchiveLine::new(&archived.issue, &edition, &archived.subject, &archived.preheader, corrected, language);
    line.written_in(&issue_language(site, store, &archived.issue))
}

/// The language of a sent issue: as the web shows it or, where its approval is older than articles, its edition's.
pub fn issue_language(site: &Site, store: &Store, issue: &IssueName) -> String {
    let stored = store.issues().article_language(issue).unwrap_or_else(|error| {
        // A list stays whole when an issue in it is damaged; its own page says so.
        tracing::error!(error = error.to_string(), %issue, "its language cannot be read");
        None
    });
    stored.filter(|tag| !tag.is_empty()).unwrap_or_else(|| site.config.language_of(&issue.edition).to_owned())
}
