//! Links whose clicks are counted: the address in the mail, and the target. Knows no subscriber: a link is the
//! same in every copy.

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Part, Rendered, Segment, push_escaped};

/// What a counted link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Linked {
    News,
    Guide,
}

impl Linked {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Guide => "guide",
        }
    }
}

/// A link whose clicks are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedLink {
    /// [`CountedLink::KEY`] characters of a-z and 2-7, of the kind and the id alone: whatever is composed again or moved, it stays.
    pub key: String,
    pub kind: Linked,
    /// An item's id or a guide's slug.
    pub id: String,
    pub title: String,
    /// http or https; the link's only target.
    pub url: String,
}

impl CountedLink {
    /// The length of a key: 40 bits of a hash.
    pub const KEY: usize = 8;

    /// The key of an item or a guide.
    pub fn key(kind: Linked, id: &str) -> String {
        let digest = Sha256::digest(format!("{}\0{id}", kind.as_str()));
        BASE32_NOPAD.encode(&digest[..5]).to_lowercase()
    }
}

/// The counted links of one issue, in the order of the issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The prefix of a key in the mail: `https://news.example.org/go/2026-11-25-midweek/`.
    pub prefix: String,
    pub links: Vec<CountedLink>,
}

impl Tracking {
    /// Adds a link to the counted ones. A key has one target: a second link with the same key (the same id with another address, or one
    /// chance in 2⁴⁰ a pair) keeps the direct address, and so does what is not on the web.
    pub fn add(&mut self, kind: Linked, id: &str, title: String, url: String) {
        let key = CountedLink::key(kind, id);
        let on_web = url.starts_with("https://") || url.starts_with("http://");
        if on_web && self.target(&key).is_none() {
            self.links.push(CountedLink { key, kind, id: id.to_owned(), title, url });
        }
    }

    /// The link of a key.
    pub fn target(&self, key: &str) -> Option<&CountedLink> {
        self.links.iter().find(|link| link.key == key)
    }

    /// The counted address in the mail for an item's or guide's address; `None` if the mail has the address itself.
    pub fn address(&self, kind: Linked, id: &str, url: &str) -> Option<String> {
        let link = self.links.iter().find(|link| link.kind == kind && link.id == id && link.url == url)?;
        Some(format!("{}{}", self.prefix, link.key))
    }

    /// The direct address of a link in the mail; other links as they are.
    pub fn direct<'a>(&'a self, link: &'a str) -> &'a str {
        let target = link.strip_prefix(self.prefix.as_str()).and_then(|key| self.target(key));
        target.map_or(link, |target| target.url.as_str())
    }

    /// A part's text with direct addresses instead of counted ones.
    fn restore(&self, text: &str, part: Part) -> String {
        let mut prefix = String::new();
        push_escaped(&mut prefix, part, &self.prefix);
        let mut out = String::with_capacity(text.len());
        let mut segments = text.split(prefix.as_str());
        out.push_str(segments.next().unwrap_or_default());
        for segment in segments {
            let end = segment.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(segment.len());
            if let Some(link) = self.target(&segment[..end]) {
                push_escaped(&mut out, part, &link.url);
                out.push_str(&segment[end..]);
            } else {
                out.push_str(&prefix);
                out.push_str(segment);
            }
        }
        out
    }
}

