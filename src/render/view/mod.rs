//! What templates see of an issue: typed, cleaned, in the order shown. Knows no template and no subscriber.

mod addresses;
mod around;
mod article;
mod dates;
mod guides;
mod stories;

use std::collections::BTreeMap;

use serde::Serialize;

use super::language::direction_of_language;
use super::prose::{self, Links};
use super::setting::Medium;
use super::slots::Tokens;
use super::texts::Words;
use super::{Setting, clicks, words};
use crate::model::{Draft, Entry, Figure, Slot, TextLinks, Tracking};

use addresses::numbered;
use around::{EditionView, Invitations, PictureView, PublicationView};
use guides::{CardView, Placed};
use stories::{GroupView, Run, StoryView};

pub use around::{PollView, publication};
pub use article::ArticleView;

/// The root of every template.
#[derive(Debug, Serialize)]
pub struct IssueView {
    pub lang: String,
    /// `ltr` or `rtl`: the direction of the issue's language.
    pub dir: &'static str,
    /// The side where lines start, `left` or `right`, and the other one.
    pub start: &'static str,
    pub end: &'static str,
    /// An arrow in the direction of the text: → or ←.
    pub arrow: &'static str,
    pub subject: String,
    pub preheader: String,
    pub publication: PublicationView,
    pub edition: EditionView,
    /// The issue's day in words, in short, and the Monday of its week: "Wednesday 31 July 2024", "Wed 31 Jul", "29 July".
    pub date: String,
    pub day: String,
    pub week: String,
    /// "week of 29 July".
    pub week_of: String,
    /// "61", and "No 61" in words; empty when the issue has no number.
    pub issue_number: String,
    pub issue_label: String,
    /// The publication's mark, and the issue's picture.
    pub mark: Option<PictureView>,
    pub picture: Option<PictureView>,
    /// The greeting, with the slot of the subscriber's name; empty when the edition has no greeting.
    pub greeting: String,
    /// The same without the name: which way they run.
    pub greeting_text: String,
    pub intro_html: String,
    pub intro_text: String,
    /// Who signs the intro; empty when nobody does.
    pub signature: String,
    /// The topics that have a heading.
    pub topics: Vec<String>,
    pub counts: ContentCounts,
    /// Whether stories show their scores.
    pub show_score: bool,
    pub lead: Option<StoryView>,
    pub groups: Vec<GroupView>,
    pub number: Option<NumberView>,
    /// The cards at the end: all except those of guides shown under a story.
    pub guides: Vec<CardView>,
    pub poll: Option<PollView>,
    #[serde(flatten)]
    pub invitations: Invitations,
    /// The numbered links of the text part; none where addresses are inline.
    pub links: Vec<LinkView>,
    /// Colours and fonts, from the edition's tokens.
    pub look: BTreeMap<String, String>,
    /// The template's own words, from `words/LANG.toml`.
    pub words: BTreeMap<String, String>,
    pub subscriber: SubscriberView,
    pub unsubscribe_url: String,
    pub preferences_url: String,
    pub web_copy_url: String,
    /// The links that are counted; no template sees them.
    #[serde(skip)]
    pub tracking: Option<Tracking>,
}

