//! A past issue as the archive's lists show it.

use super::super::Site;
use crate::render::{ArchiveLine, Language};
use crate::store::Archived;

/// An issue's line, with dates in the language's format.
pub fn line(site: &Site, language: &Language, archived: &Archived) -> ArchiveLine {
    let zone = site.config.publication.timezone;
    let corrected = archived.corrected.map(|at| at.with_timezone(&zone).date_naive());
    let edition = site.config.edition_title(&archived.issue.edition);
    ArchiveLine::new(&archived.issue, &edition, &archived.subject, &archived.preheader, corrected, language)
}
