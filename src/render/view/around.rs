//! The parts of an issue around the stories: who writes, pictures, the poll, the invitations. Knows no story.

use serde::Serialize;

use super::super::prose::Links;
use super::super::setting::Medium;
use super::super::texts::Words;
use super::super::{Setting, words};
use super::addresses::numbered;
use crate::model::{Draft, Picture, Poll, Publication};

#[derive(Debug, Serialize)]
pub struct PublicationView {
    pub name: String,
    pub url: String,
    pub host: String,
    pub postal_address: String,
}

#[derive(Debug, Serialize)]
pub struct EditionView {
    pub title: String,
    pub name: String,
}

/// A picture. Nothing depends on it, since many mail programs block pictures.
#[derive(Debug, Serialize)]
pub struct PictureView {
    /// https.
    pub url: String,
    /// In CSS pixels.
    pub width: u32,
    /// 0 when it is not known.
    pub height: u32,
    pub alt: String,
}

/// A question with its answers.
#[derive(Debug, Serialize)]
pub struct PollView {
    pub question: String,
    pub answers: Vec<AnswerView>,
    /// Whether pages count the answers; no template sees it.
    #[serde(skip)]
    pub served: bool,
}

impl PollView {
    /// What the pages count, if they do.
    pub fn counted(self) -> Option<Poll> {
        let answers = self.answers.into_iter().map(|answer| answer.label).collect();
        self.served.then_some(Poll { question: self.question, answers })
    }
}

#[derive(Debug, Serialize)]
pub struct AnswerView {
    pub label: String,
    /// A page that asks for one press, or a mail to the editors where no pages are served.
    pub url: String,
    pub link: usize,
    /// Whether another one follows.
    pub more: bool,
}

/// What a subscriber can do besides reading; empty if not offered.
#[derive(Debug, Default, Serialize)]
pub struct Invitations {
    /// A mail to the editors.
    pub reply_url: String,
    /// A mail to a friend, with the address of the web copy in it.
    pub forward_url: String,
    /// Where people sign up who got the issue forwarded.
    pub sign_up_url: String,
    /// The archive.
    pub past_url: String,
    /// "The next Midweek comes on Wednesday 7 August."
    pub next: String,
    /// "You get Midweek because you signed up at almanac.example": why the mail comes.
    pub because: String,
}

pub fn publication(publication: &Publication) -> PublicationView {
    let url = words::href(&publication.url).unwrap_or_default();
    let host = url::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    PublicationView {
        name: words::line(&publication.name),
        url,
        host,
        postal_address: words::line(&publication.postal_address),
    }
}

/// A picture with its address on the web. A mail leaves one from content/ out where no pages are served; an article has its path under
/// the pages that show it.
pub fn picture(picture: &Picture, setting: &Setting) -> Option<PictureView> {
    let file = picture.file.as_deref().filter(|file| Picture::media_type(file).is_some());
    let address = match (&picture.url, setting.medium) {
        (Some(url), _) => words::href(url),
        (None, Medium::Mail) => words::href(&format!("{}/pictures/{}", setting.pages?, file?)),
        (None, Medium::Web) => Some(format!("/pictures/{}", file?)),
    };
    let url = address?;
    Some(PictureView {
        url,
        width: picture.width,
        height: picture.height.unwrap_or_default(),
        alt: words::line(&picture.alt),
    })
}

/// The edition's poll: pages count the answers, and where there are none, an answer is a mail to the editors.
pub fn poll(
    draft: &Draft,
    setting: &Setting,
    edition: &EditionView,
    links: &mut Links,
    texts: &Words,
) -> Option<PollView> {
    let question = words::line(&setting.edition.poll);
    let answers = &setting.edition.poll_answers;
    if question.is_empty() || answers.is_empty() {
        return None;
    }
    let address = |number: usize, answer: &str| match setting.pages {
        Some(pages) => format!("{pages}/poll/{}/{number}", draft.name),
        None => mail_to_editors(draft, setting, edition, &format!("{question} {answer}"), texts),
    };
    let answer = |(at, answer): (usize, &String)| {
        let label = words::line(answer);
        let (url, link) = numbered(Some(&address(at + 1, &label)), links);
        AnswerView { label, url, link, more: at + 1 < answers.len() }
    };
    let answers = answers.iter().enumerate().map(answer).collect();
    Some(PollView { question: question.clone(), answers, served: setting.pages.is_some() })
}

pub fn invitations(
    draft: &Draft,
    setting: &Setting,
    edition: &EditionView,
    web_copy: &str,
    texts: &Words,
) -> Invitations {
    let given = |wanted: bool, url: String| if wanted { url } else { String::new() };
    let host = publication(setting.publication).host;
    let names = [("edition", edition.title.as_str()), ("site", host.as_str())];
    let subject = component(&words::line(&draft.subject));
    let pages = setting.pages.unwrap_or_default();
    let site = setting.pages.map_or_else(|| setting.publication.url.clone(), |pages| format!("{pages}/"));
    let next = setting
        .next
        .filter(|_| setting.edition.next_date)
        .map(|day| texts.fill("next", &[("edition", &edition.title), ("date", &texts.locale().weekday(day))]));
    let reply = mail_to_editors(draft, setting, edition, "", texts);
    Invitations {
        reply_url: given(setting.edition.reply && !reply.is_empty(), words::href(&reply).unwrap_or_default()),
        forward_url: given(setting.edition.forward, format!("mailto:?subject={subject}&body={web_copy}")),
        sign_up_url: given(setting.edition.forward, words::href(&site).unwrap_or_default()),
        past_url: given(!pages.is_empty(), format!("{pages}/archive")),
        next: next.unwrap_or_default(),
        because: texts.fill("because", &names),
    }
}

/// A mail to where answers go, about this issue; empty when the publication has no address.
fn mail_to_editors(draft: &Draft, setting: &Setting, edition: &EditionView, says: &str, texts: &Words) -> String {
    let publication = setting.publication;
    let mailbox = if publication.reply_to.is_empty() { &publication.from } else { &publication.reply_to };
    let address = mailbox.rsplit_once('<').map_or(mailbox.as_str(), |(_, rest)| rest.trim_end_matches('>')).trim();
    if address.is_empty() {
        return String::new();
    }
    let day = texts.locale().short_day(draft.name.date);
    let about = texts.fill("about_issue", &[("edition", &edition.title), ("date", &day)]);
    let subject = if says.is_empty() { about } else { format!("{says} ({about})") };
    format!("mailto:{address}?subject={}", component(&words::header(&subject)))
}

/// Text as a part of a URL's query (RFC 3986, section 2.3; RFC 6068, section 2).
fn component(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
