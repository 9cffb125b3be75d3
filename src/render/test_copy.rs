//! Marks a copy as a test, in its subject and in both bodies, since the subject or its mark can be lost when forwarded. Knows no address.

use super::language::Language;
use super::words;
use crate::model::{Rendered, Segment};

/// Marks the subject and the start of the HTML and the text.
pub fn mark(rendered: &mut Rendered, language: &Language) {
    let [mark, text] = ["mark", "text"].map(|name| language.say(&format!("letter.test.{name}"), &[]));
    rendered.subject.insert_str(0, &format!("[{}] ", words::line(&mark)));
    if let Some(Segment::Shared(body)) = rendered.text.first_mut() {
        body.insert_str(0, &format!("{text}\n\n"));
    }
    let after_body = |html: &str| html.find("<body").and_then(|at| html[at..].find('>').map(|end| at + end + 1));
    let shared = rendered.html.iter_mut().filter_map(|segment| match segment {
        Segment::Shared(text) => Some(text),
        Segment::Slot(_) => None,
    });
    for html in shared {
        if let Some(at) = after_body(html) {
            html.insert_str(at, &banner(&text, language));
            return;
        }
    }
}

/// Dark text on a light background, even where a mail program darkens the rest.
fn banner(text: &str, language: &Language) -> String {
    let style = "margin:0;padding:10px 16px;background-color:#fdf3dc;color:#5a3a00;font:14px/1.5 Arial,sans-serif;\
                 text-align:center;border-bottom:1px solid #5a3a00";
    let (lang, dir, text) = (&language.tag, language.dir, words::escape(text));
    format!("<div role=\"note\" lang=\"{lang}\" dir=\"{dir}\" style=\"{style}\">{text}</div>")
}

#[cfg(test)]
mod tests {
    use super::super::Templates;
    use super::*;

    #[test]
    fn both_bodies_say_so_first_in_the_issues_language() {
        let shared = |text: &str| vec![Segment::Shared(text.into())];
        let mut rendered = Rendered {
            subject: "News".into(),
            preheader: String::new(),
            html: shared("<html><body class=\"a\"><p>x</p></body></html>"),
            text: shared("x"),
            tracking: None,
            poll: None,
            article: None,
        };
        mark(&mut rendered, &Templates::builtin().language("de").unwrap());
        assert_eq!(rendered.subject, "[Test] News");
        let (Segment::Shared(html), Segment::Shared(text)) = (&rendered.html[0], &rendered.text[0]) else { panic!() };
        assert!(html.starts_with("<html><body class=\"a\"><div role=\"note\" lang=\"de\" dir=\"ltr\""), "{html}");
        assert!(html.contains(">Dies ist ein Testexemplar."), "{html}");
        assert!(text.starts_with("Dies ist ein Testexemplar.") && text.ends_with("\n\nx"), "{text}");
    }
}
