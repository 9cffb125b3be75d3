//! Tests of the issues/ folder.

mod files;
mod merging;
mod parties;
mod props;

use std::path::Path;

use super::*;
use crate::model::{Card, Covered, Entry, Figure, GuideOption, Level, Published, StoryDecisions, Window};

pub fn entry(id: &str) -> Entry {
    Entry {
        id: id.into(),
        title: format!("Title of {id}"),
        source: "OpenAI Blog".into(),
        published: Published::parse("2026-11-24T09:00:00Z").unwrap(),
        score: Some(8.0),
        url: Some(format!("https://example.org/{id}")),
        summary: "One sentence.".into(),
        format: crate::model::TextFormat::Text,
        topics: vec!["GPT-4o".into()],
        also: Vec::new(),
        apart: Vec::new(),
        follow_up: None,
        guide: Some("gpt-4o".into()),
        guide_options: Vec::new(),
        why: "score 8, 1 day old".into(),
        note: String::new(),
        picture: None,
        pinned: false,
        banned: false,
    }
}

pub fn covered(id: &str) -> Covered {
    Covered {
        id: id.into(),
        source: "The Wire".into(),
        title: format!("How \"{id}\" was told elsewhere"),
        url: Some(format!("https://wire.example/{id}")),
    }
}

pub fn card(slug: &str) -> Card {
    Card {
        slug: slug.into(),
        title: format!("Guide {slug}"),
        level: Level::Beginner,
        tldr: "Short.".into(),
        url: None,
        why: "explains 3 of the 5 items".into(),
        pinned: false,
        banned: false,
    }
}

/// A draft of these ids, parted by spaces.
pub fn draft(news: &str, guides: &str, bench: &str) -> Draft {
    Draft {
        name: "2026-11-25-midweek".parse().unwrap(),
        subject: "Subject".into(),
        preheader: "Preheader".into(),
        intro: String::new(),
        language: String::new(),
        issue_number: None,
        picture: None,
        number: None,
        window: Some(Window {
            from: "2026-11-22T07:00:00Z".parse().unwrap(),
            to: "2026-11-25T06:00:00Z".parse().unwrap(),
            seen: "2026-11-24T18:00:00Z".parse().unwrap(),
        }),
        waive: Vec::new(),
        waive_why: String::new(),
        news: news.split_whitespace().map(entry).collect(),
        guides: guides.split_whitespace().map(card).collect(),
        guides_bench: Vec::new(),
        bench: bench.split_whitespace().map(entry).collect(),
    }
}

/// An issues/ folder of its own, and the editor at work in it.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn dir(&self) -> &Path {
        self.0.path()
    }

    pub fn compose(&self, fresh: &Draft) -> Refreshed {
        refresh(self.dir(), fresh, Around::default()).unwrap_or_else(|wrong| panic!("{wrong}\n{}", self.text()))
    }

    /// Composes again what stands already: nothing is written, comes, goes or is to be noticed.
    pub fn compose_quietly(&self, fresh: &Draft) -> bool {
        let before = self.text();
        let told = match self.compose(fresh) {
            Refreshed::Updated(changes) => {
                changes.entered.is_empty() && changes.left.is_empty() && changes.notices.is_empty()
            }
            other => other == Refreshed::Unchanged,
        };
        told && self.text() == before
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.dir().join("2026-11-25-midweek/issue.toml")
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    pub fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    pub fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "`{from}` is not in the draft:\n{text}");
        self.write(&text.replacen(from, to, 1));
    }

    pub fn draft(&self) -> Draft {
        read(self.dir(), &"2026-11-25-midweek".parse().unwrap()).unwrap()
    }

    /// The ids of news, guides and bench, as `a b | g | c`.
    pub fn ids(&self) -> String {
        let draft = self.draft();
        let ids = |entries: &[Entry]| entries.iter().map(|e| e.id.clone()).collect::<Vec<_>>().join(" ");
        let slugs = draft.guides.iter().map(|g| g.slug.clone()).collect::<Vec<_>>().join(" ");
        format!("{} | {slugs} | {}", ids(&draft.news), ids(&draft.bench))
    }

    /// Takes an entry's block out of the file, and gives it back.
    pub fn cut(&self, id: &str) -> String {
        let mut cut = super::blocks::DraftBlocks::cut(&self.text()).unwrap();
        let at = cut.blocks.iter().position(|b| b.id == id).unwrap();
        let block = cut.blocks.remove(at);
        self.write(&cut.join());
        block.text
    }
}
