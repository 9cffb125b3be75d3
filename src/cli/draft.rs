//! `digest draft`: edit a draft from the command line or a script. Each edit changes only the bytes it concerns in issue.toml.

mod changes;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{json as print_json, line};
use super::{Exit, Global, HumanFormat};
use crate::model::{Card, Draft as Issue, Entry, IssueName};
use crate::pipeline::{Edit, Line, Site};

/// ENTRY is a place among the news (3), on the bench (b2), an id, or the start of one.
#[derive(Subcommand)]
pub enum Draft {
    /// List the entries with their places and ids
    Show(Show),
    /// Set a field of the issue or of an entry
    Set(Set),
    /// Move an entry to a place in the news, also from the bench
    Move(Move),
    /// Delete an entry
    Drop(One),
    /// Keep an entry out, even if compose finds it again
    Ban(One),
    /// Keep an entry in, whatever compose finds later
    Pin(One),
    /// Move an entry to the bench
    Bench(One),
    /// Choose the guide shown with an entry
    Guide(Guide),
    /// Show a guide as a card, or remove its card
    Card(CardOf),
    /// Add a story by item id or web address
    Add(Add),
    /// Turn an item in an entry's `also` into its own story
    Split(Split),
    /// Merge an entry into another entry's story
    Merge(Merge),
    /// Waive a finding of the check, with the reason on record
    Waive(Waive),
    /// Undo the last edit
    Undo(Undo),
}

#[derive(Args)]
pub struct Show {
    /// The issue's folder name or path; the newest draft by default
    issue: Option<String>,
    /// Output format
    #[arg(long, default_value = "human")]
    format: HumanFormat,
}

#[derive(Args)]
pub struct Set {
    /// The issue's folder name or path
    issue: String,
    /// [ENTRY] FIELD TEXT: such as `subject "…"`, `3 note "…"`, `3 picture.alt "…"`
    #[arg(num_args = 2..=3, required = true, value_name = "ENTRY FIELD TEXT", allow_hyphen_values = true)]
    words: Vec<String>,
}

#[derive(Args)]
pub struct Move {
    /// The issue's folder name or path
    issue: String,
    /// Which entry
    entry: String,
    /// Its new place, from 1
    place: usize,
}

#[derive(Args)]
pub struct One {
    /// The issue's folder name or path
    issue: String,
    /// Which entry
    entry: String,
}

#[derive(Args)]
pub struct Guide {
    /// The issue's folder name or path
    issue: String,
    /// Which entry
    entry: String,
    /// The guide's slug, or none
    slug: String,
}

#[derive(Args)]
pub struct CardOf {
    /// The issue's folder name or path
    issue: String,
    /// The guide's slug
    slug: String,
    /// Remove the card
    #[arg(long)]
    drop: bool,
}

#[derive(Args)]
pub struct Add {
    /// The issue's folder name or path
    issue: String,
    /// The item's id, or the page's address
    #[arg(value_name = "ID|URL")]
    what: String,
    /// Its place in the news, from 1; the end by default
    #[arg(long, value_name = "PLACE")]
    at: Option<usize>,
}

#[derive(Args)]
pub struct Split {
    /// The issue's folder name or path
    issue: String,
    /// Which entry
    entry: String,
    /// The id in its `also`
    id: String,
}

#[derive(Args)]
pub struct Merge {
    /// The issue's folder name or path
    issue: String,
    /// The entry that stays
    entry: String,
    /// The entry that joins it
    other: String,
}

#[derive(Args)]
pub struct Waive {
    /// The issue's folder name or path
    issue: String,
    /// The finding's code, as `digest check` prints it
    code: String,
    /// Why it is all right in this issue
    reason: String,
}

#[derive(Args)]
pub struct Undo {
    /// The issue's folder name or path
    issue: String,
    /// Redo the edit that was undone last
    #[arg(long)]
    redo: bool,
}

impl Draft {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        match self {
            Self::Show(show) => return show.run(&site),
            Self::Undo(undo) => return undo.run(&site),
            _ => {}
        }
        let name = site.issue(Some(self.issue()))?;
        let before = site.drafts().read(&name)?;
        self.edit(&site, &name)?;
        let told = changes::changes(&before, &site.drafts().read(&name)?);
        if told.is_empty() {
            line("nothing changed: it was already that way")?;
        }
        told.iter().try_for_each(|change| line(change))?;
        Ok(Exit::Done)
    }

    fn issue(&self) -> &str {
        match self {
            Self::Show(Show { issue, .. }) => issue.as_deref().unwrap_or_default(),
            Self::Set(Set { issue, .. })
            | Self::Move(Move { issue, .. })
            | Self::Drop(One { issue, .. })
            | Self::Ban(One { issue, .. })
            | Self::Pin(One { issue, .. })
            | Self::Bench(One { issue, .. })
            | Self::Guide(Guide { issue, .. })
            | Self::Card(CardOf { issue, .. })
            | Self::Add(Add { issue, .. })
            | Self::Split(Split { issue, .. })
            | Self::Merge(Merge { issue, .. })
            | Self::Waive(Waive { issue, .. })
            | Self::Undo(Undo { issue, .. }) => issue,
        }
    }

    fn edit(self, site: &Site, name: &IssueName) -> anyhow::Result<()> {
        let drafts = site.drafts();
        let edit = match self {
            Self::Set(set) => {
                let mut words = set.words.into_iter().rev();
                let (text, field) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                Edit::Set { entry: words.next(), field, text }
            }
            Self::Move(Move { entry, place, .. }) => Edit::Move { entry, place },
            Self::Drop(One { entry, .. }) => Edit::Drop { entry },
            Self::Ban(One { entry, .. }) => Edit::Ban { entry },
            Self::Pin(One { entry, .. }) => Edit::Pin { entry },
            Self::Bench(One { entry, .. }) => Edit::Bench { entry },
            Self::Merge(Merge { entry, other, .. }) => Edit::Merge { entry, other },
            Self::Waive(Waive { code, reason: why, .. }) => Edit::Waive { code, why },
            Self::Card(CardOf { slug, drop: true, .. }) => Edit::DropCard { slug },
            Self::Card(CardOf { slug, .. }) => return drafts.add_card(name, &slug),
            Self::Guide(Guide { entry, slug, .. }) => {
                let slug = Some(slug.as_str()).filter(|slug| *slug != "none");
                return drafts.pair(name, &entry, slug, None);
            }
            Self::Add(Add { what, at, .. }) => return drafts.add(name, &what, at).map(drop),
            Self::Split(Split { entry, id, .. }) => return drafts.split(name, &entry, &id),
            Self::Show(_) | Self::Undo(_) => return Ok(()),
        };
        drafts.edit(name, &edit)
    }
}