impl Rendered {
    /// The same issue with direct addresses instead of counted ones: for the web, where clicks are not counted.
    #[must_use]
    pub fn direct(&self) -> Self {
        let Some(tracking) = &self.tracking else { return self.clone() };
        let restore = |segments: &[Segment], part: Part| -> Vec<Segment> {
            let segment = |segment: &Segment| match segment {
                Segment::Shared(text) => Segment::Shared(tracking.restore(text, part)),
                Segment::Slot(slot) => Segment::Slot(slot.clone()),
            };
            segments.iter().map(segment).collect()
        };
        Self {
            subject: self.subject.clone(),
            preheader: self.preheader.clone(),
            html: restore(&self.html, Part::Html),
            text: restore(&self.text, Part::Text),
            tracking: None,
            poll: self.poll.clone(),
            article: self.article.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tracking() -> Tracking {
        let mut tracking =
            Tracking { prefix: "https://paper.example/a&b/go/2026-11-25-midweek/".into(), links: vec![] };
        tracking.add(Linked::News, "one", "One".into(), "https://a.example/?x=1&y='2'".into());
        tracking.add(Linked::Guide, "one", "A guide".into(), "https://b.example/guide".into());
        tracking
    }

    #[test]
    fn a_key_is_short_stable_and_of_its_kind() {
        assert_eq!(CountedLink::key(Linked::News, "one"), CountedLink::key(Linked::News, "one"));
        assert_ne!(CountedLink::key(Linked::News, "one"), CountedLink::key(Linked::Guide, "one"));
        // Sent mails contain these: changing them would break their links.
        assert_eq!(CountedLink::key(Linked::News, "one"), "jq62cr3z");
    }

    #[test]
    fn one_key_leads_to_one_place_and_only_to_the_web() {
        let mut tracking = tracking();
        tracking.add(Linked::News, "one", "Again".into(), "https://elsewhere.example/".into());
        tracking.add(Linked::News, "two", "Two".into(), "mailto:ann@example.org".into());
        tracking.add(Linked::News, "three", "Three".into(), "javascript:alert(1)".into());
        assert_eq!(tracking.links.len(), 2);
        assert!(tracking.address(Linked::News, "one", "https://elsewhere.example/").is_none(), "it stays direct");
        assert!(tracking.address(Linked::News, "one", "https://a.example/?x=1&y='2'").is_some());
    }

    #[test]
    fn the_direct_issue_has_every_address_back_and_nothing_else_changed() {
        let tracking = tracking();
        let (news, guide) = (&tracking.links[0].key, &tracking.links[1].key);
        let p = &tracking.prefix;
        let e = p.replace('&', "&amp;");
        let rendered = Rendered {
            subject: format!("About {p}{news}"),
            preheader: "P".into(),
            html: vec![Segment::Shared(format!(
                "<a href=\"{e}{news}\">x</a> {e}unknown1 {e}{guide}z <a href=\"{e}{guide}\">"
            ))],
            text: vec![Segment::Shared(format!("[1] {p}{news}\n[2] {p}{guide}"))],
            tracking: Some(tracking.clone()),
            poll: None,
            article: None,
        };
        let direct = rendered.direct();
        assert_eq!(direct.subject, rendered.subject);
        assert_eq!(
            direct.html,
            [Segment::Shared(format!(
                "<a href=\"https://a.example/?x=1&amp;y=&#39;2&#39;\">x</a> {e}unknown1 {e}{guide}z <a href=\"https://b.example/guide\">"
            ))]
        );
        assert_eq!(
            direct.text,
            [Segment::Shared("[1] https://a.example/?x=1&y='2'\n[2] https://b.example/guide".into())]
        );
        assert_eq!(tracking.direct(&format!("{p}{guide}")), "https://b.example/guide");
        assert_eq!(tracking.direct("https://c.example/"), "https://c.example/");
    }

    proptest! {
        #[test]
        fn two_items_never_share_a_key_and_none_is_lost_by_order(mut ids in prop::collection::btree_set(".{0,30}", 1..40)) {
            let mut tracking = Tracking::default();
            for id in &ids {
                tracking.add(Linked::News, id, String::new(), format!("https://a.example/{}", id.len()));
            }
            let keys: std::collections::BTreeSet<_> = tracking.links.iter().map(|link| &link.key).collect();
            prop_assert_eq!(keys.len(), tracking.links.len());
            let well_formed = |key: &&String| key.len() == CountedLink::KEY && key.bytes().all(|b| b.is_ascii_alphanumeric());
            prop_assert!(keys.iter().all(well_formed));
            ids.pop_first();
            for id in &ids {
                prop_assert!(tracking.target(&CountedLink::key(Linked::News, id)).is_some());
            }
        }

        #[test]
        fn text_without_our_links_stays_as_it_is(text in "\\PC{0,200}") {
            prop_assert_eq!(tracking().restore(&text, Part::Html), text);
        }
    }
}
