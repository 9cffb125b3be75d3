//! Stories as templates see them, and how they are grouped by topic. Knows no guide except the one a story shows.

use chrono::NaiveDate;
use serde::Serialize;

use super::super::prose::{self, Links};
use super::super::setting::Medium;
use super::super::texts::Words;
use super::super::{Setting, words};
use super::addresses::{counted, numbered};
use super::around::{self, PictureView};
use super::dates;
use super::guides::{GuideView, Placed};
use crate::model::{Entry, Linked, topic_key};

#[derive(Debug, Serialize)]
pub struct GroupView {
    /// From 1, in the order shown.
    pub number: usize,
    /// Empty when the edition is not grouped by topic.
    pub heading: String,
    /// Whether its stories have nothing in common, so that none of them speaks for the group.
    pub brief: bool,
    pub stories: Vec<StoryView>,
}

#[derive(Debug, Serialize)]
pub struct StoryView {
    /// From 1, in the order shown.
    pub number: usize,
    pub title: String,
    /// Empty when there is no address that is safe to link.
    pub url: String,
    /// The number of `url` in the text part's list; 0 where there is none, or addresses are inline.
    pub link: usize,
    pub source: String,
    /// "Read the story at Nature": the words of a link to it.
    pub read_at: String,
    /// The day it appeared, as "Tue 23 Jul".
    pub day: String,
    /// The same day in full, "23 July 2024", and for machines, "2024-07-23".
    pub date: String,
    pub stamp: String,
    /// How long that was before the issue's day, as "3 days ago"; empty when it is later.
    pub age: String,
    /// The score in the language's format, such as "8" or "8.5". Empty if there is none, or if the edition shows no scores.
    pub score: String,
    /// Whether the score is 8 or more.
    pub high: bool,
    pub topics: Vec<String>,
    pub summary_html: String,
    pub summary_text: String,
    pub picture: Option<PictureView>,
    pub note_html: String,
    pub note_text: String,
    /// The other sources of the story.
    pub also: Vec<AlsoView>,
    /// "What happened since our issue of 22 November"; empty when the story is new.
    pub follow_up: String,
    /// The guide that explains it, if shown here: each guide appears once in an issue.
    pub guide: Option<GuideView>,
}

/// Another source of a story.
#[derive(Debug, Serialize)]
pub struct AlsoView {
    pub source: String,
    pub url: String,
    pub link: usize,
    /// Whether another one follows.
    pub more: bool,
}

/// Entries shown as a group.
pub struct Run<'e> {
    heading: String,
    brief: bool,
    entries: Vec<&'e Entry>,
}

impl<'e> Run<'e> {
    pub fn entries(&self) -> impl Iterator<Item = &'e Entry> + '_ {
        self.entries.iter().copied()
    }

    pub fn view(&self, number: usize, story: &mut impl FnMut(&Entry) -> StoryView) -> GroupView {
        let stories = self.entries().map(story).collect();
        GroupView { number, heading: self.heading.clone(), brief: self.brief, stories }
    }
}

/// What follows the lead, as one group without a heading.
pub fn one_run<'e>(shown: &[&'e Entry]) -> Vec<Run<'e>> {
    let entries: Vec<&Entry> = shown.iter().skip(1).copied().collect();
    if entries.is_empty() { Vec::new() } else { vec![Run { heading: String::new(), brief: false, entries }] }
}

/// What follows the lead, by topic: runs of two or more entries with the same first topic (the lead counts for its own)
/// keep their place under that topic, single ones come last together.
pub fn by_topics<'e>(shown: &[&'e Entry], texts: &Words) -> Vec<Run<'e>> {
    let key = |entry: &Entry| entry.topics.first().map(|topic| topic_key(topic)).unwrap_or_default();
    let mut runs = Vec::new();
    let mut single = Vec::new();
    for (i, run) in shown.chunk_by(|a, b| key(a) == key(b)).enumerate() {
        let rest = if i == 0 { &run[1..] } else { run };
        match run[0].topics.first().map(|topic| words::line(topic)) {
            Some(heading) if run.len() > 1 && !key(run[0]).is_empty() && !rest.is_empty() => {
                runs.push(Run { heading, brief: false, entries: rest.to_vec() });
            }
            _ => single.extend_from_slice(rest),
        }
    }
    if !single.is_empty() {
        runs.push(Run { heading: texts.get("in_brief"), brief: true, entries: single });
    }
    runs
}

pub fn story(
    entry: &Entry,
    number: usize,
    today: NaiveDate,
    setting: &Setting,
    placed: &mut Placed,
    links: &mut Links,
    texts: &Words,
) -> StoryView {
    let (url, link) = counted(Linked::News, &entry.id, entry.url.as_deref(), links);
    let summary = prose::summary(entry.format, &entry.summary, links);
    let note = prose::read(&entry.note, links);
    let day = entry.published.day(setting.publication.timezone);
    let source = words::line(&entry.source);
    let score = entry.score.filter(|_| setting.edition.show_score);
    let earlier = entry.follow_up.as_ref().map(|issue| match setting.medium {
        Medium::Mail => texts.locale().plain_day(issue.date),
        Medium::Web => texts.locale().full_day(issue.date),
    });
    StoryView {
        number,
        title: prose::title(entry.format, &entry.title),
        url,
        link,
        read_at: texts.fill("read_at", &[("source", &source)]),
        source,
        day: texts.locale().short_day(day),
        date: texts.locale().full_day(day),
        stamp: day.to_string(),
        age: dates::age((today - day).num_days(), texts),
        score: score.map(|score| texts.locale().short(score)).unwrap_or_default(),
        high: score.is_some_and(|score| score >= 8.0),
        topics: entry.topics.iter().map(|topic| words::line(topic)).collect(),
        summary_html: summary.html,
        summary_text: summary.text,
        picture: entry.picture.as_ref().and_then(|picture| around::picture(picture, setting)),
        note_html: note.html,
        note_text: note.text,
        also: also(entry, links),
        follow_up: earlier.map(|date| texts.fill("follow_up", &[("date", &date)])).unwrap_or_default(),
        guide: placed.under(entry, links, texts),
    }
}

fn also(entry: &Entry, links: &mut Links) -> Vec<AlsoView> {
    let last = entry.also.len().saturating_sub(1);
    let covered = entry.also.iter().enumerate();
    covered
        .map(|(at, other)| {
            let (url, link) = numbered(other.url.as_deref(), links);
            AlsoView { source: words::line(&other.source), url, link, more: at < last }
        })
        .collect()
}
