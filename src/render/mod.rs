//! Renders a draft into an issue: one compile for all subscribers, with slots where a subscriber's own values go. Knows no file, no
//! clock and no subscriber.

mod archive;
mod bounds;
mod clicks;
mod compiled;
mod contexts;
mod draw;
mod editors;
mod helpers;
mod html;
mod language;
mod letter;
mod lint;
mod mjml;
mod page;
mod prose;
mod ready;
mod report;
pub mod sample;
mod setting;
mod slots;
mod source;
mod templates;
mod test_copy;
mod texts;
mod view;
mod words;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use crate::model::{Article, Draft, Notices, Rendered, Sentence, WordsMistake};

pub use archive::{ArchiveLine, ArchivePage, CorrectionLine, FeedEntry, IssuePage, Neighbour};
pub use clicks::ClickSettings;
pub use contexts::{Choice, EmbeddedForm, Home, Leave, Lost, MessagePage, PollChoice, PollPage, Preferences};
pub use editors::{Button, EditorLetter, EditorWords, Found, Shown, ToDo, editors};
pub use language::{Language, is_language_tag};
pub use letter::{Confirm, letter, samples as letter_samples};
pub use page::{Head, Page, PageSetting, fragment, icon, page, style};
pub use report::{ReportSetting, report};
pub use setting::{GuideLink, Medium, Setting};
pub use templates::Templates;

/// Renders `draft` into both parts with the templates of its edition. The same arguments give the same bytes.
///
/// # Errors
/// Every mistake found in the templates, with file, line and column.
pub fn render(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Rendered, Notices> {
    draw::render(draft, setting, templates)
}

/// What the publication's own files of words for the language of a tag lack or misspell.
///
/// # Errors
/// A file of words that cannot be read, with its line.
pub fn words_mistakes(tag: &str, templates: &Templates) -> Result<Vec<WordsMistake>, Notices> {
    templates.words_mistakes(tag)
}

/// The publication's own files of words for languages that are not in use. `in_use` holds the BCP 47 tags of those that are.
pub fn unread_words(in_use: &BTreeSet<String>, templates: &Templates) -> Vec<WordsMistake> {
    templates.unread_words(in_use)
}

/// The BCP 47 tag of a draft's language: its own, its edition's or the publication's.
pub fn language_of(draft: &Draft, setting: &Setting) -> String {
    view::language(draft, setting)
}

/// Marks a rendered issue as a test copy, in the language with this BCP 47 tag.
///
/// # Errors
/// A file of words that cannot be read, with its line.
pub fn mark_as_test(rendered: &mut Rendered, tag: &str, templates: &Templates) -> Result<(), Notices> {
    test_copy::mark(rendered, &*templates.language(tag)?);
    Ok(())
}

/// A sentence of a report in the built-in English, for scripts and terminals.
pub fn in_english(sentence: &Sentence) -> String {
    static ENGLISH: LazyLock<Option<Arc<Language>>> = LazyLock::new(|| Templates::builtin().language("en").ok());
    ENGLISH.as_ref().map_or_else(|| sentence.english.clone(), |english| english.tell(sentence))
}

/// Draws only the web article of `draft`, the same that [`render`] draws with both parts.
///
/// # Errors
/// Every mistake found in the article's template, with file, line and column.
pub fn article(draft: &Draft, setting: &Setting, templates: &Templates) -> Result<Article, Notices> {
    draw::article(draft, setting, templates)
}

/// Checks an edition's templates without a draft: every name in them, in both branches of every condition, and a render
/// of each of the [`sample`] drafts.
///
/// # Errors
/// Every mistake found, with file, line and column.
pub fn prove(setting: &Setting, templates: &Templates) -> Result<(), Notices> {
    for draft in [sample::full(), sample::minimal(), sample::hostile()] {
        draw::render(&draft, setting, templates)?;
    }
    Ok(())
}

/// Draws every public page once, with sample data.
///
/// # Errors
/// Every mistake in the first template that has one, with file, line and column.
pub fn prove_pages(setting: PageSetting, templates: &Templates) -> Result<(), Notices> {
    page(&Home::sample(), "home", setting, templates)?;
    page(&Preferences::sample(), "preferences", setting, templates)?;
    page(&Lost::sample(), "lost", setting, templates)?;
    page(&Leave::sample(), "leave", setting, templates)?;
    page(&PollPage::sample(), "poll", setting, templates)?;
    page(&MessagePage::sample(), "missing", setting, templates)?;
    page(&ArchivePage::sample(), "archive", setting, templates)?;
    page(&IssuePage::sample(), "issue", setting, templates)?;
    fragment(&FeedEntry::sample(), "issue", setting, templates)?;
    fragment(&EmbeddedForm::sample(), "home", setting, templates)?;
    style(templates)?;
    icon(setting.publication, templates).map(drop)
}

#[cfg(test)]
mod tests;
