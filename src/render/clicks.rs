//! Which links of an issue are counted when the publication counts clicks: those to stories and guides. Knows no template.

use serde::Deserialize;

use super::setting::{Setting, known_guides};
use super::words;
use crate::model::{Draft, Linked, Tracking};

/// `[tracking]`: what is counted of what subscribers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClickSettings {
    /// Whether clicks on stories and guides are counted, for all subscribers together.
    pub clicks: bool,
}

/// The counted links: the stories and the guide cards in the order shown, then the guides shown only under a story. `None` when
/// nothing is counted.
pub fn tracking(draft: &Draft, setting: &Setting) -> Option<Tracking> {
    let base = setting.clicks?;
    let prefix = words::href(&format!("{base}/go/{}/", draft.name))?;
    let mut tracking = Tracking { prefix, links: Vec::new() };
    let mut add = |kind: Linked, id: &str, title: &str, url: Option<&str>| {
        if let Some(url) = url.and_then(words::href) {
            tracking.add(kind, id, words::line(title), url);
        }
    };
    let shown = || draft.news.iter().filter(|entry| !entry.banned);
    for entry in shown() {
        add(Linked::News, &entry.id, &entry.title, entry.url.as_deref());
    }
    for card in draft.guides.iter().filter(|card| !card.banned) {
        add(Linked::Guide, &card.slug, &card.title, card.url.as_deref());
    }
    let known = known_guides(draft, setting);
    for guide in shown().filter_map(|entry| known.get(entry.guide.as_ref()?)) {
        add(Linked::Guide, &guide.slug, &guide.title, guide.url.as_deref());
    }
    Some(tracking)
}
