//! What templates see of an issue: typed, cleaned, in the order shown. Knows no template and no subscriber.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::Serialize;

use super::prose::{self, Links};
use super::slots::Tokens;
use super::{GuideLink, Setting, clicks, words};
use crate::model::{Card, Draft, Entry, Figure, Level, Linked, Publication, Slot, TextLinks, Tracking, topic_key};

/// The root of every template.
#[derive(Debug, Serialize)]
pub struct IssueView {
    pub lang: String,
    /// `ltr` or `rtl`: the direction of the issue's language.
    pub dir: &'static str,
    /// The side where lines begin, `left` or `right`, and the other one.
    pub start: &'static str,
    pub end: &'static str,
    pub subject: String,
    pub preheader: String,
    pub publication: PublicationView,
    pub edition: EditionView,
    /// The issue's day in words.
    pub date: String,
    pub intro_html: String,
    pub intro_text: String,
    /// The topics that have a heading.
    pub topics: Vec<String>,
    pub counts: ContentCounts,
    pub lead: Option<StoryView>,
    pub groups: Vec<GroupView>,
    pub number: Option<NumberView>,
    pub guides: Vec<CardView>,
    /// The numbered links of the text part; none where addresses stand inline.
    pub links: Vec<LinkView>,
    /// Colours and fonts, from the edition's tokens.
    pub look: BTreeMap<String, String>,
    pub subscriber: SubscriberView,
    pub unsubscribe_url: String,
    pub preferences_url: String,
    pub web_copy_url: String,
    /// The links that are counted; no template sees them.
    #[serde(skip)]
    pub tracking: Option<Tracking>,
}

#[derive(Debug, Serialize)]
pub struct PublicationView {
    pub name: String,
    pub url: String,
    pub host: String,
    pub postal_address: String,
}

#[derive(Debug, Serialize)]
pub struct EditionView {
    pub title: String,
    pub name: String,
}

/// How much there is to read; `line` says it in words and is empty for an empty issue.
#[derive(Debug, Serialize)]
pub struct ContentCounts {
    pub news: usize,
    pub guides: usize,
    pub minutes: usize,
    pub line: String,
}

#[derive(Debug, Serialize)]
pub struct GroupView {
    /// Empty when the edition is not grouped by topic.
    pub heading: String,
    pub stories: Vec<StoryView>,
}

#[derive(Debug, Serialize)]
pub struct StoryView {
    pub title: String,
    /// Empty when there is none that is safe to link.
    pub url: String,
    /// The number of `url` in the text part's list; 0 where there is none, or addresses stand inline.
    pub link: usize,
    pub source: String,
    /// The day it appeared, as "Tue 23 Jul".
    pub day: String,
    /// How long that was before the issue's day, as "3 days ago"; empty when it is later.
    pub age: String,
    /// "8" or "8.5"; empty when unscored.
    pub score: String,
    /// Whether the score is 8 or more.
    pub high: bool,
    pub topics: Vec<String>,
    pub summary_html: String,
    pub summary_text: String,
    pub note_html: String,
    pub note_text: String,
    /// Who else tells the story.
    pub also: Vec<AlsoView>,
    /// The day of the issue that carried the story before, as "22 November"; empty when it is told for the first time.
    pub follow_up: String,
    pub guide: Option<GuideView>,
}

/// Another telling of a story.
#[derive(Debug, Serialize)]
pub struct AlsoView {
    pub source: String,
    pub url: String,
    pub link: usize,
    /// Whether another one follows.
    pub more: bool,
}

/// The number of the week.
#[derive(Debug, Serialize)]
pub struct NumberView {
    pub value: String,
    pub label: String,
    pub url: String,
    pub link: usize,
}

#[derive(Debug, Serialize)]
pub struct GuideView {
    pub title: String,
    pub url: String,
    pub link: usize,
    pub level: &'static str,
    /// The level as dots: ●●○.
    pub dots: &'static str,
}

