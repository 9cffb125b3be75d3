//! A draft and its issue's state, as shown on the desk.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::{IssueStatus, Site, trouble};
use crate::issues;
use crate::model::{Card, Draft, Entry, IssueName, IssueState, Notice, Notices, Picture, TextFormat};

/// The draft of an issue, or what is wrong with its file; with the state of the issue.
pub fn draft(site: &Site, name: &IssueName) -> anyhow::Result<Value> {
    let text = site.drafts().draft_text(name).ok_or_else(|| Notice::new(format!("{name} has no draft")))?;
    let undoable = site.drafts().undoable(name, &text);
    let mut told = match issues::parse(&issues::folder(&site.issues_dir(), name).join("issue.toml"), &text) {
        Ok(draft) => fields(&draft, &text),
        Err(Notices(mistakes)) => {
            let mistakes = mistakes.into_iter().map(|notice| trouble::trouble(&site.root, notice));
            json!({"broken": mistakes.collect::<Vec<_>>()})
        }
    };
    told["issue"] = json!(name.to_string());
    told["by_topic"] = json!(site.config.edition(&name.edition).is_ok_and(|edition| edition.by_topic));
    told["stamp"] = json!(issues::stamp(&text));
    told["undo"] = json!(undoable.undo);
    told["redo"] = json!(undoable.redo);
    told["state"] = state(site, name)?;
    Ok(told)
}

fn fields(draft: &Draft, text: &str) -> Value {
    let stamps = issues::stamps(text);
    let entries = |entries: &[Entry]| -> Vec<Value> {
        entries.iter().map(|one| entry(one, stamps.get(&one.id).map_or("", String::as_str))).collect()
    };
    let cards = |cards: &[Card]| -> Vec<Value> { cards.iter().map(card).collect() };
    let number = draft.number.as_ref().map(|number| {
        json!({"value": number.value, "label": number.label, "url": number.url.as_deref().unwrap_or_default()})
    });
    json!({
        "subject": draft.subject, "preheader": draft.preheader, "intro": draft.intro, "number": number,
        "picture": draft.picture.as_ref().map(picture), "waive": draft.waive, "waive_why": draft.waive_why,
        "news": entries(&draft.news), "bench": entries(&draft.bench),
        "guides": cards(&draft.guides), "guides_bench": cards(&draft.guides_bench),
    })
}

fn entry(entry: &Entry, stamp: &str) -> Value {
    let also: Vec<Value> = entry
        .also
        .iter()
        .map(|other| json!({"id": other.id, "title": other.title, "source": other.source, "url": other.url}))
        .collect();
    let options: Vec<Value> =
        entry.guide_options.iter().map(|option| json!({"slug": option.guide, "fit": option.fit})).collect();
    json!({
        "id": entry.id, "stamp": stamp, "title": entry.title, "source": entry.source,
        "published": entry.published.to_string(), "score": entry.score, "url": entry.url.as_deref().unwrap_or_default(),
        "summary": entry.summary, "markdown": entry.format == TextFormat::Markdown, "topics": entry.topics.join(", "),
        "guide": entry.guide.as_deref().unwrap_or_default(), "options": options, "why": entry.why, "note": entry.note,
        "also": also, "follow_up": entry.follow_up.as_ref().map(ToString::to_string),
        "picture": entry.picture.as_ref().map(picture), "pinned": entry.pinned, "banned": entry.banned,
    })
}

fn card(card: &Card) -> Value {
    json!({
        "slug": card.slug, "title": card.title, "level": card.level.as_str(), "tldr": card.tldr, "why": card.why,
        "banned": card.banned,
    })
}

fn picture(picture: &Picture) -> Value {
    json!({
        "file": picture.file.as_deref().unwrap_or_default(), "url": picture.url.as_deref().unwrap_or_default(),
        "width": picture.width.to_string(), "height": picture.height.map(|height| height.to_string()).unwrap_or_default(),
        "alt": picture.alt,
    })
}

/// The state of the issue, in words, and what can be done with it.
fn state(site: &Site, name: &IssueName) -> anyhow::Result<Value> {
    let status = site.delivery().status(name)?;
    let skipped = site.config.editions.get(&name.edition).is_some_and(|edition| edition.skip.contains(&name.date));
    let upcoming = status.scheduled_for.filter(|at| *at > site.now());
    let mut can = vec!["test"];
    match status.state {
        IssueState::Draft => can.push("approve"),
        IssueState::Approved => can.push("take-back"),
        IssueState::Sending => can.push("hold"),
        IssueState::Stopped => can.push("resume"),
        IssueState::Sent => {}
    }
    if skipped || upcoming.is_some() && matches!(status.state, IssueState::Draft | IssueState::Approved) {
        can.push(if skipped { "unskip" } else { "skip" });
    }
    let editable = matches!(status.state, IssueState::Draft | IssueState::Approved);
    let when = match upcoming {
        _ if skipped => "This date is skipped.".into(),
        Some(at) if status.state == IssueState::Draft => format!("Due {}.", local(site, at)),
        Some(at) => format!("Goes out {}.", local(site, at)),
        None if !editable => "An edit no longer changes what subscribers get.".into(),
        None => String::new(),
    };
    Ok(json!({
        "state": status.state, "words": words(&status), "when": when, "can": can,
        "mails_people": site.config.mails_people(),
    }))
}

fn words(status: &IssueStatus) -> String {
    let counts = status.counts;
    match status.state {
        IssueState::Draft if status.edited_after_approval => "Draft again: edited since its approval".into(),
        IssueState::Draft => "Draft".into(),
        IssueState::Approved => {
            format!("Approved by {}", status.approved_by.as_deref().unwrap_or("somebody"))
        }
        IssueState::Sending => format!("Being sent: {} of {} delivered", counts.delivered, counts.recipients),
        IssueState::Stopped => {
            format!("Stopped: {} of {} delivered; {}", counts.delivered, counts.recipients, status.reason)
        }
        IssueState::Sent => format!("Sent: {} of {} delivered", counts.delivered, counts.recipients),
    }
}

fn local(site: &Site, at: DateTime<Utc>) -> String {
    at.with_timezone(&site.config.publication.timezone).format("%a %-d %b, %H:%M %Z").to_string()
}
