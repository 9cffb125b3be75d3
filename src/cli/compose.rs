//! `digest compose`: select and pair news, write the draft, and say why.

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::output::{count, cut, json, line, report_notices};
use super::{Exit, Format, Global, day};
use crate::model::{Draft, Entry};
use crate::pipeline::{Composed, Composition, LeftOut, Line, Parts, Ranked, Refreshed, Site};

#[derive(Args)]
pub struct Compose {
    /// The edition's name, as under [editions] in config.toml
    edition: String,
    /// The local date; the next one due by default
    #[arg(long, value_name = "DATE", value_parser = day)]
    date: Option<NaiveDate>,
    /// Then open the draft in $VISUAL or $EDITOR
    #[arg(long)]
    edit: bool,
    /// Print every candidate and how its rank was calculated
    #[arg(long)]
    explain: bool,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

impl Compose {
    pub fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let site = global.site()?;
        let composed = site.drafts().compose(&self.edition, self.date)?;
        report_notices(global, site.drafts().off_calendar(&composed.name).as_slice());
        report_notices(global, &composed.composition.notices);
        if let Some((_, Refreshed::Updated(changes))) = &composed.written {
            report_notices(global, &changes.notices);
        }
        match self.format {
            Format::Json => json(&as_json(&site, &composed, self.explain))?,
            Format::Table => print(&site, &composed, self.explain)?,
        }
        if let Some((file, _)) = composed.written.as_ref().filter(|_| self.edit) {
            edit(file)?;
        }
        Ok(Exit::Done)
    }
}

/// The JSON that scripts rely on; with `explain` also every candidate with the parts of its rank.
fn as_json(site: &Site, composed: &Composed, explain: bool) -> Value {
    let Composition { window, ranked, left_out, .. } = &composed.composition;
    let draft = composed.draft.as_ref();
    let rank = |id: &str| ranked.iter().find(|r| r.id == id).map(|r| r.rank);
    let news = draft.iter().flat_map(|draft| &draft.news).filter(|entry| !entry.banned).map(|entry| {
        json!({
            "id": entry.id, "title": entry.title, "source": entry.source, "published": entry.published,
            "score": entry.score, "rank": rank(&entry.id), "guide": entry.guide, "why": entry.why,
        })
    });
    let guides = draft
        .iter()
        .flat_map(|draft| &draft.guides)
        .filter(|card| !card.banned)
        .map(|card| json!({"slug": card.slug, "title": card.title, "level": card.level.as_str(), "why": card.why}));
    let left_out = left_out.iter().map(|item| {
        let mut value = json!({"id": item.id, "title": item.title, "score": item.score, "reason": item.reason});
        if let Some(other) = &item.duplicate_of {
            value["duplicate_of"] = json!(other);
        }
        value
    });
    let suggestions =
        composed.suggestions.iter().map(|line| json!({"subject": line.subject, "preheader": line.preheader}));
    let file = composed.written.as_ref().map(|(file, _)| file.strip_prefix(&site.root).unwrap_or(file));
    let mut value = json!({
        "issue": composed.name.to_string(),
        "edition": composed.name.edition,
        "date": composed.name.date.to_string(),
        "file": file,
        "window": {"from": window.from, "to": window.to},
        "news": news.collect::<Vec<_>>(),
        "guides": guides.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "new": new(composed).iter().map(New::as_json).collect::<Vec<_>>(),
        "suggestions": suggestions.collect::<Vec<_>>(),
    });
    if explain {
        value["candidates"] = ranked.iter().map(parts).collect();
    }
    value
}

fn parts(ranked: &Ranked) -> Value {
    let Parts { score, from_base, age_days, resurfaced, related, echo, novelty, decay, value, .. } = &ranked.parts;
    let Parts { kind, kind_why, primary, preference, preference_why, .. } = &ranked.parts;
    json!({
        "id": ranked.id, "rank": ranked.rank, "value": value,
        "score": score, "score_from_source": from_base, "also": ranked.also, "related": related, "echo": echo,
        "novelty": novelty, "age_days": age_days, "dated_by_url": resurfaced, "decay": decay, "taught": preference,
        "taught_why": preference_why, "kind": kind + primary, "kind_why": kind_why,
    })
}