#[derive(Debug, Serialize)]
pub struct CardView {
    pub title: String,
    pub url: String,
    pub link: usize,
    pub level: &'static str,
    pub dots: &'static str,
    pub tldr_html: String,
    pub tldr_text: String,
    /// The stories of this issue that it explains: the first two.
    pub explains: Vec<ExplainedView>,
    /// How many more there are.
    pub explains_more: usize,
}

/// A story that a card explains.
#[derive(Debug, Serialize)]
pub struct ExplainedView {
    pub title: String,
    /// Whether another one is named after it.
    pub more: bool,
}

#[derive(Debug, Serialize)]
pub struct LinkView {
    pub number: usize,
    pub url: String,
}

/// The subscriber's own values, as slots.
#[derive(Debug, Serialize)]
pub struct SubscriberView {
    pub name: String,
    pub email: String,
    pub fields: BTreeMap<String, String>,
}

/// Builds the view of a draft.
pub fn issue(draft: &Draft, setting: &Setting, look: BTreeMap<String, String>, tokens: &Tokens) -> IssueView {
    let style = format!("color:{}", look.get("accent").map_or("inherit", String::as_str));
    let mut links = Links::new(style, setting.edition.text_links == TextLinks::Inline);
    links.tracking = clicks::tracking(draft, setting);
    let language = language(draft, setting.publication);
    let dir = words::direction_of_language(&language);
    let (start, end) = if dir == "rtl" { ("right", "left") } else { ("left", "right") };
    let intro = prose::read(&draft.intro, &mut links);
    let shown: Vec<&Entry> = draft.news.iter().filter(|entry| !entry.banned).collect();
    let by_topic = setting.edition.by_topic || setting.edition.template == "sunday";
    let runs = if by_topic { by_topics(&shown) } else { one_run(&shown) };
    let known = known_guides(draft, setting);
    let zone = setting.publication.timezone;
    let when = When { zone, today: draft.name.date };
    let mut story = |entry: &&Entry| story(entry, when, &known, &mut links);
    let lead = shown.first().map(&mut story);
    let groups: Vec<GroupView> = runs
        .into_iter()
        .map(|(heading, entries)| GroupView { heading, stories: entries.iter().map(&mut story).collect() })
        .collect();
    let number = draft.number.as_ref().map(|figure| figure_view(figure, &mut links));
    let guides: Vec<CardView> =
        draft.guides.iter().filter(|card| !card.banned).map(|c| card(c, &shown, &mut links)).collect();
    let counts = counts(&intro.text, lead.iter().chain(groups.iter().flat_map(|g| &g.stories)), &guides);
    let topics = groups.iter().map(|g| g.heading.clone()).filter(|h| !h.is_empty() && h != ALSO).collect();
    IssueView {
        lang: language,
        dir,
        start,
        end,
        subject: words::header(&draft.subject),
        preheader: words::line(&draft.preheader),
        publication: publication(setting.publication),
        edition: EditionView { title: edition_title(draft, setting), name: draft.name.edition.clone() },
        date: long_day(draft.name.date),
        intro_html: intro.html,
        intro_text: intro.text,
        topics,
        counts,
        lead,
        groups,
        number,
        guides,
        links: links.urls.into_iter().enumerate().map(|(i, url)| LinkView { number: i + 1, url }).collect(),
        look,
        subscriber: subscriber(tokens),
        unsubscribe_url: tokens.token(&Slot::UnsubscribeUrl),
        preferences_url: tokens.token(&Slot::PreferencesUrl),
        web_copy_url: tokens.token(&Slot::WebCopyUrl),
        tracking: links.tracking,
    }
}

fn subscriber(tokens: &Tokens) -> SubscriberView {
    SubscriberView { name: tokens.token(&Slot::Name), email: tokens.token(&Slot::Email), fields: tokens.fields() }
}

/// A day as "Wednesday 31 July 2024".
fn long_day(day: chrono::NaiveDate) -> String {
    format!("{} {} {}", day.format("%A"), day.day(), day.format("%B %Y"))
}

/// The heading of the stories that no topic holds together.
const ALSO: &str = "Also this week";

