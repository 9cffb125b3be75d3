//! Marks a copy as a test, in its subject and in both bodies, since the subject or its mark can be lost when forwarded. Knows no address.

use crate::model::{Rendered, Segment};

const SAYS: &str = "This is a test copy. It was not sent to subscribers, and its personal links lead nowhere.";

/// Marks the subject and the start of the HTML and the text.
pub fn mark(rendered: &mut Rendered) {
    rendered.subject.insert_str(0, "[Test] ");
    if let Some(Segment::Shared(text)) = rendered.text.first_mut() {
        text.insert_str(0, &format!("{SAYS}\n\n"));
    }
    let after_body = |html: &str| html.find("<body").and_then(|at| html[at..].find('>').map(|end| at + end + 1));
    let shared = rendered.html.iter_mut().filter_map(|segment| match segment {
        Segment::Shared(text) => Some(text),
        Segment::Slot(_) => None,
    });
    for html in shared {
        if let Some(at) = after_body(html) {
            html.insert_str(at, &banner());
            return;
        }
    }
}

/// Dark text on a light background, even where a mail program darkens the rest.
fn banner() -> String {
    let style = "margin:0;padding:10px 16px;background-color:#fdf3dc;color:#5a3a00;font:14px/1.5 Arial,sans-serif;\
                 text-align:center;border-bottom:1px solid #5a3a00";
    format!("<div role=\"note\" lang=\"en\" dir=\"ltr\" style=\"{style}\">{SAYS}</div>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bodies_say_so_first() {
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
        mark(&mut rendered);
        assert_eq!(rendered.subject, "[Test] News");
        let (Segment::Shared(html), Segment::Shared(text)) = (&rendered.html[0], &rendered.text[0]) else { panic!() };
        assert!(html.starts_with("<html><body class=\"a\"><div role=\"note\"") && html.contains(SAYS), "{html}");
        assert_eq!(*text, format!("{SAYS}\n\nx"));
    }
}
