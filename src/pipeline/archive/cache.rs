//! The cache of archive pages. It follows the store, whichever process writes to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::super::Site;
use super::line::{issue_language, line};
use crate::model::{Article, IssueName};
use crate::render::{
    self, ArchivePage, CorrectionLine, FeedEntry, IssuePage, Language, Neighbour, PageSetting, Templates,
};
use crate::store::{Archived, Correction, Store, WebCopy};
use crate::web::archive::{ArchiveRequest, ArchiveResponse};
use crate::web::{feed, sitemap};

/// Number of issues in the feed.
const FEED: usize = 20;
/// Most pages kept.
const KEPT: usize = 256;

/// One version of the store and the pages rendered from it.
pub struct ArchiveCache {
    templates: Arc<Templates>,
    store: Option<Store>,
    version: (i64, i64),
    kept: BTreeMap<ArchiveRequest, Arc<ArchiveResponse>>,
}

/// A page, and when its content last changed.
type Made = (String, DateTime<Utc>);

impl ArchiveCache {
    pub fn new(templates: Arc<Templates>) -> Self {
        Self { templates, store: None, version: (0, 0), kept: BTreeMap::new() }
    }

    /// The requested page; `None` if it does not exist.
    pub fn handle(&mut self, site: &Site, request: &ArchiveRequest) -> anyhow::Result<Option<Arc<ArchiveResponse>>> {
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
        let Some((body, modified)) = self.make(site, request)? else { return Ok(None) };
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&body)[..16]);
        // Templates and settings date from the site's opening, so no page is older than that.
        let response = Arc::new(ArchiveResponse { body: body.into(), hash, modified: modified.max(site.now()) });
        self.kept.insert(request.clone(), Arc::clone(&response));
        Ok(Some(response))
    }

    fn make(&self, site: &Site, request: &ArchiveRequest) -> anyhow::Result<Option<Made>> {
        Ok(Some(match request {
            ArchiveRequest::Index => self.index(site)?,
            ArchiveRequest::Feed => self.feed(site)?,
            ArchiveRequest::Sitemap => self.sitemap(site)?,
            ArchiveRequest::Robots => (sitemap::robots(&site.config.letterhead().public_url), DateTime::default()),
            ArchiveRequest::Issue(name) => return self.issue(site, name),
        }))
    }

    /// The store, which exists once an issue has been sent.
    fn store(&self) -> anyhow::Result<&Store> {
        self.store.as_ref().context("there is no database")
    }

    fn archived(&self) -> anyhow::Result<Vec<Archived>> {
        Ok(self.store.as_ref().map_or(Ok(Vec::new()), |store| store.issues().archived())?)
    }

    fn copy(&self, name: &IssueName) -> anyhow::Result<Option<WebCopy>> {
        Ok(self.store.as_ref().map(|store| store.issues().web_copy(name)).transpose()?.flatten())
    }

    fn index(&self, site: &Site) -> anyhow::Result<Made> {
        let all = self.archived()?;
        let context = PageContext::new(site, &self.templates)?;
        let line = |archived| Ok(line(site, self.store()?, &context.language, archived));
        let page = ArchivePage { issues: all.iter().map(line).collect::<anyhow::Result<_>>()? };
        Ok((render::page(&page, "archive", context.setting(), context.templates)?, newest(&all)))
    }

    fn issue(&self, site: &Site, name: &IssueName) -> anyhow::Result<Option<Made>> {
        let all = self.archived()?;
        let Some(at) = all.iter().position(|archived| archived.issue == *name) else { return Ok(None) };
        let Some(copy) = self.copy(name)? else { return Ok(None) };
        let article = article(site, name, &copy)?;
        let neighbour = |archived: Option<&Archived>| {
            let drawn = |archived: &Archived| {
                let language = issue_language(site, self.store()?, &archived.issue);
                anyhow::Ok(Neighbour::new(&archived.issue, &archived.subject, &language))
            };
            archived.map(drawn).transpose()
        };
        let (newer, older) = (at.checked_sub(1).and_then(|at| all.get(at)), all.get(at + 1));
        let context = PageContext::new(site, &self.templates)?;
        let line = line(site, self.store()?, &context.language_of(&article), &all[at]);
        let page = IssuePage {
            corrections: context.told(&copy),
            older: neighbour(older)?,
            newer: neighbour(newer)?,
            published: copy.sent,
            modified: last_change(&all[at]),
            ..IssuePage::new(line, &article, &context.setting().base(), &context.public_url)
        };
        let html = render::page(&page, "issue", context.setting(), context.templates)?;
        // The page links to its neighbours, so it changes when they do.
        let modified = [newer, older].into_iter().flatten().map(last_change).fold(last_change(&all[at]), Ord::max);
        Ok(Some((html, modified)))
    }

    fn feed(&self, site: &Site) -> anyhow::Result<Made> {
        let all = self.archived()?;
        let context = PageContext::new(site, &self.templates)?;
        let base = &context.public_url;
        let mut entries = Vec::new();
        for archived in all.iter().take(FEED) {
            let Some(copy) = self.copy(&archived.issue)? else { continue };
            let article = article(site, &archived.issue, &copy)?;
            let entry = FeedEntry::new(&article, context.told(&copy), base);
            entries.push(feed::Entry {
                id: tag(&copy.public_url, &archived.issue),
                url: format!("{base}/archive/{}", archived.issue),
                title: archived.subject.clone(),
                summary: archived.preheader.clone(),
                edition: archived.issue.edition.clone(),
                language: article.language.clone(),
                published: copy.sent,
                updated: last_change(archived),
                html: render::fragment(&entry, "issue", context.setting(), context.templates)?,
            });
        }
        let publication = &site.config.publication;
        // Without an issue, the feed changed when the settings were last read.
        let updated = if all.is_empty() { site.now() } else { newest(&all) };
        let feed = feed::Feed {
            title: publication.name.clone(),
            language: publication.language.clone(),
            base: base.clone(),
            updated,
            entries,
        };
        Ok((feed::write(&feed).map_err(anyhow::Error::msg)?, updated))
    }

    /// The pages that search engines may list: past issues unless the publication hides them.
    fn sitemap(&self, site: &Site) -> anyhow::Result<Made> {
        let all = self.archived()?;
        let updated = newest(&all);
        let page = |path: String, changed| sitemap::Page { path, changed };
        let mut pages = vec![page("/".into(), None)];
        if !site.config.web.noindex {
            pages.push(page("/archive".into(), (!all.is_empty()).then_some(updated)));
            pages.extend(all.iter().map(|one| page(format!("/archive/{}", one.issue), Some(last_change(one)))));
        }
        Ok((sitemap::write(&site.config.letterhead().public_url, &pages), updated))
    }
}

