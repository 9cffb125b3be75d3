//! From content to an approved issue: compose, render, check, approve.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};

use super::{Site, online, spam};
use crate::check::{self, Context, Known, Report, Spam, Twins};
use crate::compose::{self, Brief, Composition, Line, PastIssue, SourcePreferences};
use crate::files;
use crate::issues::{self, Around, Refreshed};
use crate::mail::{Links, Message};
use crate::model::{
    Address, Approval, Delivery, Draft, Editing, Frozen, Guide, IssueName, Notice, Notices, Part, Rendered,
};
use crate::render::{self, GuideLink, Setting};
use crate::schedule;
use crate::store::{Store, StoreError};

/// What compose did.
#[derive(Debug)]
pub struct Composed {
    pub name: IssueName,
    pub composition: Composition,
    /// The draft as it stands now, the editor's side included; `None` when the week was too thin for an issue.
    pub draft: Option<Draft>,
    /// Where the draft is, and what became of it; `None` when the week was too thin for an issue.
    pub written: Option<(PathBuf, Refreshed)>,
    /// The ids of candidates that were not there when the issue was composed last; none when this is the first time.
    pub new: Vec<String>,
    /// Up to three ways to head the issue as it stands.
    pub suggestions: Vec<Line>,
}

/// A draft beside what it was.
#[derive(Debug)]
pub struct Diff {
    /// What compose wrote last.
    pub composed: Option<String>,
    /// What was approved.
    pub approved: Option<String>,
    pub now: String,
}

/// An issue as it would go out, with the check's findings.
#[derive(Debug)]
pub struct Rendering {
    pub name: IssueName,
    pub draft: Draft,
    /// The text of issue.toml.
    pub text: String,
    pub rendered: Rendered,
    pub report: Report,
}