/// How much there is to read; `line` is that in words, empty for an empty issue.
#[derive(Debug, Serialize)]
pub struct ContentCounts {
    pub news: usize,
    pub guides: usize,
    pub minutes: usize,
    pub line: String,
    /// The minutes in words: "6 min".
    pub time: String,
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
pub fn issue(
    draft: &Draft,
    setting: &Setting,
    look: BTreeMap<String, String>,
    texts: &Words,
    tokens: &Tokens,
) -> IssueView {
    let mut links = match setting.medium {
        Medium::Mail => {
            let style = format!("color:{}", look.get("accent").map_or("inherit", String::as_str));
            Links::new(style, setting.edition.text_links == TextLinks::Inline)
        }
        Medium::Web => Links::default(),
    };
    links.tracking = clicks::tracking(draft, setting);
    let language = language(draft, setting);
    let dir = direction_of_language(&language);
    let (start, end, arrow) = if dir == "rtl" { ("right", "left", "←") } else { ("left", "right", "→") };
    let intro = prose::read(&draft.intro, &mut links);
    let shown: Vec<&Entry> = draft.news.iter().filter(|entry| !entry.banned).collect();
    let runs = if setting.edition.by_topic { stories::by_topics(&shown, texts) } else { stories::one_run(&shown) };
    let order: Vec<&Entry> = shown.first().copied().into_iter().chain(runs.iter().flat_map(Run::entries)).collect();
    let mut placed = Placed::new(draft, setting, &order);
    let mut numbers = 1..;
    let mut story = |entry: &Entry| {
        let number = numbers.next().unwrap_or_default();
        stories::story(entry, number, draft.name.date, setting, &mut placed, &mut links, texts)
    };
    let lead = shown.first().map(|entry| story(entry));
    let groups: Vec<GroupView> = runs.iter().enumerate().map(|(at, run)| run.view(at + 1, &mut story)).collect();
    let number = draft.number.as_ref().map(|figure| figure_view(figure, &mut links));
    let guides: Vec<CardView> = placed.rest().map(|card| guides::card(card, &order, &mut links, texts)).collect();
    let told = || lead.iter().chain(groups.iter().flat_map(|group| &group.stories));
    let counts = counts(&intro.text, told(), &guides, texts);
    let topics = groups.iter().filter(|group| !group.brief).map(|group| group.heading.clone());
    let topics = topics.filter(|heading| !heading.is_empty()).collect();
    let edition = EditionView { title: edition_title(draft, setting), name: draft.name.edition.clone() };
    let web_copy_url = tokens.token(&Slot::WebCopyUrl);
    let week = texts.locale().plain_day(dates::monday(draft.name.date));
    IssueView {
        lang: language,
        dir,
        start,
        end,
        arrow,
        subject: words::header(&draft.subject),
        preheader: words::line(&draft.preheader),
        publication: around::publication(setting.publication),
        date: texts.locale().long_day(draft.name.date),
        day: texts.locale().short_day(draft.name.date),
        week_of: texts.fill("week_of", &[("date", &week)]),
        week,
        issue_label: draft
            .issue_number
            .map(|n| texts.fill("issue_number", &[("n", &texts.locale().ordinal(n.into()))]))
            .unwrap_or_default(),
        issue_number: draft.issue_number.map(|number| number.to_string()).unwrap_or_default(),
        mark: setting.publication.mark.as_ref().and_then(|mark| around::picture(mark, setting)),
        picture: draft.picture.as_ref().and_then(|picture| around::picture(picture, setting)),
        greeting: words::line(&setting.edition.greeting).replace("{name}", &tokens.token(&Slot::Name)),
        greeting_text: words::line(&setting.edition.greeting).replace("{name}", ""),
        intro_html: intro.html,
        intro_text: intro.text,
        signature: words::line(&setting.edition.signature),
        topics,
        counts,
        show_score: setting.edition.show_score,
        lead,
        groups,
        number,
        guides,
        poll: around::poll(draft, setting, &edition, &mut links, texts),
        invitations: around::invitations(draft, setting, &edition, &web_copy_url, texts),
        edition,
        links: links.urls.into_iter().enumerate().map(|(i, url)| LinkView { number: i + 1, url }).collect(),
        look,
        words: texts.of_templates(),
        subscriber: subscriber(tokens),
        unsubscribe_url: tokens.token(&Slot::UnsubscribeUrl),
        preferences_url: tokens.token(&Slot::PreferencesUrl),
        web_copy_url,
        tracking: links.tracking,
    }
}

fn subscriber(tokens: &Tokens) -> SubscriberView {
    SubscriberView { name: tokens.token(&Slot::Name), email: tokens.token(&Slot::Email), fields: tokens.fields() }
}

fn figure_view(figure: &Figure, links: &mut Links) -> NumberView {
    let (url, link) = numbered(figure.url.as_deref(), links);
    NumberView { value: words::line(&figure.value), label: words::line(&figure.label), url, link }
}

fn counts<'s>(
    intro: &str,
    stories: impl Iterator<Item = &'s StoryView>,
    guides: &[CardView],
    texts: &Words,
) -> ContentCounts {
    /// Reading speed of an attentive adult, in words per minute.
    const PACE: usize = 220;
    let length = |text: &str| text.split_whitespace().count();
    let mut all = length(intro);
    let (mut news, mut cards) = (0, guides.len());
    for story in stories {
        news += 1;
        all += length(&story.title) + length(&story.summary_text) + length(&story.note_text);
        if let Some(guide) = &story.guide {
            cards += 1;
            all += length(&guide.face.title) + length(&guide.face.tldr_text);
        }
    }
    all += guides.iter().map(|guide| length(&guide.face.title) + length(&guide.face.tldr_text)).sum::<usize>();
    let minutes = all.div_ceil(PACE).max(1);
    let time = texts.counted("minute_count", minutes);
    let some = |n: usize, key: &str| (n > 0).then(|| texts.counted(key, n));
    let mut parts: Vec<String> =
        [some(news, "story_count"), some(cards, "guide_count")].into_iter().flatten().collect();
    if !parts.is_empty() {
        parts.push(time.clone());
    }
    ContentCounts { news, guides: cards, minutes, line: parts.join(&texts.get("comma")), time }
}

fn edition_title(draft: &Draft, setting: &Setting) -> String {
    let title = words::line(setting.edition_title);
    if !title.is_empty() {
        return title;
    }
    let mut letters = draft.name.edition.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The issue's language, or its edition's or the publication's, as a tag that is safe to print.
pub fn language(draft: &Draft, setting: &Setting) -> String {
    let tags = [draft.language.as_str(), &setting.edition.language, &setting.publication.language];
    let tag = tags.into_iter().map(str::trim).find(|tag| !tag.is_empty()).unwrap_or_default();
    let tag: String = tag.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if tag.is_empty() { "en".to_owned() } else { tag }
}
