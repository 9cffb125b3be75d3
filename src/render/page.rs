//! Renders the public pages: a template under templates/page/ inside the common layout, with a typed context and the words of a
//! section of words/LANG.toml. Knows no subscriber and no HTTP.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::compiled::Format;
use super::language::{Language, fill};
use super::ready;
use super::{Templates, draw, view, words};
use crate::model::{Notices, Publication};

/// What every page shares.
#[derive(Clone, Copy, Debug)]
pub struct PageSetting<'a> {
    pub publication: &'a Publication,
    /// Where subscribers reach the site, without a trailing slash.
    pub public_url: &'a str,
    /// The BCP 47 tag of the page's language; empty means the publication's.
    language: &'a str,
}

impl<'a> PageSetting<'a> {
    /// A page in the publication's language.
    pub fn new(publication: &'a Publication, public_url: &'a str) -> Self {
        Self { publication, public_url, language: "" }
    }

    /// The same in the language with this BCP 47 tag; empty means the publication's.
    #[must_use]
    pub fn in_language(self, language: &'a str) -> Self {
        Self { language, ..self }
    }

    /// The language of the page.
    ///
    /// # Errors
    /// A file of words that cannot be read, with its line.
    pub fn language(&self, templates: &Templates) -> Result<Arc<Language>, Notices> {
        let own = Some(self.language).filter(|tag| !tag.is_empty());
        templates.language(own.unwrap_or(&self.publication.language))
    }

    /// The path of the site, without its last slash; empty at the root of a host.
    pub fn base(&self) -> String {
        Url::parse(self.public_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
    }
}

/// A page's metadata for search engines and link previews. Empty fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Put before the publication's name; empty: the `title` of the page's words.
    pub title: String,
    /// Empty: the publication's.
    pub description: String,
    /// The page's canonical path below the public URL; `None` for a page that is not meant to be shared.
    pub path: Option<String>,
    pub is_home: bool,
    /// The address of a picture; empty: the publication's mark.
    pub image: String,
    /// When an article appeared and was last changed (RFC 3339); empty for other pages.
    pub published: String,
    pub modified: String,
}

/// The context of a page.
pub trait Page: Serialize {
    /// The template: `templates/page/NAME.html.hbs`.
    const NAME: &'static str;

    /// A context that has every name the template may use.
    fn sample() -> Self;

    /// Its metadata for search engines and link previews.
    fn head(&self) -> Head {
        Head::default()
    }

    /// The values that fill in names in braces in its words.
    fn values(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }
}

/// Renders a page with the words of `section`.
///
/// # Errors
/// Every mistake in the templates and the texts.
pub fn page<P: Page>(page: &P, section: &str, setting: PageSetting, templates: &Templates) -> Result<String, Notices> {
    let root = Root::new(section, setting, templates)?;
    let body = root.body(page, templates)?;
    let shape = || root.with(&Value::Null, &root.head(&Head::default()), "body");
    let layout = ready::file(Format::Html, "page/layout.html.hbs", templates, shape)?;
    draw::part(&layout, &root.with(&Value::Null, &root.head(&page.head()), &body))
}

/// Renders a page without the layout: HTML to embed elsewhere.
///
/// # Errors
/// Every mistake in the templates and the texts.
pub fn fragment<P: Page>(
    page: &P,
    section: &str,
    setting: PageSetting,
    templates: &Templates,
) -> Result<String, Notices> {
    Root::new(section, setting, templates)?.body(page, templates)
}

/// The part of the context that is the same for every page.
struct Root<'a> {
    setting: PageSetting<'a>,
    base: String,
    language: Arc<Language>,
    words: Map<String, Value>,
    common: Map<String, Value>,
}

impl<'a> Root<'a> {
    fn new(section: &str, setting: PageSetting<'a>, templates: &Templates) -> Result<Self, Notices> {
        let name = words::line(&setting.publication.name);
        let language = setting.language(templates)?;
        let texts = |section| language.section(&format!("page.{section}"), &name);
        let mut words = texts(section);
        // A sheet's words may omit what it does not show.
        for key in ["title", "button", "link"] {
            words.entry(key).or_insert_with(|| "".into());
        }
        let common = texts("common");
        Ok(Self { setting, base: setting.base(), language, words, common })
    }

    fn body<P: Page>(&self, page: &P, templates: &Templates) -> Result<String, Notices> {
        let file = format!("page/{}.html.hbs", P::NAME);
        let none = Value::Null;
        let ready = ready::file(Format::Html, &file, templates, || self.with(&json!(P::sample()), &none, ""))?;
        let mut root = self.with(&json!(page), &none, "");
        let values = page.values();
        let words = root["words"].as_object_mut().filter(|_| !values.is_empty());
        for word in words.into_iter().flat_map(Map::values_mut) {
            if let Value::String(text) = word {
                *text = fill(text, &values, self.language.dir);
            }
        }
        draw::part(&ready, &root)
    }

    fn with(&self, page: &Value, head: &Value, body: &str) -> Value {
        let publication = self.setting.publication;
        json!({
            "lang": self.language.tag, "dir": self.language.dir, "base": self.base, "words": self.words,
            "common": self.common, "page": page, "head": head, "body_html": body, "mark": self.mark(&self.base),
            "publication": view::publication(publication),
        })
    }

    /// The publication's mark, if it is a file that the pages serve themselves: no page loads anything from another host.
    fn mark(&self, base: &str) -> Value {
        let Some(mark) = &self.setting.publication.mark else { return Value::Null };
        let Some(file) = &mark.file else { return Value::Null };
        json!({"url": format!("{base}/pictures/{file}"), "width": mark.width, "height": mark.height.unwrap_or_default()})
    }

