//! The contexts for the templates of the pages that subscribers act on. Knows no template and no subscriber.

use serde::Serialize;

use super::archive::ArchiveLine;
use super::page::{Head, Page};

/// An edition to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub name: String,
    pub title: String,
    /// The day of the week it is sent, in words.
    pub weekday: String,
    /// What it is, in the editors' words; may be empty.
    pub description: String,
    /// The BCP 47 tag of its language.
    pub language: String,
    pub chosen: bool,
}

/// The home page: what the publication is, the sign-up form, and a link to the latest issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Home {
    /// What the publication is, in the editors' words; may be empty.
    pub description: String,
    /// As it was typed, when it was `wrong`.
    pub email: String,
    pub wrong: bool,
    /// Whether no edition was chosen.
    pub none: bool,
    /// Whether there is more than one edition.
    pub choice: bool,
    pub editions: Vec<Choice>,
    /// The newest issue, once there is one.
    pub latest: Option<ArchiveLine>,
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
    /// The editions that the subscriber gets, if more than one.
    pub editions: Vec<Choice>,
    /// Whether mail is already paused.
    pub paused: bool,
}

/// A page with a message and at most one button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MessagePage {
    /// The path that the button posts to; empty for none.
    pub action: String,
    /// The value it posts, as `action=…`; may be empty.
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
    /// The day on which the pause ends, YYYY-MM-DD, or empty. If the date was refused, it is what was typed.
    pub paused: String,
    /// The result of the last submit: saved, or refused because no edition was chosen or the day is not valid.
    pub saved: bool,
    pub none: bool,
    pub date: bool,
    /// An example of a day on which a pause may end. It fills in `{date}` in the words.
    #[serde(skip)]
    pub example: String,
    /// After a change of address was requested: the letter is on its way, or the address is not valid.
    pub moving: bool,
    pub wrong: bool,
    /// The new address as it was typed, if it is `wrong`.
    pub typed: String,
    pub choice: bool,
    pub editions: Vec<Choice>,
}

/// A sign-up form for another site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EmbeddedForm {
    /// The URL that it posts to.
    pub action: String,
    /// The one edition that it is for; empty when it is for all, or for a choice of `editions`.
    pub edition: String,
    pub editions: Vec<Choice>,
}

fn choices() -> Vec<Choice> {
    let (title, weekday, description) = ("Midweek".into(), "Wednesday".into(), "Five stories in two minutes.".into());
    vec![Choice { name: "midweek".into(), title, weekday, description, language: "en".into(), chosen: true }]
}

impl Page for Home {
    const NAME: &'static str = "home";

    fn sample() -> Self {
        Self {
            description: "What happened in AI, explained.".into(),
            email: "ann@".into(),
            wrong: true,
            none: true,
            choice: true,
            editions: choices(),
            latest: Some(ArchiveLine::sample()),
            clicks: true,
        }
    }

    fn head(&self) -> Head {
        Head { path: Some("/".into()), is_home: true, ..Head::default() }
    }
}

impl Page for EmbeddedForm {
    const NAME: &'static str = "form";

    fn sample() -> Self {
        let action = "https://almanac.example/subscribe".into();
        Self { action, edition: "midweek".into(), editions: choices() }
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
            example: "25 February 2027".into(),
            moving: true,
            wrong: true,
            typed: "ann@".into(),
            choice: true,
            editions: choices(),
        }
    }

    fn values(&self) -> Vec<(&'static str, &str)> {
        vec![("date", &self.example)]
    }
}