/// Who is asked about an issue besides the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The operator's spam filter, which may take seconds.
    pub spam: bool,
    /// The sites that the draft links to, which may take minutes.
    pub links: bool,
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
        let date = date
            .or_else(due)
            .ok_or_else(|| Notice::new(format!("{edition_name} has no date to come")).help("name one with --date"))?;
        let name = IssueName { date, edition: edition_name.to_owned() };
        self.refuse_if_begun(&name)?;
        let content = self.site.content().scored_content()?;
        let filled = issues::fill_in(&self.site.issues_dir(), &name, &content.items)?;
        let (past, editings) = self.past(&name)?;
        let preferences = SourcePreferences::learn(&editings);
        let cues = self.site.cues()?;
        let decisions = issues::decisions(&self.site.issues_dir(), &name)?;
        let brief = Brief {
            name: name.clone(),
            edition,
            edition_title: &self.site.config.edition_title(edition_name),
            publication_name: &self.site.config.publication.name,
            weights: &self.site.config.compose,
            zone,
            now: self.site.now(),
            items: &content.items,
            guides: &content.guides,
            feeds: &self.site.config.sources(),
            cues: cues.get(),
            preferences: &preferences,
            decisions: &decisions,
            banned: &self.banned(&name),
            past: &past,
        };
        let mut composition = compose::compose(&brief);
        composition.notices.splice(0..0, filled.into_iter().chain(content.notices));
        if let Some(draft) = &mut composition.draft {
            draft.issue_number = Some(self.next_number(edition_name)?);
        }
        let dir = self.site.issues_dir();
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
                Some((folder.join("issue.toml"), issues::refresh(&dir, draft, around)?))
            }
        };
        let draft = match &written {
            Some(_) => Some(issues::read(&dir, &name)?),
            None => None,
        };
        let suggestions = draft.as_ref().map(headings).unwrap_or_default();
        Ok(Composed { name, composition, draft, written, new, suggestions })
    }

    /// The number of the edition's next issue: one more than the highest that a sent one has, or than there are sent ones.
    fn next_number(&self, edition: &str) -> anyhow::Result<u32> {
        let sent = self.site.store_to_read()?.map_or(Ok(Vec::new()), |store| store.issues().archived())?;
        let sent: Vec<_> = sent.into_iter().map(|sent| sent.issue).filter(|issue| issue.edition == edition).collect();
        // A sent issue's draft may be gone; then its place in the row counts.
        let number = |name: &IssueName| issues::read(&self.site.issues_dir(), name).ok()?.issue_number;
        let highest = sent.iter().filter_map(number).max().unwrap_or_default();
        Ok(highest.max(u32::try_from(sent.len())?).saturating_add(1))
    }

    /// The ids that the editor banned from the draft as it is; none where there is no draft, or none that can be read.
    fn banned(&self, name: &IssueName) -> Vec<String> {
        let draft = issues::read(&self.site.issues_dir(), name).ok();
        let banned = draft.iter().flat_map(|draft| &draft.news).filter(|entry| entry.banned);
        banned.map(|entry| entry.id.clone()).collect()
    }

    /// What earlier issues, of any edition, carried, and what editors made of their proposals.
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

    /// Compiles an issue once and checks it, with the operator's spam filter if there is one.
    pub fn rendering(&self, name: &IssueName) -> anyhow::Result<Rendering> {
        self.rendering_with(name, Asked { spam: true, links: false })
    }

    /// The same with a choice of who is asked besides.
    pub fn rendering_with(&self, name: &IssueName, asked: Asked) -> anyhow::Result<Rendering> {
        let path = issues::folder(&self.site.issues_dir(), name).join("issue.toml");
        files::within(&self.site.root, &path)?;
        // A content/ that cannot be read stops compose and import, not an issue that is already drafted.
        let content = self.site.content().scored_content().ok();
        let items = content.as_ref().map_or(&[][..], |content| &content.items);
        issues::fill_in(&self.site.issues_dir(), name, items)?;
        let text = std::fs::read_to_string(&path)
            .map_err(|e| Notice::new(format!("cannot read the draft: {e}")).at(&path, None))?;
        let draft = issues::parse(&path, &text)?;
        self.pictures_are_there(&draft, &path)?;
        let guides = guide_links(&draft, content.as_ref().map_or(&[], |content| &content.guides));
        let letterhead = self.site.config.letterhead();
        let setting = Setting {
            publication: &self.site.config.publication,
            edition_title: &self.site.config.edition_title(&name.edition),
            edition: self.site.config.edition(&name.edition)?,
            guides: &guides,
            fields: &self.merge_fields()?,
            clicks: self.site.config.tracking.clicks.then_some(letterhead.public_url.as_str()),
            pages: self.site.config.web.serves().then_some(letterhead.public_url.as_str()),
            next: schedule::date_after(self.site.config.edition(&name.edition)?, name.date),
        };
        let rendered = render::render(&draft, &setting, &self.site.templates()?)?;
        let base_scores = self.site.config.base_scores();
        let message = self.message(name, &rendered, &self.sample_delivery(None)?)?;
        let spam = if asked.spam { self.spam(&message) } else { None };
        let fetcher = self.site.content().fetcher()?;
        let follow = || online::follow(check::web_links(&draft), &self.site.config.fetch, &fetcher);
        let answers = asked.links.then(follow).transpose()?;
        let twins = compose::twins(&draft, &self.site.config.compose, self.site.config.publication.timezone);
        let twins: Vec<Twins> = twins.into_iter().map(|(first, second, why)| Twins { first, second, why }).collect();
        let context = Context {
            answers: answers.as_ref(),
            message: Some(&message.text()),
            spam: spam.as_ref().map(|spam| spam.as_ref().map_err(String::as_str)),
            source: &text,
            zone: self.site.config.publication.timezone,
            content: content.as_ref().map(|content| Known {
                items: &content.items,
                guides: &content.guides,
                base_scores: &base_scores,
                guide_stale: self.site.config.compose.guide_stale,
            }),
            earlier: &self.earlier(&draft),
            twins: &twins,
        };
        let report = check::check(&draft, &rendered, &context);
        Ok(Rendering { name: name.clone(), draft, text, rendered, report })
    }

    /// The mark and the issue's picture, where they are files of content/, must be there.
    fn pictures_are_there(&self, draft: &Draft, path: &Path) -> Result<(), Notice> {
        let mark = self.site.config.publication.mark.as_ref();
        for file in mark.into_iter().chain(&draft.picture).filter_map(|picture| picture.file.as_deref()) {
            if !self.site.content_dir().join("pictures").join(file).is_file() {
                let why = format!("there is no picture content/pictures/{file}");
                return Err(Notice::new(why).at(path, None).help("put it there, or take the line that names it away"));
            }
        }
        Ok(())
    }

    /// What the operator's spam filter says of a copy, if one is configured, or why it says nothing.
    fn spam(&self, message: &Message) -> Option<Result<Spam, String>> {
        let settings = &self.site.config.check;
        if settings.spam.is_empty() {
            return None;
        }
        let answer = spam::ask(&settings.spam, &message.text(), settings.spam_patience);
        let read = |text: String| Spam::read(&text).ok_or_else(|| "its answer names no score".to_owned());
        Some(answer.and_then(read))
    }

    /// The issues of the half year before that may have carried an item of the draft. Most drafts of years need not be
    /// parsed: their text names none of the ids and addresses.
    fn earlier(&self, draft: &Draft) -> Vec<Draft> {
        let reach = TimeDelta::days(183);
        let page =
            |url: &'_ str| url.split_once("://").map_or(url, |(_, rest)| rest).split('?').next().map(str::to_owned);
        let shown = || draft.news.iter().filter(|entry| !entry.banned);
        let needles: Vec<String> = shown()
            .map(|entry| entry.id.clone())
            .chain(shown().filter_map(|entry| page(entry.url.as_deref()?.trim_end_matches('/'))))
            .collect();
        let before = |name: &IssueName| {
            *name != draft.name && name.date <= draft.name.date && draft.name.date - name.date <= reach
        };
        // An earlier draft that is gone or broken is its own trouble.
        let names = issues::list(&self.site.issues_dir()).unwrap_or_default().into_iter().filter(before);
        names
            .filter_map(|name| {
                let text = self.draft_text(&name)?;
                let path = issues::folder(&self.site.issues_dir(), &name).join("issue.toml");
                let may = needles.iter().any(|needle| text.contains(needle));
                if may { issues::parse(&path, &text).ok() } else { None }
            })
            .collect()
    }

    fn merge_fields(&self) -> Result<Vec<String>, StoreError> {
        self.site.store_to_read()?.map_or(Ok(Vec::new()), |store| store.subscribers().field_names())
    }

    /// Writes issue.html, issue.txt and issue.eml as one subscriber gets them: the one with the address, or a sample subscriber.
    pub fn write_rendering(
        &self,
        rendering: &Rendering,
        out: Option<&Path>,
        subscriber: Option<&Address>,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let delivery = self.sample_delivery(subscriber)?;
        let message = self.message(&rendering.name, &rendering.rendered, &delivery)?;
        let letterhead = self.site.config.letterhead();
        let links = Links::new(&letterhead, &rendering.name, &delivery);
        let folder = out.map_or_else(|| issues::folder(&self.site.issues_dir(), &rendering.name), Path::to_path_buf);
        let files = [
            ("issue.html", rendering.rendered.fill(Part::Html, &links)),
            ("issue.txt", rendering.rendered.fill(Part::Text, &links)),
            ("issue.eml", message.text()),
        ];
        let unmade = |e| Notice::new(format!("cannot make the folder: {e}")).at(&folder, None);
        files::within(&self.site.root, &folder)?;
        std::fs::create_dir_all(&folder).map_err(unmade)?;
        let mut written = Vec::new();
        for (name, bytes) in files {
            let path = folder.join(name);
            files::within(&self.site.root, &path)?;
            std::fs::write(&path, bytes)
                .map_err(|e| Notice::new(format!("cannot write the rendered issue: {e}")).at(&path, None))?;
            written.push(path);
        }
        Ok(written)
    }

    pub(super) fn message(
        &self,
        name: &IssueName,
        rendered: &Rendered,
        delivery: &Delivery,
    ) -> Result<Message, Notice> {
        let frozen = Frozen { letterhead: self.site.config.letterhead(), rendered: rendered.clone() };
        Ok(self.site.delivery().compiled(frozen, name)?.message(delivery))
    }

    /// A delivery for looking at: its links belong to nobody.
    pub(super) fn sample_delivery(&self, subscriber: Option<&Address>) -> anyhow::Result<Delivery> {
        let mut delivery = Delivery {
            number: 0,
            email: Address::parse("reader@example.org")?,
            name: "Sample Subscriber".into(),
            seed: "0".repeat(32),
            fields: BTreeMap::new(),
            dated: self.site.now(),
            attempts: 0,
        };
        if let Some(email) = subscriber {
            delivery.email = email.clone();
            delivery.name = String::new();
            if let Some(known) =
                self.site.store_to_read()?.map(|store| store.subscribers().subscriber(email)).transpose()?.flatten()
            {
                (delivery.name, delivery.fields) = (known.name, known.fields);
            }
        }
        Ok(delivery)
    }

    /// Freezes exactly these bytes for sending. An error of the check refuses.
    pub fn approve(&self, name: &IssueName, by: &str) -> anyhow::Result<(Rendering, Approval)> {
        if by.trim().is_empty() || by.chars().any(char::is_control) {
            return Err(Notice::new("who approves must be a name on one line").help("such as --by \"Ann\"").into());
        }
        let rendering = self.rendering(name)?;
        if rendering.report.errors > 0 {
            let help = format!("`digest check {name}` lists them; mend them in the draft, or waive one with a reason");
            return Err(Notice::new(format!(
                "{name} cannot be approved: check found {}",
                errors(rendering.report.errors)
            ))
            .help(help)
            .into());
        }
        let frozen = Frozen { letterhead: self.site.config.letterhead(), rendered: rendering.rendered.clone() };
        // Also proves that the From is a mailbox, now rather than at send time.
        self.site.delivery().compiled(frozen.clone(), name)?;
        let approval = Approval {
            issue: name.clone(),
            draft: rendering.text.clone(),
            frozen_sha256: Approval::hash(&frozen),
            frozen,
            by: by.to_owned(),
            at: self.site.now(),
        };
        if !self.site.store_to_fill()?.issues().approve(&approval)? {
            return Err(Notice::new(format!("{name} is already being sent, and its bytes are frozen"))
                .help(format!("`digest status {name}` shows how far it is"))
                .into());
        }
        Ok((rendering, approval))
    }

    /// An issue's draft as it is now; `None` when there is no such file.
    pub(super) fn draft_text(&self, name: &IssueName) -> Option<String> {
        let path = issues::folder(&self.site.issues_dir(), name).join("issue.toml");
        files::within(&self.site.root, &path).ok()?;
        std::fs::read_to_string(path).ok()
    }

    /// What the editor changed since compose, and what changed since the approval when there is one.
    pub fn diff(&self, name: &IssueName) -> anyhow::Result<Diff> {
        let now = self.rendering_text(name)?;
        let composed = issues::composed(&self.site.issues_dir(), name)?;
        let approved = self.site.store_to_read()?.map(|store| store.issues().approval(name)).transpose()?.flatten();
        Ok(Diff { composed, approved: approved.map(|approval| approval.draft), now })
    }

    /// The draft's text, after a look that it can be read as one.
    fn rendering_text(&self, name: &IssueName) -> anyhow::Result<String> {
        issues::read(&self.site.issues_dir(), name)?;
        self.draft_text(name).ok_or_else(|| Notice::new(format!("{name} has no draft")).into())
    }

    fn refuse_if_begun(&self, name: &IssueName) -> anyhow::Result<()> {
        let begun = |store: Store| store.sends().send(name).map(|send| send.is_some());
        if self.site.store_to_read()?.map(begun).transpose()?.unwrap_or(false) {
            return Err(Notice::new(format!("{name} has gone out, so its draft is not composed again"))
                .help("compose the next issue: add --date with its day")
                .into());
        }
        Ok(())
    }
}

/// The guides an entry may be paired with: the draft's own cards first, since a draft is self-contained, then content/.
fn guide_links(draft: &Draft, guides: &[Guide]) -> Vec<GuideLink> {
    let mut links: BTreeMap<String, GuideLink> = BTreeMap::new();
    for guide in guides {
        let (slug, title) = (guide.slug.clone(), guide.title.clone());
        links.insert(slug.clone(), GuideLink { slug, title, level: guide.level, url: guide.url.clone() });
    }
    for card in &draft.guides {
        let (slug, title) = (card.slug.clone(), card.title.clone());
        links.insert(slug.clone(), GuideLink { slug, title, level: card.level, url: card.url.clone() });
    }
    links.into_values().collect()
}

fn errors(n: usize) -> String {
    if n == 1 { "1 error".into() } else { format!("{n} errors") }
}
