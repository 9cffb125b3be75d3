//! Renders a letter to one person from its kind's folder under templates/letter/, with a typed context. Knows no address.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::compiled::Format;
use super::ready;
use super::{Templates, draw, editors, html, view, words};
use crate::model::{Notice, Notices, Publication, Rendered, Segment};

/// The context of `confirm`, the letter that asks to confirm a sign-up, and of the other letters with a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The page with the button.
    pub link: String,
    /// Titles of the editions that were chosen; none means all.
    pub editions: Vec<String>,
}

/// The kinds of letters to subscribers. All use the templates in letter/confirm/, which show one link; the words differ.
const LINKS: [&str; 4] = ["confirm", "preferences", "move", "moved"];

/// Each kind of letter with a context that has every name its templates may use.
pub fn samples() -> [(&'static str, Value); 4] {
    let confirm = Confirm {
        link: "https://gazette.example/confirm/abc234".into(),
        editions: vec!["Midweek".into(), "Sunday".into()],
    };
    let link = || Confirm { link: "https://gazette.example/preferences/abc234".into(), editions: Vec::new() };
    [("confirm", json!(confirm)), ("preferences", json!(link())), ("move", json!(link())), ("moved", json!(link()))]
}

/// Renders the letter `kind` with its `context`. The same arguments give the same bytes. If a letter to editors cannot be rendered with the
/// publication's own templates, it is rendered with the built-in ones: it may be about that very mistake.
///
/// # Errors
/// The kind does not exist, the context does not fit it, or its templates or texts have a mistake.
pub fn letter(
    kind: &str,
    context: &Value,
    publication: &Publication,
    templates: &Templates,
) -> Result<Rendered, Notices> {
    if kind == "editors" {
        let letter = fitting(kind, context)?;
        let drawn = |templates: &Templates| editors(&letter, &publication.name, "midweek", templates);
        return drawn(templates).or_else(|_| drawn(&Templates::builtin()));
    }
    if !LINKS.contains(&kind) {
        return Err(Notice::new(format!("there is no letter `{kind}`")).into());
    }
    fitting::<Confirm>(kind, context)?;
    let [(_, sample), ..] = samples();
    let look = draw::look("midweek", templates)?;
    let language = templates.language(&publication.language)?;
    let dir = language.dir;
    let (start, end) = if dir == "rtl" { ("right", "left") } else { ("left", "right") };
    let texts = language.section(&format!("letter.{kind}"), &words::line(&publication.name));
    let root = |letter: &Value, subject: &str| {
        json!({
            "lang": language.tag, "dir": dir, "start": start, "end": end, "look": look, "words": texts, "letter": letter,
            "publication": view::publication(publication), "subject": subject,
            "preheader": texts.get("preheader").cloned().unwrap_or_else(|| "".into()),
            "heading": texts.get("heading").cloned().unwrap_or_default(),
        })
    };
    let draw = |format, file: &str, subject: &str| {
        let file = format!("letter/confirm/{file}");
        let ready = ready::file(format, &file, templates, || root(&sample, "Subject"))?;
        draw::part(&ready, &root(context, subject))
    };
    let subject = words::line(&draw(Format::Text, "subject.txt.hbs", "")?);
    let text = draw::tidy(&draw(Format::Text, "body.txt.hbs", &subject)?);
    let label = "templates/letter/confirm/body.mjml.hbs";
    let html = html::compile(&draw(Format::Mjml, "body.mjml.hbs", &subject)?, label.as_ref())?;
    let whole = |text| vec![Segment::Shared(text)];
    Ok(Rendered {
        subject,
        preheader: String::new(),
        html: whole(html),
        text: whole(text),
        tracking: None,
        poll: None,
        article: None,
    })
}

fn fitting<T: DeserializeOwned>(kind: &str, context: &Value) -> Result<T, Notices> {
    T::deserialize(context)
        .map_err(|error| Notice::new(format!("the context of a letter `{kind}` is not its own: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn text(rendered: &Rendered, html: bool) -> String {
        let segments = if html { &rendered.html } else { &rendered.text };
        segments.iter().map(|segment| if let Segment::Shared(text) = segment { text.as_str() } else { "" }).collect()
    }

    #[test]
    fn every_letter_is_drawn_from_its_sample() {
        for (kind, context) in samples() {
            let rendered = letter(kind, &context, sample::publication(), &Templates::builtin()).expect(kind);
            assert!(!rendered.subject.is_empty() && !rendered.subject.contains('\n'), "{kind}");
            insta::assert_snapshot!(format!("{kind}_text"), text(&rendered, false));
            let html = text(&rendered, true);
            assert!(html.contains("<html") && !html.contains("{{") && !html.contains("{publication}"), "{kind}");
        }
    }

    #[test]
    fn a_context_of_another_shape_and_an_unknown_kind_are_refused() {
        let templates = Templates::builtin();
        for (kind, context) in [
            ("confirm", json!({"link": 3})),
            ("confirm", json!({"link": "x", "editions": [], "typed": "y"})),
            ("no", json!({})),
        ] {
            assert!(letter(kind, &context, sample::publication(), &templates).is_err(), "{kind} {context}");
        }
    }

    #[test]
    fn markup_in_a_context_is_text() {
        let context = json!(Confirm { link: "https://x.example/\"><b>".into(), editions: vec!["<script>&".into()] });
        let rendered = letter("confirm", &context, sample::publication(), &Templates::builtin()).expect("a letter");
        let html = text(&rendered, true);
        assert!(
            html.contains("&lt;script&gt;&amp;") && !html.contains("<script>") && !html.contains("\"><b>"),
            "{html}"
        );
    }
}