fn print(site: &Site, composed: &Composed, explain: bool) -> anyhow::Result<()> {
    let Composition { window, ranked, left_out, .. } = &composed.composition;
    let zone = site.config.publication.timezone;
    let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%a %d %b %H:%M").to_string();
    line(&format!("{}: news from {} to {}", composed.name, time(window.from), time(window.to)))?;
    print_new(&new(composed))?;
    match &composed.draft {
        Some(draft) => print_draft(draft, explain || !composed_again(composed))?,
        None => line("no issue: there is too little news, and the edition is set to skip such weeks")?,
    }
    print_suggestions(&composed.suggestions)?;
    print_left_out(left_out, explain)?;
    if explain {
        print_ranks(ranked)?;
    }
    if let Some((file, refreshed)) = &composed.written {
        line("")?;
        print_refreshed(composed, refreshed)?;
        line(&format!("the draft: {}", file.display()))?;
        line(&format!("next: edit it, then digest check {}", composed.name))?;
    }
    Ok(())
}

/// What happened to an existing draft.
fn print_refreshed(composed: &Composed, refreshed: &Refreshed) -> anyhow::Result<()> {
    let Refreshed::Updated(changes) = refreshed else { return Ok(()) };
    let title = |id: &str| title(composed, id);
    let titles = |list: &[(&str, String)]| list.iter().map(|(_, id)| title(id)).collect::<Vec<_>>();
    let plain = |list: &[String]| list.iter().map(|id| title(id)).collect::<Vec<_>>();
    let (shown, benched): (Vec<_>, Vec<_>) =
        changes.entered.iter().cloned().partition(|(section, _)| !section.ends_with("bench"));
    for (what, list) in [
        ("came in", titles(&shown)),
        ("came to the bench", titles(&benched)),
        ("left", titles(&changes.left)),
        ("kept as you edited it", titles(&changes.kept)),
        ("stayed out, as you deleted it", plain(&changes.stayed_out)),
        ("found no room", plain(&changes.no_room)),
    ] {
        for title in list {
            line(&format!("{what}: {title}"))?;
        }
    }
    Ok(())
}

/// A candidate that is new since the last time, and where it went.
struct New {
    id: String,
    title: String,
    /// `news`, `bench` or `left_out`.
    place: &'static str,
    /// Why it is left out; for news and bench entries, their `why`.
    reason: String,
}

impl New {
    fn as_json(&self) -> Value {
        json!({"id": self.id, "title": self.title, "place": self.place, "reason": self.reason})
    }
}

/// What is new since the issue was last composed: first the news, then the bench, then what was left out.
fn new(composed: &Composed) -> Vec<New> {
    let placed = |id: &str| -> Option<(&'static str, String, String)> {
        let draft = composed.draft.as_ref();
        let of = |list: &[Entry]| list.iter().find(|entry| entry.id == id && !entry.banned).cloned();
        let news = draft.and_then(|draft| of(&draft.news)).map(|entry| ("news", entry.title, entry.why));
        let bench = || draft.and_then(|draft| of(&draft.bench)).map(|entry| ("bench", entry.title, entry.why));
        let left = || {
            let left = composed.composition.left_out.iter().find(|left| left.id == id)?;
            Some(("left_out", left.title.clone(), left.reason.clone()))
        };
        news.or_else(bench).or_else(left)
    };
    let told = composed.new.iter().filter_map(|id| {
        let (place, title, reason) = placed(id)?;
        Some(New { id: id.clone(), title, place, reason })
    });
    let mut told: Vec<New> = told.collect();
    told.sort_by_key(|new| ["news", "bench", "left_out"].iter().position(|place| *place == new.place));
    told
}

fn print_new(new: &[New]) -> anyhow::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    line("")?;
    line(&format!("new since the last compose: {}", count(new.len(), "item")))?;
    let shown = 12.max(new.iter().filter(|new| new.place != "left_out").count());
    for New { title, place, reason, .. } in new.iter().take(shown) {
        let what = match *place {
            "news" => "taken",
            "bench" => "bench",
            _ => "left out",
        };
        line(&format!("  {what:<8}  {}: {reason}", cut(title, 60)))?;
    }
    if new.len() > shown {
        line(&format!("      and {} more: --explain shows all", new.len() - shown))?;
    }
    Ok(())
}

