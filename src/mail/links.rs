//! A subscriber's links, derived from their secret: unguessable, one for each purpose, stable for years.

use crate::model::{Delivery, Fill, IssueName, Letterhead, Slot};
pub use crate::model::{Purpose, derive};

/// Everything that fills the slots of one message.
#[derive(Debug)]
pub struct Links<'a> {
    delivery: &'a Delivery,
    name: &'a str,
    pub unsubscribe: String,
    pub preferences: String,
    pub web_copy: String,
    pub unsubscribe_token: String,
}

impl<'a> Links<'a> {
    pub fn new(letterhead: &'a Letterhead, issue: &IssueName, delivery: &'a Delivery) -> Self {
        let base = letterhead.public_url.trim_end_matches('/');
        let unsubscribe_token = Purpose::Unsubscribe.token(&delivery.seed);
        Self {
            delivery,
            name: if delivery.name.is_empty() { &letterhead.name_fallback } else { &delivery.name },
            unsubscribe: format!("{base}/unsubscribe/{unsubscribe_token}"),
            preferences: format!("{base}/preferences/{}", Purpose::Preferences.token(&delivery.seed)),
            web_copy: format!("{base}/archive/{issue}"),
            unsubscribe_token,
        }
    }
}

impl Fill for Links<'_> {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => self.name,
            Slot::Email => self.delivery.email.as_str(),
            Slot::UnsubscribeUrl => &self.unsubscribe,
            Slot::PreferencesUrl => &self.preferences,
            Slot::WebCopyUrl => &self.web_copy,
            Slot::Field(name) => self.delivery.fields.get(name).map_or("", String::as_str),
        }
    }
}