/// What every page of the archive is rendered with.
struct PageContext<'s> {
    site: &'s Site,
    templates: &'s Templates,
    language: Arc<Language>,
    public_url: String,
}

impl<'s> PageContext<'s> {
    fn new(site: &'s Site, templates: &'s Templates) -> anyhow::Result<Self> {
        let public_url = site.config.letterhead().public_url;
        let setting = PageSetting::new(&site.config.publication, &public_url);
        Ok(Self { site, language: setting.language(templates)?, templates, public_url })
    }

    fn setting(&self) -> PageSetting<'_> {
        PageSetting::new(&self.site.config.publication, &self.public_url)
    }

    /// The language of an article, or that of the pages if the article's words can no longer be read.
    fn language_of(&self, article: &Article) -> Arc<Language> {
        self.templates.language(&article.language).unwrap_or_else(|_| Arc::clone(&self.language))
    }

    fn told(&self, copy: &WebCopy) -> Vec<CorrectionLine> {
        let zone = self.site.config.publication.timezone;
        let line = |of: &Correction| CorrectionLine::new(of.at, &of.note, zone, &self.language);
        copy.corrections.iter().map(line).collect()
    }
}

/// The article as approved or corrected; for approvals from before articles were stored, rendered from the draft.
fn article(site: &Site, name: &IssueName, copy: &WebCopy) -> anyhow::Result<Article> {
    match &copy.rendered.article {
        Some(article) => Ok(article.clone()),
        None => site.drafts().article(name, &copy.draft),
    }
}

/// An issue's permanent feed id (RFC 4151), built from the host in its mails, so that a move to another host adds no new entries.
fn tag(public_url: &str, issue: &IssueName) -> String {
    let host = url::Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    format!("tag:{},{}:{}", host.unwrap_or_else(|| "localhost".into()), issue.date, issue.edition)
}

fn last_change(archived: &Archived) -> DateTime<Utc> {
    archived.corrected.map_or(archived.sent, |corrected| corrected.max(archived.sent))
}

fn newest(all: &[Archived]) -> DateTime<Utc> {
    all.iter().map(last_change).max().unwrap_or_default()
}