/// What follows the lead, as one group without a heading.
fn one_run<'e>(shown: &[&'e Entry]) -> Vec<(String, Vec<&'e Entry>)> {
    let rest: Vec<&Entry> = shown.iter().skip(1).copied().collect();
    if rest.is_empty() { Vec::new() } else { vec![(String::new(), rest)] }
}

/// What follows the lead, by topic: runs of two or more entries with the same first topic (the lead counts for its own)
/// keep their place under that topic, single ones come last together.
fn by_topics<'e>(shown: &[&'e Entry]) -> Vec<(String, Vec<&'e Entry>)> {
    let key = |entry: &Entry| entry.topics.first().map(|topic| topic_key(topic)).unwrap_or_default();
    let mut groups = Vec::new();
    let mut single = Vec::new();
    for (i, run) in shown.chunk_by(|a, b| key(a) == key(b)).enumerate() {
        let rest = if i == 0 { &run[1..] } else { run };
        match run[0].topics.first().map(|topic| words::line(topic)) {
            Some(topic) if run.len() > 1 && !key(run[0]).is_empty() && !rest.is_empty() => {
                groups.push((topic, rest.to_vec()));
            }
            _ => single.extend_from_slice(rest),
        }
    }
    if !single.is_empty() {
        groups.push((ALSO.to_owned(), single));
    }
    groups
}

pub fn known_guides(draft: &Draft, setting: &Setting) -> BTreeMap<String, GuideLink> {
    let link = |card: &Card| GuideLink {
        slug: card.slug.clone(),
        title: card.title.clone(),
        level: card.level,
        url: card.url.clone(),
    };
    let cards = draft.guides.iter().map(link);
    setting.guides.iter().cloned().chain(cards).map(|guide| (guide.slug.clone(), guide)).collect()
}

/// What a story's age is reckoned by.
#[derive(Clone, Copy)]
struct When {
    zone: chrono_tz::Tz,
    today: chrono::NaiveDate,
}

fn story(entry: &Entry, when: When, known: &BTreeMap<String, GuideLink>, links: &mut Links) -> StoryView {
    let (url, link) = counted(Linked::News, &entry.id, entry.url.as_deref(), links);
    let summary = prose::summary(entry.format, &entry.summary, links);
    let note = prose::read(&entry.note, links);
    let day = entry.published.day(when.zone);
    StoryView {
        title: prose::title(entry.format, &entry.title),
        url,
        link,
        source: words::line(&entry.source),
        day: format!("{} {} {}", day.format("%a"), day.day(), day.format("%b")),
        age: age((when.today - day).num_days()),
        score: entry.score.map(score).unwrap_or_default(),
        high: entry.score.is_some_and(|score| score >= 8.0),
        topics: entry.topics.iter().map(|topic| words::line(topic)).collect(),
        summary_html: summary.html,
        summary_text: summary.text,
        note_html: note.html,
        note_text: note.text,
        also: also(entry, links),
        follow_up: entry.follow_up.as_ref().map(|issue| issue.date.format("%-d %B").to_string()).unwrap_or_default(),
        guide: entry.guide.as_ref().and_then(|slug| known.get(slug)).map(|guide| {
            let (url, link) = counted(Linked::Guide, &guide.slug, guide.url.as_deref(), links);
            let (level, dots) = level(guide.level);
            GuideView { title: words::line(&guide.title), url, link, level, dots }
        }),
    }
}

