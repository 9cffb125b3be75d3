//! A past issue as the archive's lists show it.

use super::super::Site;
use crate::model::IssueName;
use crate::render::{ArchiveLine, Language};
use crate::store::{Archived, Store};

/// An issue's line. `language` is that of the page, and formats the dates.
pub fn line(site: &Site, store: &Store, language: &Language, archived: &Archived) -> ArchiveLine {
    let zone = site.config.publication.timezone;
    let corrected = archived.corrected.map(|at| at.with_timezone(&zone).date_naive());
    let edition = site.config.edition_title(&archived.issue.edition);
    let line = ArchiveLine::new(&archived.issue, &edition, &archived.subject, &archived.preheader, corrected, language);
    line.written_in(&issue_language(site, store, &archived.issue))
}

/// The BCP 47 tag of a sent issue's language. An issue approved before articles were stored has its edition's language.
pub fn issue_language(site: &Site, store: &Store, issue: &IssueName) -> String {
    let stored = store.issues().article_language(issue).unwrap_or_else(|error| {
        // One damaged issue must not break the list. Its own page reports the error.
        tracing::error!(error = error.to_string(), %issue, "cannot read the issue's language");
        None
    });
    stored.filter(|tag| !tag.is_empty()).unwrap_or_else(|| site.config.language_of(&issue.edition).to_owned())
}
