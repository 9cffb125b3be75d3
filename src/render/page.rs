//! Renders the public pages: a template under templates/page/ inside the common layout, with a typed context and the words of a
//! section of words/LANG.toml. Knows no subscriber and no HTTP.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::compiled::Format;
use super::language::Language;
use super::ready;
use super::{Templates, draw, view, words};
use crate::model::{Notices, Publication};

/// What every page shares.
#[derive(Clone, Copy, Debug)]
pub struct PageSetting<'a> {
    pub publication: &'a Publication,
    /// The path under which subscribers reach the site, without its last slash; empty at the root of a host.
    pub base: &'a str,
}

/// The context of a page.
pub trait Page: Serialize {
    /// The template: `templates/page/NAME.html.hbs`.
    const NAME: &'static str;

    /// A context that has every name the template may use.
    fn sample() -> Self;
}

/// An edition to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub name: String,
    pub title: String,
    pub chosen: bool,
}

/// The sign-up form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Home {
    /// As it was typed, when it was `wrong`.
    pub email: String,
    pub wrong: bool,
    /// Whether no edition was chosen.
    pub none: bool,
    /// Whether there is more than one edition.
    pub choice: bool,
    pub editions: Vec<Choice>,
    /// Whether followed links are counted.
    pub clicks: bool,
}

/// The form for those who have lost the link to their preferences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// As it was typed, when it was `wrong`.
    pub email: String,
    pub wrong: bool,
}

/// The page behind the link to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leave {
    pub action: String,
    /// The editions that somebody gets, where they are more than one.
    pub editions: Vec<Choice>,
    /// Whether nothing comes for now already.
    pub paused: bool,
}

/// A page that says something, and may ask for one press of a button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessagePage {
    /// The path that the button posts to; empty for none.
    pub action: String,
    /// What it says there, as `action=…`; may be empty.
    pub value: &'static str,
}

/// The page behind an answer of a poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PollPage {
    pub question: String,
    /// The answer that was chosen in the mail, then the others.
    pub answers: Vec<PollChoice>,
}

/// An answer as a button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PollChoice {
    pub label: String,
    /// The path that its button posts to.
    pub action: String,
    pub chosen: bool,
}

/// A subscriber's preferences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preferences {
    pub action: String,
    pub email: String,
    pub name: String,
    /// The day that a pause ends, YYYY-MM-DD, or empty.
    pub paused: String,
    /// What the last press did: saved, or refused for choosing no edition or for a day that is none.
    pub saved: bool,
    pub none: bool,
    pub date: bool,
    /// Where a new address was asked about: the letter is on its way, or the address was none.
    pub moving: bool,
    pub wrong: bool,
    pub choice: bool,
    pub editions: Vec<Choice>,
}

fn choices() -> Vec<Choice> {
    vec![Choice { name: "midweek".into(), title: "Midweek".into(), chosen: true }]
}

impl Page for Home {
    const NAME: &'static str = "home";

    fn sample() -> Self {
        Self { email: "ann@".into(), wrong: true, none: true, choice: true, editions: choices(), clicks: true }
    }
}

impl Page for Lost {
    const NAME: &'static str = "lost";

    fn sample() -> Self {
        Self { email: "ann@".into(), wrong: true }
    }
}

impl Page for Leave {
    const NAME: &'static str = "leave";

    fn sample() -> Self {
        Self { action: "/unsubscribe/abc".into(), editions: choices(), paused: true }
    }
}

impl Page for PollPage {
    const NAME: &'static str = "poll";

    fn sample() -> Self {
        let choice = PollChoice { label: "Yes".into(), action: "/poll/2026-11-25-midweek/1".into(), chosen: true };
        Self { question: "Was this issue useful?".into(), answers: vec![choice] }
    }
}

impl Page for MessagePage {
    const NAME: &'static str = "sheet";

    fn sample() -> Self {
        Self { action: "/confirm/abc".into(), value: "forget" }
    }
}

impl Page for Preferences {
    const NAME: &'static str = "preferences";