    fn head(&self, head: &Head) -> Value {
        let site = self.setting.public_url;
        let own = |key: &str| self.words.get(key).and_then(Value::as_str).unwrap_or_default();
        let given = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { words::line(text) };
        let common = self.common.get("description").and_then(Value::as_str).unwrap_or_default();
        let about = given(own("description"), &given(&self.setting.publication.description, common));
        let mark = self.mark(site)["url"].as_str().unwrap_or_default().to_owned();
        json!({
            "title": given(&head.title, own("title")), "description": given(&head.description, &about),
            "canonical": head.path.as_ref().map(|path| format!("{site}{path}")).unwrap_or_default(),
            "kind": if head.published.is_empty() { "website" } else { "article" },
            "image": given(&head.image, &mark), "published": head.published, "modified": head.modified,
            "is_home": head.is_home,
        })
    }
}

/// The style sheet of the pages, in the colours of the mail.
///
/// # Errors
/// Every mistake in the template and the tokens.
pub fn style(templates: &Templates) -> Result<String, Notices> {
    drawn(Format::Text, "page/style.css.hbs", &json!({"look": draw::look("midweek", templates)?}), templates)
}

/// The icon of a publication without a mark: its initial (SVG).
///
/// # Errors
/// Every mistake in the template and the tokens.
pub fn icon(publication: &Publication, templates: &Templates) -> Result<String, Notices> {
    let letter = publication.name.chars().find(|c| c.is_alphanumeric());
    let letter: String = letter.into_iter().flat_map(char::to_uppercase).collect();
    let root = json!({"look": draw::look("midweek", templates)?, "letter": letter});
    drawn(Format::Html, "page/icon.svg.hbs", &root, templates)
}

fn drawn(format: Format, file: &str, root: &Value, templates: &Templates) -> Result<String, Notices> {
    let ready = ready::file(format, file, templates, || root.clone())?;
    draw::part(&ready, root)
}

#[cfg(test)]
mod tests {
    use super::super::{ArchivePage, Home, IssuePage, Leave, Lost, MessagePage, PollPage, Preferences, sample};
    use super::*;

    #[test]
    fn every_page_is_drawn_with_every_section_it_has() {
        let templates = Templates::builtin();
        let setting = PageSetting::new(sample::publication(), "https://almanac.example/news");
        let home = page(&Home::sample(), "home", setting, &templates).expect("home");
        let preferences = page(&Preferences::sample(), "preferences", setting, &templates).expect("preferences");
        let archive = page(&ArchivePage::sample(), "archive", setting, &templates).expect("archive");
        let issue = page(&IssuePage::sample(), "issue", setting, &templates).expect("issue");
        let lost = page(&Lost::sample(), "lost", setting, &templates).expect("lost");
        let leave = page(&Leave::sample(), "leave", setting, &templates).expect("leave");
        let poll = page(&PollPage::sample(), "poll", setting, &templates).expect("poll");
        let mut pages = vec![home, preferences, archive, issue, lost, leave, poll];
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
            assert!(html.contains("<h1") && html.contains("/news/style.css"), "{html}");
            assert!(!html.contains("{{") && !html.contains("{publication}") && !html.contains("<script"), "{html}");
        }
        assert!(style(&templates).expect("a style").contains("--accent: #0c6b64"));
    }

    #[test]
    fn a_home_without_descriptions_and_issues_is_plain() {
        let setting = PageSetting::new(sample::publication(), "https://almanac.example");
        let html = page(&Home::default(), "home", setting, &Templates::builtin()).expect("home");
        assert!(!html.contains("standfirst") && !html.contains("Latest issue"), "{html}");
        assert!(html.contains("content=\"Call Me Almanac, by email.\""), "{html}");
        let full = page(&Home::sample(), "home", setting, &Templates::builtin()).expect("home");
        for part in
            ["What happened in AI, explained.", "Every Wednesday", "Five stories", "A &lt;b&gt;calm&lt;/b&gt; week"]
        {
            assert!(full.contains(part), "{part}: {full}");
        }
    }

    #[test]
    fn only_a_mark_of_ones_own_is_shown() {
        let shown = |mark: Option<crate::model::Picture>| {
            let publication = Publication { mark, ..sample::publication().clone() };
            let setting = PageSetting::new(&publication, "https://almanac.example/news");
            page(&Home::default(), "home", setting, &Templates::builtin()).expect("home")
        };
        let own = sample::publication().mark.clone().expect("a mark");
        assert!(shown(Some(own.clone())).contains("<img src=\"/news/pictures/mark.png\" alt=\"\" width=\"44\""));
        let away = crate::model::Picture { url: Some("https://elsewhere.example/x.png".into()), file: None, ..own };
        assert!(!shown(Some(away)).contains("elsewhere") && !shown(None).contains("<img"));
    }

    #[test]
    fn the_icon_is_the_initial() {
        let named = |name: &str| {
            let publication = Publication { name: name.into(), ..Publication::default() };
            icon(&publication, &Templates::builtin()).expect("an icon")
        };
        assert!(named("the <Paper>").contains("fill=\"#ffffff\">T</text>") && named("« été »").contains(">É</text>"));
        assert!(named("...").contains("></text>") && named("<").starts_with("<svg"));
    }

    #[test]
    fn what_was_typed_is_text() {
        let typed = Home { email: "\"><script>alert(1)</script>".into(), wrong: true, ..Home::default() };
        let setting = PageSetting::new(sample::publication(), "https://almanac.example");
        let html = page(&typed, "home", setting, &Templates::builtin()).expect("home");
        assert!(!html.contains("<script>"), "{html}");
    }
}
