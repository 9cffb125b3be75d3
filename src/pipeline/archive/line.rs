//! A past issue as lists of the pages show it.

use super::super::Site;
use crate::render::{ArchiveLine, Language};
use crate::store::Archived;

/// An issue's line, its days as the language writes them.
pub fn line(site: &Site, language: &Language, archived: &Archived) -> ArchiveLine {
    let zone = site.config.publication.timezone;
    let corrected = archived.corrected.map(|at| at.with_timezone(&zone).date_naive());
    let edition = site.config.edition_title(&archived.issue.edition);
    ArchiveLine::new(&archived.issue, &edition, &archived.subject, &archived.preheader, corrected, language)
}
