//! Compiles and checks an issue as it would be sent, and writes one subscriber's copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use super::draft::Drafts;
use super::{online, spam, words};
use crate::check::{self, Context, Known, Report, Spam, Twins};
use crate::compose;
use crate::files;
use crate::issues;
use crate::mail::{Links, Message};
use crate::model::{Address, Article, Delivery, Draft, Edition, Frozen, Guide, IssueName, Notice, Part, Rendered};
use crate::render::{self, GuideLink, Medium, Setting};
use crate::schedule;
use crate::store::StoreError;

/// An issue as it would be sent, with the check's findings.
#[derive(Debug)]
pub struct Rendering {
    pub name: IssueName,
    pub draft: Draft,
    /// The text of issue.toml.
    pub text: String,
    /// The BCP 47 tag of the issue's language.
    pub language: String,
    pub rendered: Rendered,
    pub report: Report,
}

/// What is consulted about an issue besides the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The operator's spam filter, which may take seconds.
    pub spam: bool,
    /// The sites that the draft links to, which may take minutes.
    pub links: bool,
}

impl Drafts {
    /// Compiles an issue once and checks it, including the operator's spam filter if there is one.
    pub fn rendering(&self, name: &IssueName) -> anyhow::Result<Rendering> {
        self.rendering_with(name, Asked { spam: true, links: false })
    }

    /// The same with a choice of what else is consulted.
    pub fn rendering_with(&self, name: &IssueName, asked: Asked) -> anyhow::Result<Rendering> {
        let path = issues::folder(&self.site.issues_dir(), name).join("issue.toml");
        files::within(&self.site.root, &path)?;
        // A content/ that cannot be read stops compose and import, not an issue that is already drafted.
        let content = self.site.content().scored_content().ok();
        let items = content.as_ref().map_or(&[][..], |content| &content.items);
        issues::fill_in(&self.site.issues_dir(), &self.history(name), name, items)?;
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
            medium: Medium::Mail,
            clicks: self.site.config.tracking.clicks.then_some(letterhead.public_url.as_str()),
            pages: self.site.config.web.serves().then_some(letterhead.public_url.as_str()),
            next: schedule::date_after(self.site.config.edition(&name.edition)?, name.date),
        };
        let templates = self.site.templates()?;
        let rendered = render::render(&draft, &setting, &templates)?;
        let language = render::language_of(&draft, &setting);
        let words = words::mistakes(&self.site, &language, &templates)?;
        let base_scores = self.site.config.base_scores();
        let message = self.message(name, &rendered, &self.sample_delivery(None)?)?;
        let spam = if asked.spam { self.spam(&message) } else { None };
        let fetcher = self.site.content().fetcher()?;
        let follow = || online::follow(check::web_links(&draft), &self.site.config.fetch, &fetcher);
        let answers = asked.links.then(follow).transpose()?;
        let twins = compose::twins(&draft, items, &self.site.config.compose, self.site.config.publication.timezone);
        let twins: Vec<Twins> = twins.into_iter().map(|(first, second, why)| Twins { first, second, why }).collect();
        let subject_now = self.subject_now(&draft)?;
        let context = Context {
            subject_now: subject_now.as_deref(),
            answers: answers.as_ref(),
            message: Some(&message.text()),
            words: &words,
            setup: self.site.config.mails_people().then(|| self.site.config.setup()),
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
        Ok(Rendering { name: name.clone(), draft, text, language, rendered, report })
    }

    /// An issue's article from the text of its draft, for issues approved before articles were stored with approvals.
    pub(super) fn article(&self, name: &IssueName, draft: &str) -> anyhow::Result<Article> {
        let draft = issues::parse(&issues::folder(&self.site.issues_dir(), name).join("issue.toml"), draft)?;
        let content = self.site.content().scored_content().ok();
        let guides = guide_links(&draft, content.as_ref().map_or(&[], |content| &content.guides));
        // The edition may have been removed since.
        let ended = Edition::default();
        let edition = self.site.config.edition(&name.edition).unwrap_or(&ended);
        let setting = Setting { guides: &guides, ..Setting::new(&self.site.config.publication, edition) };
        Ok(render::article(&draft, &setting, &self.site.templates()?)?)
    }

    /// The subject that composing again would write, if the draft's is compose's own and would change.
    fn subject_now(&self, draft: &Draft) -> anyhow::Result<Option<String>> {
        let dir = self.site.issues_dir();
        let file = issues::folder(&dir, &draft.name).join("composed.toml");
        let composed = issues::composed(&dir, &draft.name).ok().flatten();
        let composed = composed.and_then(|text| issues::parse(&file, &text).ok());
        if composed.is_none_or(|composed| composed.subject != draft.subject) {
            return Ok(None);
        }
        let lines = compose::headings(&draft.news, &draft.guides, self.site.cues()?.get(), &draft.subject);
        Ok(lines.into_iter().map(|line| line.subject).next().filter(|now| *now != draft.subject))
    }

    /// The mark and the issue's pictures, where they are files of content/, must be there.
    fn pictures_are_there(&self, draft: &Draft, path: &Path) -> Result<(), Notice> {
        let mark = self.site.config.publication.mark.as_ref();
        for file in mark.into_iter().chain(draft.pictures()).filter_map(|picture| picture.file.as_deref()) {
            if !self.site.content_dir().join("pictures").join(file).is_file() {
                let why = format!("there is no picture content/pictures/{file}");
                return Err(Notice::new(why).at(path, None).help("put it there, or remove the line that names it"));
            }
        }
        Ok(())
    }

    /// The operator's spam filter's verdict on a copy, if one is configured, or why there is none.
    fn spam(&self, message: &Message) -> Option<Result<Spam, String>> {
        let settings = &self.site.config.check;
        if settings.spam.is_empty() {
            return None;
        }
        let answer = spam::ask(&settings.spam, &message.text(), settings.spam_patience);
        let read = |text: String| Spam::read(&text).ok_or_else(|| "its answer has no score".to_owned());
        Some(answer.and_then(read))
    }

    /// The issues of the previous half year that may have carried an item of the draft. Most old drafts need not be
    /// parsed: their text contains none of the ids and addresses.
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
        // A missing or broken earlier draft is reported elsewhere.
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

    /// Writes issue.html, issue.txt and issue.eml for one subscriber: the one with the address, or a sample subscriber.
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
        let unmade = |e| Notice::new(format!("cannot create the folder: {e}")).at(&folder, None);
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

    /// A delivery for viewing only: its links belong to no subscriber.
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
}

/// The guides an entry can be paired with: the draft's own cards first, since drafts are self-contained, then content/.
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
