//! What subscribers can request besides leaving: fewer editions, a pause, a lost link, a new address, their data.

use chrono::TimeDelta;

use super::PublicPages;
use super::sign_ups::{linked, preferences_letter};
use crate::model::{Address, Purpose, Subscriber};
use crate::pipeline::seed;
use crate::render::{Leave, Lost, MessagePage, Preferences};
use crate::store::{PreferenceChange, SignUpRequest, Wanted};
use crate::web::public::{Answer, Caller, Form, PublicResponse, Way};

/// How long the pause offered on the unsubscribe page is.
const PAUSE: TimeDelta = TimeDelta::days(30);

impl PublicPages {
    /// The page behind the unsubscribe link, with a button for each edition if there are several.
    pub(super) fn leaving(&self, token: &str, subscriber: &Subscriber) -> Leave {
        let mut editions = self.choices(|name| subscriber.gets(name));
        editions.retain(|edition| edition.chosen);
        if editions.len() < 2 {
            editions.clear();
        }
        let paused = subscriber.paused.is_some_and(|until| until > self.now());
        Leave { action: format!("/unsubscribe/{token}"), editions, paused }
    }

    /// Stops one edition, or all of them for a while.
    pub(super) fn get_less(&self, token: &str, way: &Way, caller: &Caller) -> anyhow::Result<PublicResponse> {
        let purpose = Purpose::Unsubscribe;
        let Some(subscriber) = self.stores.read(|store| Ok(store.subscribers().subscriber_by(purpose, token)?))? else {
            return self.missing();
        };
        let mut wishes = PreferenceChange {
            name: subscriber.name.clone(),
            editions: subscriber.editions.clone(),
            paused_until: subscriber.paused,
        };
        let trace = self.trace("web page", caller);
        let section = if let Way::Edition(edition) = way {
            let all = if wishes.editions.is_empty() {
                self.site.config.editions.keys().cloned().collect()
            } else {
                wishes.editions
            };
            wishes.editions = all.into_iter().filter(|name| name != edition).collect();
            if wishes.editions.is_empty() {
                // It was the last edition: an empty list would mean all.
                return match self.stores.write(|store| Ok(store.subscribers().leave(purpose, token, trace)?))? {
                    Some(_) => self.sheet("left"),
                    None => self.missing(),
                };
            }
            "fewer"
        } else {
            wishes.paused_until = wishes.paused_until.max(Some(self.now() + PAUSE));
            "paused"
        };
        let is_kept = self.stores.write(|store| Ok(store.subscribers().choose(purpose, token, &wishes, trace)?))?;
        self.sheet(if is_kept { section } else { "left" })
    }

    /// The response shows nothing about the address: the work before it is always the same, as for a sign-up.
    pub(super) fn lost(&self, form: &Form, caller: &Caller) -> anyhow::Result<Answer> {
        let typed = form.get("email");
        let Ok(email) = Address::parse(typed) else {
            let lost = Lost { email: typed.chars().take(254).collect(), wrong: true };
            return Ok(Answer::Now(self.page(422, &lost, "lost")?));
        };
        if !form.get("website").is_empty() {
            return Ok(Answer::Now(self.sheet("lost_asked")?));
        }
        let network = caller.network.clone();
        let asking = SignUpRequest { email, editions: Vec::new(), network, kind: Wanted::Link };
        Ok(Answer::Once { kept: self.sign_ups.keep(asking)?, page: self.sheet("lost_asked")? })
    }

    /// Mails a confirmation link to a subscriber's new address.
    pub(super) fn ask_to_move(
        &self,
        token: &str,
        subscriber: &Subscriber,
        form: &Form,
        caller: &Caller,
    ) -> anyhow::Result<PublicResponse> {
        let state = self.state(token, subscriber);
        let Some(email) = Address::parse(form.get("email")).ok().filter(|new| new.key() != subscriber.email.key())
        else {
            let typed = form.get("email").chars().take(254).collect();
            return self.page(422, &Preferences { wrong: true, typed, ..state }, "preferences");
        };
        let network = caller.network.clone();
        let asking = SignUpRequest { email, editions: Vec::new(), network, kind: Wanted::Move };
        let (sign_up, letter) = linked(&self.site, "move", asking)?;
        let most = self.site.config.web.sign_ups_per_network;
        let now = self.now();
        self.stores
            .write(|store| Ok(store.subscribers().ask_to_move(&subscriber.email, &sign_up, &letter, most, now)?))?;
        self.page(200, &Preferences { moving: true, ..state }, "preferences")
    }

    pub(super) fn confirm_move(&self, token: &str, post: bool, caller: &Caller) -> anyhow::Result<PublicResponse> {
        if !post {
            return match self.stores.read(|store| Ok(store.subscribers().move_of(token, self.now())?))? {
                Some((_, true)) => self.sheet("moved"),
                Some((_, false)) => {
                    self.page(200, &MessagePage { action: format!("/move/{token}"), value: "" }, "move")
                }
                None => self.missing(),
            };
        }
        let trace = self.trace("web page", caller);
        let moved = self.stores.write(|store| {
            let Some((moved, is_new)) = store.subscribers().confirm_move(token, trace, &seed())? else {
                return Ok(None);
            };
            if is_new && let Some((_, secret)) = store.subscribers().secret(&moved.to)? {
                store.letters().queue(&preferences_letter(&self.site, "moved", moved.from.clone(), &secret)?)?;
            }
            Ok(Some(moved))
        })?;
        if moved.is_some() { self.sheet("moved") } else { self.missing() }
    }

    /// Everything stored about a subscriber, as the operator sees it.
    pub(super) fn data(&self, subscriber: &Subscriber) -> anyhow::Result<PublicResponse> {
        let all = self.site.subscribers().details(&subscriber.email)?;
        let body = serde_json::to_string_pretty(&all.to_json(subscriber.email.as_str()))?;
        Ok(PublicResponse { status: 200, body, is_data: true })
    }
}
