//! Pairs an item with the live guide that explains it: the newsroom's own choice, else the same topic, else enough of the
//! same words. Knows no rank and no cap.

use std::collections::HashMap;

use super::words::{Counts, Vector, Weighing, count};
use super::{fold, wording};
use crate::model::{Guide, Item, Notice, Status};

/// The live guides, ready to be compared with items.
pub struct Library<'a> {
    /// By slug, one for each.
    guides: Vec<&'a Guide>,
    vectors: Vec<Vector>,
    weighing: Weighing,
    by_slug: HashMap<&'a str, usize>,
    by_topic: HashMap<String, Vec<usize>>,
    /// Slugs of guides that are not live.
    asleep: HashMap<&'a str, Status>,
    threshold: f64,
}

/// Which guide fits an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// The guide that the item is paired with.
    pub slug: Option<String>,
    /// `paired with gpt-4o: same topic`, or `no guide fits`.
    pub reason: String,
    /// Every guide that explains the item: the paired one, the newsroom's and those of its topics.
    pub explains: Vec<String>,
}

impl<'a> Library<'a> {
    pub fn of(guides: &'a [Guide], threshold: f64) -> Self {
        let mut live: Vec<&Guide> = guides.iter().filter(|g| g.status == Status::Live).collect();
        live.sort_by(|a, b| {
            a.slug.cmp(&b.slug).then_with(|| b.version.cmp(&a.version)).then_with(|| a.title.cmp(&b.title))
        });
        live.dedup_by(|a, b| a.slug == b.slug);
        let counts: Vec<Counts> = live.iter().map(|guide| guide_words(guide)).collect();
        let weighing = Weighing::of(&counts);
        let mut by_topic: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, guide) in live.iter().enumerate().filter(|(_, g)| !g.topic.trim().is_empty()) {
            by_topic.entry(fold(&guide.topic)).or_default().push(at);
        }
        let by_slug: HashMap<&str, usize> = live.iter().enumerate().map(|(at, g)| (g.slug.as_str(), at)).collect();
        let asleep =
            guides.iter().filter(|g| !by_slug.contains_key(g.slug.as_str())).map(|g| (g.slug.as_str(), g.status));
        Self {
            vectors: counts.iter().map(|c| weighing.vector(c)).collect(),
            weighing,
            by_topic,
            asleep: asleep.collect(),
            by_slug,
            guides: live,
            threshold,
        }
    }

    pub fn guides(&self) -> &[&'a Guide] {
        &self.guides
    }

    /// The guide for the item, and the reason in words.
    pub fn fit(&self, item: &Item, notices: &mut Vec<Notice>) -> Fit {
        let vector = self.weighing.vector(&item_words(item));
        let own: Vec<usize> = item.guides.iter().filter_map(|slug| self.own(slug, item, notices)).collect();
        let topical: Vec<usize> = item.topics.iter().flat_map(|topic| self.of_topic(topic, &vector)).collect();
        let (paired, how) = if let Some(at) = own.first() {
            (Some(*at), "the newsroom's own pairing".to_owned())
        } else if let Some(at) = topical.first() {
            (Some(*at), "same topic".to_owned())
        } else if let Some((at, likeness)) = self.nearest(&vector).filter(|(_, likeness)| *likeness >= self.threshold) {
            let words = vector.shared(&self.vectors[at], 3);
            let noun = if words.len() == 1 { "word" } else { "words" };
            (Some(at), format!("shares the {noun} {} ({likeness:.2})", words.join(", ")))
        } else {
            (None, String::new())
        };
        let slug = paired.map(|at| self.guides[at].slug.clone());
        let reason = slug.as_ref().map_or("no guide fits".into(), |slug| format!("paired with {slug}: {how}"));
        let mut explains: Vec<String> = Vec::new();
        for at in paired.into_iter().chain(own).chain(topical) {
            if !explains.contains(&self.guides[at].slug) {
                explains.push(self.guides[at].slug.clone());
            }
        }
        Fit { slug, reason, explains }
    }

    /// A guide that the item names itself; one that is missing or not live is told.
    fn own(&self, slug: &str, item: &Item, notices: &mut Vec<Notice>) -> Option<usize> {
        let found = self.by_slug.get(slug).copied();
        if found.is_none() {
            let why = self
                .asleep
                .get(slug)
                .map_or("which is not there".into(), |status| format!("which is {status}, not live"));
            let id = wording::clip(&item.id, 40);
            let message = format!("item {id} asks for the guide `{}`, {why}", wording::name(slug));
            notices.push(Notice::new(message).help("bring in the guide, make it live, or correct the item's `guides`"));
        }
        found
    }

    /// The guides of a topic, the most alike first.
    fn of_topic(&self, topic: &str, vector: &Vector) -> Vec<usize> {
        let mut found = self.by_topic.get(&fold(topic)).cloned().unwrap_or_default();
        found.sort_by(|a, b| {
            vector.likeness(&self.vectors[*b]).total_cmp(&vector.likeness(&self.vectors[*a])).then(a.cmp(b))
        });
        found
    }

    /// The guide with the most alike words; of equals the first by slug.
    fn nearest(&self, vector: &Vector) -> Option<(usize, f64)> {
        let likenesses = self.vectors.iter().map(|guide| vector.likeness(guide)).enumerate();
        likenesses.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }
}

fn item_words(item: &Item) -> Counts {
    let mut counts = Counts::new();
    count(&mut counts, &item.title, 2.0);
    count(&mut counts, &item.summary, 1.0);
    counts
}

/// Title and topic say most of what a guide is about; the body's text is left out, since it mentions everything.
fn guide_words(guide: &Guide) -> Counts {
    let mut counts = Counts::new();
    count(&mut counts, &guide.title, 3.0);
    count(&mut counts, &guide.topic, 3.0);
    count(&mut counts, &guide.tldr, 2.0);
    guide.takeaways.iter().for_each(|text| count(&mut counts, text, 1.0));
    guide.sections.iter().for_each(|section| count(&mut counts, &section.heading, 1.0));
    counts
}
