//! Composes a draft from the content and from what earlier issues carried.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::Site;
use crate::compose::{self, Brief, Composition, Line, PastIssue, SourcePreferences};
use crate::files;
use crate::issues::{self, Around, Refreshed};
use crate::model::{Draft, Editing, IssueName, Notice, Notices};
use crate::schedule;
use crate::sources::Content;
use crate::store::Store;

/// The result of compose.
#[derive(Debug)]
pub struct Composed {
    pub name: IssueName,
    pub composition: Composition,
    /// The resulting draft, with the editor's changes; `None` if the week was too thin for an issue.
    pub draft: Option<Draft>,
    /// The draft's path, and what changed in it; `None` if the week was too thin for an issue.
    pub written: Option<(PathBuf, Refreshed)>,
    /// The ids of candidates that are new since the last composition; empty the first time.
    pub new: Vec<String>,
    /// Up to three subjects for the current draft.
    pub suggestions: Vec<Line>,
}

/// The drafts in issues/: composed, rendered, checked, approved.
#[derive(Clone)]
pub struct Drafts {
    pub(super) site: Site,
}

impl Drafts {
    /// Composes the issue of an edition, by default the next one that is due, and writes or refreshes its draft.
    pub fn compose(&self, edition_name: &str, date: Option<NaiveDate>) -> anyhow::Result<Composed> {
        let edition = self.site.config.edition(edition_name)?;
        let zone = self.site.config.publication.timezone;
        let due = || schedule::next_date(edition, self.site.now(), zone);
        let date = date.or_else(due).ok_or_else(|| {
            Notice::new(format!("{edition_name} has no upcoming date")).help("choose one with --date")
        })?;
        let name = IssueName { date, edition: edition_name.to_owned() };
        self.refuse_if_begun(&name)?;
        let content = self.site.content().scored_content()?;
        let filled = issues::fill_in(&self.site.issues_dir(), &self.history(&name), &name, &content.items)?;
        let mut composition = self.composition(&name, &content)?;
        composition.notices.splice(0..0, filled.into_iter().chain(content.notices));
        if let Some(draft) = &mut composition.draft {
            draft.issue_number = Some(self.next_number(edition_name)?);
        }
        let dir = self.site.issues_dir();
        let cues = self.site.cues()?;
        let before = issues::seen_before(&dir, &name);
        let new = composition.new_since(before.as_ref());
        let headings = |draft: &Draft| compose::headings(&draft.news, &draft.guides, cues.get(), &draft.subject);
        let heading = |draft: &Draft| {
            let line = headings(draft).into_iter().next().unwrap_or_default();
            (line.subject, line.preheader)
        };
        let candidates: Vec<String> = composition.candidates().map(str::to_owned).collect();
        let around = Around { candidates: &candidates, heading: Some(&heading) };
        let written = match &composition.draft {
            None => None,
            Some(draft) => {
                let folder = issues::folder(&dir, &name);
                let _lock = issues::lock(&self.history(&name))?;
                Some((folder.join("issue.toml"), issues::refresh(&dir, draft, around)?))
            }
        };
        let draft = match &written {
            Some(_) => Some(issues::read(&dir, &name)?),
            None => None,
        };
        if let Some(draft) = &draft {
            // What the editor keeps in the issue stays, whatever compose would choose.
            let shown = |id: &str| draft.news.iter().any(|entry| entry.id == id && !entry.banned);
            composition.left_out.retain(|left| !shown(&left.id));
        }
        let suggestions = draft.as_ref().map(headings).unwrap_or_default();
        Ok(Composed { name, composition, draft, written, new, suggestions })
    }

    /// What compose would choose for an issue from the content as it is, without writing anything.
    pub(super) fn composition(&self, name: &IssueName, content: &Content) -> anyhow::Result<Composition> {
        let config = &self.site.config;
        let (past, editings) = self.past(name)?;
        let preferences = SourcePreferences::learn(&editings);
        let cues = self.site.cues()?;
        let decisions = issues::decisions(&self.site.issues_dir(), name)?;
        Ok(compose::compose(&Brief {
            name: name.clone(),
            edition: config.edition(&name.edition)?,
            edition_title: &config.edition_title(&name.edition),
            publication_name: &config.publication.name,
            weights: &config.compose,
            zone: config.publication.timezone,
            now: self.site.now(),
            items: &content.items,
            guides: &content.guides,
            feeds: &config.sources(),
            cues: cues.get(),
            preferences: &preferences,
            decisions: &decisions,
            banned: &self.banned(name),
            past: &past,
        }))
    }

    /// Up to three subjects for an issue's current draft, the best first.
    ///
    /// # Errors
    /// The publication's cues have a mistake.
    pub fn subjects(&self, draft: &Draft) -> anyhow::Result<Vec<Line>> {
        Ok(compose::headings(&draft.news, &draft.guides, self.site.cues()?.get(), &draft.subject))
    }

    /// The number of the edition's next issue: one more than the highest sent number, or than the count of sent issues.
    fn next_number(&self, edition: &str) -> anyhow::Result<u32> {
        let sent = self.site.store_to_read()?.map_or(Ok(Vec::new()), |store| store.issues().archived())?;
        let sent: Vec<_> = sent.into_iter().map(|sent| sent.issue).filter(|issue| issue.edition == edition).collect();
        // A sent issue's draft may be gone; then its position among the sent issues counts.
        let number = |name: &IssueName| issues::read(&self.site.issues_dir(), name).ok()?.issue_number;
        let highest = sent.iter().filter_map(number).max().unwrap_or_default();
        Ok(highest.max(u32::try_from(sent.len())?).saturating_add(1))
    }

    /// The ids that the editor banned in the draft; empty if the draft is missing or unreadable.
    fn banned(&self, name: &IssueName) -> Vec<String> {
        let draft = issues::read(&self.site.issues_dir(), name).ok();
        let banned = draft.iter().flat_map(|draft| &draft.news).filter(|entry| entry.banned);
        banned.map(|entry| entry.id.clone()).collect()
    }

    /// What earlier issues of any edition carried, and how editors changed their proposals.
    pub(super) fn past(&self, name: &IssueName) -> Result<(Vec<PastIssue>, Vec<Editing>), Notices> {
        let dir = self.site.issues_dir();
        let (mut past, mut editings) = (Vec::new(), Vec::new());
        for earlier in issues::list(&dir)?.into_iter().filter(|n| n.date <= name.date && n != name) {
            let draft = issues::read(&dir, &earlier)?;
            editings.extend(issues::editing(&dir, &earlier, &draft));
            past.push(PastIssue::from(&draft));
        }
        Ok((past, editings))
    }

    /// An issue's current draft; `None` if there is no such file.
    pub(super) fn draft_text(&self, name: &IssueName) -> Option<String> {
        let path = issues::folder(&self.site.issues_dir(), name).join("issue.toml");
        files::within(&self.site.root, &path).ok()?;
        std::fs::read_to_string(path).ok()
    }

    fn refuse_if_begun(&self, name: &IssueName) -> anyhow::Result<()> {
        let begun = |store: Store| store.sends().send(name).map(|send| send.is_some());
        if self.site.store_to_read()?.map(begun).transpose()?.unwrap_or(false) {
            return Err(Notice::new(format!("{name} has been sent, so its draft is not composed again"))
                .help("compose the next issue, or name another day with --date")
                .into());
        }
        Ok(())
    }
}