    fn sample() -> Self {
        Self {
            action: "/preferences/abc".into(),
            email: "ann@inbox.example".into(),
            name: "Ann".into(),
            paused: "2027-01-31".into(),
            saved: true,
            none: true,
            date: true,
            moving: true,
            wrong: true,
            choice: true,
            editions: choices(),
        }
    }
}

/// Renders a page with the words of `section`.
///
/// # Errors
/// Every mistake in the templates and the texts.
pub fn page<P: Page>(page: &P, section: &str, setting: PageSetting, templates: &Templates) -> Result<String, Notices> {
    let publication = setting.publication;
    let language = templates.language(&publication.language)?;
    let texts = |section| language.section(&format!("page.{section}"), &words::line(&publication.name));
    let mut words = texts(section);
    // A sheet's words may leave out what it does not show.
    for key in ["button", "link"] {
        words.entry(key).or_insert_with(|| "".into());
    }
    let common = texts("common");
    let root = |page: &Value, body: &str| root(setting, &language, [&words, &common], page, body);
    let file = format!("page/{}.html.hbs", P::NAME);
    let ready = ready::file(Format::Html, &file, templates, || root(&json!(P::sample()), ""))?;
    let body = draw::part(&ready, &root(&json!(page), ""))?;
    let layout = ready::file(Format::Html, "page/layout.html.hbs", templates, || root(&Value::Null, "body"))?;
    draw::part(&layout, &root(&Value::Null, &body))
}

fn root(
    setting: PageSetting,
    language: &Language,
    [words, common]: [&Map<String, Value>; 2],
    page: &Value,
    body: &str,
) -> Value {
    json!({
        "lang": language.tag, "dir": language.dir, "base": setting.base, "words": words,
        "common": common, "page": page, "body_html": body, "publication": view::publication(setting.publication),
    })
}

/// The style sheet of the pages, in the colours of the mail.
///
/// # Errors
/// Every mistake in the template and the tokens.
pub fn style(templates: &Templates) -> Result<String, Notices> {
    let root = json!({"look": draw::look("midweek", templates)?});
    draw::part(&*ready::file(Format::Text, "page/style.css.hbs", templates, || root.clone())?, &root)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_page_is_drawn_with_every_section_it_has() {
        let templates = Templates::builtin();
        let setting = PageSetting { publication: sample::publication(), base: "/news" };
        let home = page(&Home::sample(), "home", setting, &templates).expect("home");
        let preferences = page(&Preferences::sample(), "preferences", setting, &templates).expect("preferences");
        let archive = page(&crate::render::ArchivePage::sample(), "archive", setting, &templates).expect("archive");
        let lost = page(&Lost::sample(), "lost", setting, &templates).expect("lost");
        let leave = page(&Leave::sample(), "leave", setting, &templates).expect("leave");
        let poll = page(&PollPage::sample(), "poll", setting, &templates).expect("poll");
        let mut pages = vec![home, preferences, archive, lost, leave, poll];
        for section in [
            "asked",
            "confirm",
            "confirmed",
            "left",
            "fewer",
            "paused",
            "lost_asked",
            "move",
            "moved",
            "answered",
            "gone",
            "forget",
            "forgotten",
            "missing",
            "refused",
            "busy",
        ] {
            pages.push(page(&MessagePage::sample(), section, setting, &templates).expect(section));
        }
        for html in pages {
            assert!(html.contains("<h1>") && html.contains("/news/style.css"), "{html}");
            assert!(!html.contains("{{") && !html.contains("{publication}") && !html.contains("<script"), "{html}");
        }
        assert!(style(&templates).expect("a style").contains("--accent: #0c6b64"));
    }

    #[test]
    fn what_was_typed_is_text() {
        let typed = Home { email: "\"><script>alert(1)</script>".into(), wrong: true, ..Home::default() };
        let setting = PageSetting { publication: sample::publication(), base: "" };
        let html = page(&typed, "home", setting, &Templates::builtin()).expect("home");
        assert!(!html.contains("<script>"), "{html}");
    }
}