/// The title of an item or card, wherever it is; its id if the title is no longer known.
fn title(composed: &Composed, id: &str) -> String {
    let drafts = [composed.draft.as_ref(), composed.composition.draft.as_ref()];
    let titles = drafts.into_iter().flatten().flat_map(|draft| {
        let entries = draft.news.iter().chain(&draft.bench).map(|entry| (&entry.id, &entry.title));
        entries.chain(draft.guides.iter().chain(&draft.guides_bench).map(|card| (&card.slug, &card.title)))
    });
    let left = composed.composition.left_out.iter().map(|left| (&left.id, &left.title));
    let found = titles.chain(left).find(|(known, _)| *known == id).map(|(_, title)| title.clone());
    found.unwrap_or_else(|| id.to_owned())
}

fn print_suggestions(suggestions: &[Line]) -> anyhow::Result<()> {
    if suggestions.is_empty() {
        return Ok(());
    }
    line("")?;
    line("suggested subjects; the first is in the draft unless you wrote your own:")?;
    suggestions.iter().try_for_each(|suggestion| line(&format!("  {}", suggestion.subject)))
}

/// Whether a draft already existed, so that its content is known.
fn composed_again(composed: &Composed) -> bool {
    matches!(composed.written, Some((_, Refreshed::Unchanged | Refreshed::Updated(_))))
}

fn print_draft(draft: &Draft, whys: bool) -> anyhow::Result<()> {
    line("")?;
    for entry in draft.news.iter().filter(|entry| !entry.banned) {
        let score = entry.score.map_or("–".to_owned(), |score| score.to_string());
        line(&format!("{score:>4}  {}  ({})", cut(&entry.title, 70), entry.source))?;
        if whys {
            line(&format!("      {}", entry.why))?;
        }
    }
    for card in draft.guides.iter().filter(|card| !card.banned) {
        line(&format!("guide {}  ({})", cut(&card.title, 70), card.level))?;
        if whys {
            line(&format!("      {}", card.why))?;
        }
    }
    Ok(())
}

fn print_left_out(left_out: &[LeftOut], all: bool) -> anyhow::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    line("")?;
    line(&format!("left out: {}", count(left_out.len(), "item")))?;
    let shown = if all { left_out.len() } else { 12 };
    for item in left_out.iter().take(shown) {
        let score = item.score.map_or("–".to_owned(), |score| score.to_string());
        line(&format!("{score:>4}  {}: {}", cut(&item.title, 60), item.reason))?;
    }
    if left_out.len() > shown {
        line(&format!("      and {} more: --explain shows all", left_out.len() - shown))?;
    }
    Ok(())
}

fn print_ranks(ranked: &[Ranked]) -> anyhow::Result<()> {
    line("")?;
    line("rank  value = (score + echo + new topic + kind) x decay + taught   age in days  id")?;
    for Ranked { id, rank, parts, .. } in ranked {
        let base = if parts.from_base { "*" } else { " " };
        let old = if parts.resurfaced.is_some() { "'" } else { " " };
        let score = parts.score.unwrap_or_default();
        line(&format!(
            "{rank:>4}  {:>5.2}  {score:>6}{base}  {:>4.2}  {:>9.2} {:>+6.2}   {:>5.2}  {:>+6.2}   {:>11.1}{old} {id}",
            parts.value,
            parts.echo,
            parts.novelty,
            parts.kind + parts.primary,
            parts.decay,
            parts.preference,
            parts.age_days
        ))?;
    }
    if ranked.iter().any(|r| r.parts.from_base) {
        line("* its source's base_score")?;
    }
    if ranked.iter().any(|r| r.parts.resurfaced.is_some()) {
        line("' by the day in its URL, long before it was imported")?;
    }
    Ok(())
}

/// Opens the draft in the person's editor, as git does.
#[expect(clippy::disallowed_methods, reason = "the person's editor is no setting of the publication")]
fn edit(file: &std::path::Path) -> anyhow::Result<()> {
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(std::env::var_os).filter(|editor| !editor.is_empty());
    let editor = named.unwrap_or_else(|| "vi".into());
    // Through the shell, since the variable may contain arguments ("code --wait"); the path is a separate argument.
    let status = std::process::Command::new("sh").arg("-c").arg("exec $0 \"$1\"").arg(&editor).arg(file).status()?;
    anyhow::ensure!(status.success(), "the editor {} ended with {status}", editor.display());
    Ok(())
}
