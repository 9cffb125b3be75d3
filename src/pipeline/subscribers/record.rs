//! Subscribers as the JSON that scripts rely on, with what removed them from the list. Knows no store.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::SubscriberDetails;
use crate::model::{Act, DeliveryLine, LetterLine, Subscriber, SubscriberStatus};
use crate::store::BounceLine;

/// What removed a subscriber from the list, and how to restore them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Off {
    pub at: DateTime<Utc>,
    /// `a returned mail`, `the relay`, `web page`, a service that they were imported from …
    pub by: String,
    /// The reason in the original words; empty if there is none.
    pub words: String,
    /// The command that restores them, or a note that there is none.
    pub undo: String,
}

/// What removed the subscriber, by the record: the newest possible cause up to the moment of the removal.
pub fn off(subscriber: &Subscriber, acts: &[Act], bounces: &[BounceLine], deliveries: &[DeliveryLine]) -> Option<Off> {
    if !subscriber.status.is_gone() {
        return None;
    }
    let at = subscriber.left.unwrap_or(subscriber.created);
    let email = &subscriber.email;
    let undo = match subscriber.status {
        SubscriberStatus::Bounced => {
            format!("`digest subscribers restore {email} --why TEXT`, once the mailbox accepts mail again")
        }
        _ => format!(
            "they sign up again; or `digest subscribers restore {email} --why TEXT --consent TEXT`, if they asked for it"
        ),
    };
    let took = |act: &&Act| match subscriber.status {
        SubscriberStatus::Bounced => act.act == "bounced",
        SubscriberStatus::Complained => act.act == "complained",
        _ => act.act == "left",
    };
    let kind = |line: &&BounceLine| match subscriber.status {
        SubscriberStatus::Bounced => matches!(line.kind.as_str(), "hard" | "soft"),
        SubscriberStatus::Complained => line.kind.as_str() == "complaint",
        _ => line.kind.as_str() == "leave",
    };
    if let Some(line) = bounces.iter().rfind(kind) {
        let words = format!("{} {}", line.status, line.diagnostic).trim().to_owned();
        let by = if subscriber.status == SubscriberStatus::Complained { "a complaint" } else { "a returned mail" };
        return Some(Off { at, by: by.to_owned(), words, undo });
    }
    if let Some(act) = acts.iter().rfind(took) {
        let (by, words) = act.how.split_once(": ").unwrap_or((act.how.as_str(), ""));
        return Some(Off { at, by: by.to_owned(), words: words.to_owned(), undo });
    }
    let refused = deliveries.iter().filter(|d| subscriber.status == SubscriberStatus::Bounced && d.state == "failed");
    let words = refused.max_by_key(|d| d.updated).map(|d| d.reply.clone());
    let by = if words.is_some() { "the relay" } else { "an import" };
    Some(Off { at, by: by.to_owned(), words: words.unwrap_or_default(), undo })
}

impl SubscriberDetails {
    /// All that is stored on a person; `address` is how they were asked for.
    pub fn to_json(&self, address: &str) -> Value {
        details(self, address)
    }
}

/// A subscriber as the JSON that scripts rely on.
pub fn subscriber(subscriber: &Subscriber) -> Value {
    let mut value = json!({
        "email": subscriber.email,
        "name": subscriber.name,
        "status": subscriber.status.as_str(),
        "editions": subscriber.editions,
        "created": time(subscriber.created),
    });
    let optional = [("confirmed", subscriber.confirmed.map(time)), ("left", subscriber.left.map(time))];
    for (key, text) in optional {
        if let Some(text) = text {
            value[key] = text.into();
        }
    }
    value["fields"] = json!(subscriber.fields);
    if let Some(until) = subscriber.paused {
        value["paused_until"] = time(until).into();
    }
    value
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// All that is stored on a person; `address` is how they were asked for.
fn details(details: &SubscriberDetails, address: &str) -> Value {
    let mut value =
        details.subscriber.as_ref().map_or_else(|| json!({"email": address, "status": "none"}), self::subscriber);
    if let Some(subscriber) = &details.subscriber {
        value["consent"] = json!(subscriber.consent);
    }
    if let Some(off) = &details.off {
        value["off"] = json!({"at": time(off.at), "by": off.by, "words": off.words, "undo": off.undo});
    }
    let act = |a: &Act| json!({"at": time(a.at), "act": a.act, "how": a.how, "network": a.network});
    let letter = |l: &LetterLine| {
        let reply = l.reply.as_ref().map(ToString::to_string);
        json!({"kind": l.kind, "state": l.state, "queued": time(l.queued), "updated": time(l.updated), "reply": reply})
    };
    value["acts"] = details.acts.iter().map(act).collect();
    value["sign_ups"] = details.sign_ups.iter().map(|(at, from)| json!({"at": time(*at), "network": from})).collect();
    value["letters"] = details.letters.iter().map(letter).collect();
    let delivery =
        |d: &DeliveryLine| json!({"issue": d.issue, "state": d.state, "updated": time(d.updated), "reply": d.reply});
    value["deliveries"] = details.deliveries.iter().map(delivery).collect();
    let bounce = |b: &BounceLine| {
        let status = Some(&b.status).filter(|status| !status.is_empty());
        json!({"received": time(b.received), "kind": b.kind.as_str(), "issue": b.issue, "status": status, "diagnostic": b.diagnostic})
    };
    value["bounces"] = details.bounces.iter().map(bounce).collect();
    value
}
