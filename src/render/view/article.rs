//! The context of the article template: all of an issue that is the same for everybody and stays true for years. Knows no template.

use std::collections::BTreeMap;

use serde::Serialize;

use super::IssueView;
use super::NumberView;
use super::around::PictureView;
use super::guides::CardView;
use super::stories::{GroupView, StoryView};
use crate::model::Article;

/// The root of the article's template.
#[derive(Debug, Serialize)]
pub struct ArticleView {
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    pub picture: Option<PictureView>,
    pub intro_html: String,
    /// Who signs the intro; empty when nobody does.
    pub signature: String,
    pub lead: Option<StoryView>,
    pub groups: Vec<GroupView>,
    pub number: Option<NumberView>,
    /// The cards that stand at the end.
    pub guides: Vec<CardView>,
    /// The words of issues.
    pub words: BTreeMap<String, String>,
    /// The reading time; the page shows it, not the article.
    #[serde(skip)]
    length: String,
}

impl From<IssueView> for ArticleView {
    fn from(issue: IssueView) -> Self {
        Self {
            lang: issue.lang,
            dir: issue.dir,
            picture: issue.picture,
            intro_html: issue.intro_html,
            signature: issue.signature,
            lead: issue.lead,
            groups: issue.groups,
            number: issue.number,
            guides: issue.guides,
            words: issue.words,
            length: issue.counts.line,
        }
    }
}

impl ArticleView {
    /// The article with `html`, which was drawn from this view.
    pub fn article(self, html: String) -> Article {
        let stories = self.lead.iter().chain(self.groups.iter().flat_map(|group| &group.stories));
        let mut pictures = self.picture.iter().chain(stories.filter_map(|story| story.picture.as_ref()));
        let picture = pictures.next().map(|picture| picture.url.clone()).unwrap_or_default();
        Article { html, picture, language: self.lang, length: self.length }
    }
}