/// Days before the issue in words; nothing for what is dated after it.
fn age(days: i64) -> String {
    match days {
        ..0 => String::new(),
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn also(entry: &Entry, links: &mut Links) -> Vec<AlsoView> {
    let last = entry.also.len().saturating_sub(1);
    let tellings = entry.also.iter().enumerate();
    tellings
        .map(|(at, telling)| {
            let (url, link) = numbered(telling.url.as_deref(), links);
            AlsoView { source: words::line(&telling.source), url, link, more: at < last }
        })
        .collect()
}

fn figure_view(figure: &Figure, links: &mut Links) -> NumberView {
    let (url, link) = numbered(figure.url.as_deref(), links);
    NumberView { value: words::line(&figure.value), label: words::line(&figure.label), url, link }
}

fn card(card: &Card, shown: &[&Entry], links: &mut Links) -> CardView {
    /// More titles would bury the card.
    const NAMED: usize = 2;
    let (url, link) = counted(Linked::Guide, &card.slug, card.url.as_deref(), links);
    let explained: Vec<&&Entry> = shown.iter().filter(|entry| entry.guide.as_ref() == Some(&card.slug)).collect();
    let named = explained.len().min(NAMED);
    let name = |(at, entry): (usize, &&&Entry)| ExplainedView {
        title: prose::title(entry.format, &entry.title),
        more: at + 1 < named,
    };
    let tldr = prose::read(&card.tldr, links);
    let (level, dots) = level(card.level);
    CardView {
        title: words::line(&card.title),
        url,
        link,
        level,
        dots,
        tldr_html: tldr.html,
        tldr_text: tldr.text,
        explains: explained.iter().take(NAMED).enumerate().map(name).collect(),
        explains_more: explained.len() - named,
    }
}

/// The address of a story or a guide as this mail has it, and its number.
fn counted(kind: Linked, id: &str, url: Option<&str>, links: &mut Links) -> (String, usize) {
    let url = url.and_then(words::href);
    let counted = links.tracking.as_ref().zip(url.as_ref()).and_then(|(t, url)| t.address(kind, id, url));
    numbered(counted.or(url).as_deref(), links)
}

fn numbered(url: Option<&str>, links: &mut Links) -> (String, usize) {
    let url = url.and_then(words::href).unwrap_or_default();
    let link = if url.is_empty() || links.inline { 0 } else { links.number(&url) };
    (url, link)
}

/// A score in its shortest form: `8`, `8.5`.
fn score(score: f64) -> String {
    let tenth = format!("{score:.1}");
    tenth.strip_suffix(".0").map_or(tenth.clone(), str::to_owned)
}

fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Beginner => ("Beginner", "●○○"),
        Level::Intermediate => ("Intermediate", "●●○"),
        Level::Advanced => ("Advanced", "●●●"),
    }
}

fn counts<'s>(intro: &str, stories: impl Iterator<Item = &'s StoryView>, guides: &[CardView]) -> ContentCounts {
    /// Words a minute of an adult who reads prose with attention.
    const PACE: usize = 220;
    let length = |text: &str| text.split_whitespace().count();
    let mut all = length(intro);
    let mut news = 0;
    for story in stories {
        news += 1;
        all += length(&story.title) + length(&story.summary_text) + length(&story.note_text);
    }
    all += guides.iter().map(|guide| length(&guide.title) + length(&guide.tldr_text)).sum::<usize>();
    let minutes = all.div_ceil(PACE).max(1);
    let some = |n: usize, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let mut parts: Vec<String> =
        [some(news, "story", "stories"), some(guides.len(), "guide", "guides")].into_iter().flatten().collect();
    if !parts.is_empty() {
        parts.push(format!("{minutes} min"));
    }
    ContentCounts { news, guides: guides.len(), minutes, line: parts.join(", ") }
}

pub fn publication(publication: &Publication) -> PublicationView {
    let url = words::href(&publication.url).unwrap_or_default();
    let host = url::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    PublicationView {
        name: words::line(&publication.name),
        url,
        host,
        postal_address: words::line(&publication.postal_address),
    }
}

fn edition_title(draft: &Draft, setting: &Setting) -> String {
    let title = words::line(setting.edition_title);
    if !title.is_empty() {
        return title;
    }
    let mut letters = draft.name.edition.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The issue's language, or else the publication's, as a tag that is safe to print.
fn language(draft: &Draft, publication: &Publication) -> String {
    let own = draft.language.trim();
    let tag = if own.is_empty() { &publication.language } else { own };
    let tag: String = tag.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if tag.is_empty() { "en".to_owned() } else { tag }
}
