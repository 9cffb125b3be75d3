//! The sources' settings from config.toml. Knows no item's worth.

use std::collections::BTreeMap;

use super::fold;
use crate::model::Item;

/// The sources that the config describes, by name in any spelling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feeds(BTreeMap<String, Feed>);

/// One source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Feed {
    /// The score of items that come without one, 0 to 10.
    pub base_score: Option<f64>,
    /// Whether it announces its own work, as a laboratory's blog does.
    pub primary: bool,
}

impl Feeds {
    pub fn of<'n>(feeds: impl IntoIterator<Item = (&'n str, Feed)>) -> Self {
        Self(feeds.into_iter().map(|(name, feed)| (fold(name), feed)).collect())
    }

    /// The base score of a source, when it is a number.
    pub fn base_score(&self, source: &str) -> Option<f64> {
        self.0.get(&fold(source))?.base_score.filter(|score| score.is_finite())
    }

    /// Whether the item comes from whoever the story is about: the config says so of the source, or the headline has the
    /// source's name, as in "Larch Labs delays its voice" on the Larch Labs Blog.
    pub fn is_primary(&self, item: &Item) -> bool {
        if self.0.get(&fold(&item.source)).is_some_and(|feed| feed.primary) {
            return true;
        }
        let title = fold(&item.title);
        let words = item.source.split_whitespace().filter(|word| !says_little(word)).map(|word| fold(site_name(word)));
        let name: String = words.collect();
        name.chars().count() >= 3 && title.contains(&name)
    }
}

/// `openai` of `blog.openai.com`; any other word is itself.
fn site_name(word: &str) -> &str {
    let labels: Vec<&str> = word.split('.').collect();
    let is_host = labels.len() > 1 && labels.iter().all(|label| !label.is_empty());
    if is_host { labels[labels.len() - 2] } else { word }
}

/// Words of a source's name that name nobody.
fn says_little(word: &str) -> bool {
    let word = word.to_lowercase();
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
    ["a", "the", "blog", "news", "newsroom", "research", "official", "press", "magazine", "daily", "weekly"]
        .contains(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::fresh;

    #[test]
    fn a_source_is_primary_by_the_config_or_by_its_name_in_the_headline() {
        let feeds = Feeds::of([("the lab journal", Feed { base_score: None, primary: true })]);
        for (source, title, primary) in [
            ("The Lab-Journal", "A new record", true),
            ("OpenAI Blog", "OpenAI delays the voice of GPT-4o", true),
            ("openai", "Open AI delays the voice of GPT-4o", true),
            ("blog.openai.com", "OpenAI delays the voice of GPT-4o", true),
            ("openai.com", "A new voice", false),
            ("The Verge", "OpenAI delays the voice of GPT-4o", false),
            ("News", "News of the week", false),
            ("AI", "AI is everywhere", false),
        ] {
            let item = Item { source: source.into(), title: title.into(), ..fresh("x", 5.0) };
            assert_eq!(feeds.is_primary(&item), primary, "{source}: {title}");
        }
    }
}
