//! The archive's pages: the list of all issues, an issue as an article, and its feed entry. Knows no store and no clock.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::language::{Language, direction_of_language};
use super::page::{Head, Page};
use crate::model::{Article, IssueName};

/// The list of all issues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArchivePage {
    /// The newest first.
    pub issues: Vec<ArchiveLine>,
}

/// An issue in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveLine {
    pub issue: String,
    /// The edition's title.
    pub edition: String,
    pub subject: String,
    pub preheader: String,
    /// The issue's day, `2026-11-25` and in words.
    pub date: String,
    pub day: String,
    /// The day of the last correction in words; empty when there was none.
    pub corrected: String,
    /// The BCP 47 tag of the language that the issue is written in.
    pub language: String,
    /// The direction of that language, `ltr` or `rtl`.
    pub dir: String,
}

impl ArchiveLine {
    /// `corrected`: the local day of the last correction. Days are written as `language` writes them.
    pub fn new(
        issue: &IssueName,
        edition: &str,
        subject: &str,
        preheader: &str,
        corrected: Option<NaiveDate>,
        language: &Language,
    ) -> Self {
        let day = |day| language.locale.full_day(day);
        Self {
            issue: issue.to_string(),
            edition: edition.to_owned(),
            subject: subject.to_owned(),
            preheader: preheader.to_owned(),
            date: issue.date.to_string(),
            day: day(issue.date),
            corrected: corrected.map(day).unwrap_or_default(),
            language: String::new(),
            dir: String::new(),
        }
        .written_in(&language.tag)
    }

    /// The line of an issue that is written in the language with this BCP 47 tag, rather than in that of the page.
    #[must_use]
    pub fn written_in(self, language: &str) -> Self {
        Self { language: language.to_owned(), dir: direction_of_language(language).to_owned(), ..self }
    }

    /// A sample line with every name set.
    pub fn sample() -> Self {
        Self {
            issue: "2026-11-25-midweek".into(),
            edition: "Midweek".into(),
            subject: "A <b>calm</b> week".into(),
            preheader: "And one release that was not".into(),
            date: "2026-11-25".into(),
            day: "25 November 2026".into(),
            corrected: "26 November 2026".into(),
            language: "en".into(),
            dir: "ltr".into(),
        }
    }
}

/// A correction, as the page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CorrectionLine {
    /// RFC 3339.
    pub stamp: String,
    /// Its local day in words.
    pub day: String,
    /// May be empty.
    pub note: String,
}

impl CorrectionLine {
    pub fn new(at: DateTime<Utc>, note: &str, zone: Tz, language: &Language) -> Self {
        let at = at.with_timezone(&zone);
        Self { stamp: at.to_rfc3339(), day: language.locale.full_day(at.date_naive()), note: note.to_owned() }
    }
}

/// The issue before or after another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    pub issue: String,
    pub subject: String,
    /// The BCP 47 tag of the language that the issue is written in.
    pub language: String,
}

impl Neighbour {
    pub fn new(issue: &IssueName, subject: &str, language: &str) -> Self {
        Self { issue: issue.to_string(), subject: subject.to_owned(), language: language.to_owned() }
    }
}

/// A past issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IssuePage {
    #[serde(flatten)]
    pub line: ArchiveLine,
    /// The reading time, in words.
    pub length: String,
    pub article_html: String,
    /// The oldest first.
    pub corrections: Vec<CorrectionLine>,
    pub older: Option<Neighbour>,
    pub newer: Option<Neighbour>,
    /// The address of a picture to show beside a link to the page; may be empty.
    #[serde(skip)]
    pub picture: String,
    #[serde(skip)]
    pub published: DateTime<Utc>,
    #[serde(skip)]
    pub modified: DateTime<Utc>,
}

impl IssuePage {
    /// The page of `article`. Its pictures are linked below `base`, and for other sites below `public_url`.
    pub fn new(line: ArchiveLine, article: &Article, base: &str, public_url: &str) -> Self {
        Self {
            line: line.written_in(&article.language),
            length: article.length.clone(),
            article_html: article.html_at(base),
            picture: article.picture_at(public_url),
            ..Self::default()
        }
    }
}

/// The feed entry of an issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedEntry {
    /// The BCP 47 tag of the language that the issue is written in.
    pub language: String,
    /// The direction of that language, `ltr` or `rtl`.
    pub dir: String,
    pub article_html: String,
    /// The oldest first.
    pub corrections: Vec<CorrectionLine>,
}

impl FeedEntry {
    /// The entry for an article, with its pictures under `public_url`.
    pub fn new(article: &Article, corrections: Vec<CorrectionLine>, public_url: &str) -> Self {
        Self {
            language: article.language.clone(),
            dir: direction_of_language(&article.language).to_owned(),
            article_html: article.html_at(public_url),
            corrections,
        }
    }
}

fn corrections() -> Vec<CorrectionLine> {
    let note = "The first story named the wrong lab.".into();
    vec![CorrectionLine { stamp: "2026-11-26T09:00:00+01:00".into(), day: "26 November 2026".into(), note }]
}

impl Page for ArchivePage {
    const NAME: &'static str = "archive";

    fn sample() -> Self {
        Self { issues: vec![ArchiveLine::sample()] }
    }

    fn head(&self) -> Head {
        Head { path: Some("/archive".into()), ..Head::default() }
    }
}

impl Page for IssuePage {
    const NAME: &'static str = "issue";

    fn sample() -> Self {
        let neighbour = Some(Neighbour {
            issue: "2026-11-22-sunday".into(),
            subject: "A <i>busy</i> week".into(),
            language: "en".into(),
        });
        Self {
            line: ArchiveLine::sample(),
            length: "5 stories, 6 min".into(),
            article_html: "<div class=\"story\"><h2>A story</h2></div>".into(),
            corrections: corrections(),
            older: neighbour.clone(),
            newer: neighbour,
            ..Self::default()
        }
    }

    fn head(&self) -> Head {
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Head {
            title: self.line.subject.clone(),
            description: self.line.preheader.clone(),
            path: Some(format!("/archive/{}", self.line.issue)),
            image: self.picture.clone(),
            published: stamp(self.published),
            modified: stamp(self.modified),
            ..Head::default()
        }
    }
}

impl Page for FeedEntry {
    const NAME: &'static str = "entry";

    fn sample() -> Self {
        let (language, dir) = ("en".into(), "ltr".into());
        Self { language, dir, article_html: "<p>A story</p>".into(), corrections: corrections() }
    }
}

#[cfg(test)]
mod tests;