impl Undo {
    fn run(self, site: &Site) -> anyhow::Result<Exit> {
        let name = site.issue(Some(&self.issue))?;
        let before = site.drafts().read(&name)?;
        let what = site.drafts().undo(&name, self.redo)?;
        line(&format!("{} `{what}` in {name}:", if self.redo { "redid" } else { "undid" }))?;
        let told = changes::changes(&before, &site.drafts().read(&name)?);
        told.iter().try_for_each(|change| line(&format!("  {change}")))?;
        Ok(Exit::Done)
    }
}

impl Show {
    fn run(self, site: &Site) -> anyhow::Result<Exit> {
        let issue = site.drafts().read(&site.issue(self.issue.as_deref())?)?;
        let subjects = site.drafts().subjects(&issue)?;
        match self.format {
            HumanFormat::Json => print_json(&as_json(&issue, &subjects))?,
            HumanFormat::Human => print(&issue, &subjects)?,
        }
        Ok(Exit::Done)
    }
}

fn print(issue: &Issue, subjects: &[Line]) -> anyhow::Result<()> {
    line(&issue.name.to_string())?;
    line(&format!("subject    {}", issue.subject))?;
    line(&format!("preheader  {}", issue.preheader))?;
    for Line { subject, .. } in subjects.iter().filter(|line| line.subject != issue.subject) {
        line(&format!("    or     {subject}"))?;
    }
    let titled = |key: String, entry: &Entry| {
        let marks = match (entry.pinned, entry.banned) {
            (_, true) => ", banned",
            (true, false) => ", pinned",
            (false, false) => "",
        };
        let guide = entry.guide.as_ref().map(|guide| format!(", guide {guide}")).unwrap_or_default();
        line(&format!("{key:>4}  {}  ({}{guide}{marks})  {}", entry.title, entry.source, entry.id))
    };
    line("news")?;
    for (at, entry) in issue.news.iter().enumerate() {
        titled((at + 1).to_string(), entry)?;
        for other in &entry.also {
            line(&format!("        also {}  ({})  {}", other.title, other.source, other.id))?;
        }
    }
    let cards = |name: &str, cards: &[Card]| -> anyhow::Result<()> {
        if !cards.is_empty() {
            line(name)?;
        }
        cards.iter().try_for_each(|card| line(&format!("      {}  {}", card.title, card.slug)))
    };
    cards("cards", &issue.guides)?;
    cards("more cards, not shown", &issue.guides_bench)?;
    if !issue.bench.is_empty() {
        line("bench, not shown")?;
    }
    for (at, entry) in issue.bench.iter().enumerate() {
        titled(format!("b{}", at + 1), entry)?;
    }
    Ok(())
}

fn as_json(issue: &Issue, subjects: &[Line]) -> Value {
    let entry = |(at, entry): (usize, &Entry)| {
        let also: Vec<Value> = entry.also.iter().map(|other| json!({"id": other.id, "title": other.title})).collect();
        json!({
            "place": at + 1, "id": entry.id, "title": entry.title, "source": entry.source, "score": entry.score,
            "url": entry.url, "summary": entry.summary, "guide": entry.guide, "note": entry.note, "why": entry.why,
            "also": also, "pinned": entry.pinned, "banned": entry.banned,
        })
    };
    let cards = |cards: &[Card]| -> Vec<Value> {
        cards.iter().map(|card| json!({"slug": card.slug, "title": card.title, "why": card.why})).collect()
    };
    json!({
        "issue": issue.name.to_string(), "subject": issue.subject, "preheader": issue.preheader, "intro": issue.intro,
        "news": issue.news.iter().enumerate().map(entry).collect::<Vec<_>>(),
        "guides": cards(&issue.guides), "guides_bench": cards(&issue.guides_bench),
        "bench": issue.bench.iter().enumerate().map(entry).collect::<Vec<_>>(),
        "suggestions": subjects.iter()
            .map(|line| json!({"subject": line.subject, "preheader": line.preheader})).collect::<Vec<_>>(),
    })
}
