//! The files of the page, compiled in: HTML, style sheets and scripts. They hold no secret.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::answers::{self, SHELL_POLICY, TEXT_POLICY};

const PAGE: &str = include_str!("page/index.html");
/// Markup added to the page where an issue can be edited.
const EDITOR: &str = include_str!("page/editor.html");
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($name:literal: $kind:expr),* $(,)?) => {
        /// Each file with its type and its text.
        const FILES: &[(&str, &str, &str)] = &[$(($name, $kind, include_str!(concat!("page/", $name)))),*];
    };
}

files! {
    "page.css": CSS,
    "editor.css": CSS,
    "page.js": SCRIPT,
    "dom.js": SCRIPT,
    "state.js": SCRIPT,
    "frames.js": SCRIPT,
    "findings.js": SCRIPT,
    "views.js": SCRIPT,
    "editor.js": SCRIPT,
    "draft.js": SCRIPT,
    "field.js": SCRIPT,
    "head.js": SCRIPT,
    "entries.js": SCRIPT,
    "order.js": SCRIPT,
    "guide.js": SCRIPT,
    "candidates.js": SCRIPT,
    "cards.js": SCRIPT,
    "drawer.js": SCRIPT,
    "compare.js": SCRIPT,
    "acts.js": SCRIPT,
    "mends.js": SCRIPT,
}

/// The page, read-only or with the editor.
pub fn page(edits: bool) -> Response {
    let (class, editor) = if edits { ("edits", EDITOR) } else { ("looks", "") };
    let script = if edits { "<script src=\"/page/editor.js\" type=\"module\"></script>\n</head>" } else { "</head>" };
    let page = PAGE.replacen("<body>", &format!("<body class=\"{class}\">"), 1).replacen("<!-- editor -->", editor, 1);
    let page = page.replacen("</head>", script, 1);
    answers::page(SHELL_POLICY, "text/html; charset=utf-8", page)
}

/// One of the page's files.
pub async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => answers::page(TEXT_POLICY, kind, *text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_machine_and_writes_no_markup() {
        let pages = [("index.html", "", PAGE), ("editor.html", "", EDITOR)];
        for (name, _, text) in FILES.iter().chain(&pages) {
            for mark in ["http:", "https:", "//cdn", "@import", "url(", "@font-face"] {
                assert!(!text.contains(mark), "{name} holds {mark}");
            }
            for mark in ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "setAttribute('style"]
            {
                assert!(!text.contains(mark), "{name}: texts are set as texts, not by {mark}");
            }
        }
        // The policy allows no script or style within the page, so there must be none.
        for (name, _, page) in pages {
            for mark in ["<style", " style=", " onclick=", "<script>"] {
                assert!(!page.contains(mark), "{name} holds {mark}");
            }
        }
        assert_eq!(PAGE.matches("<body>").count(), 1);
        assert_eq!(PAGE.matches("<!-- editor -->").count(), 1);
    }

    #[test]
    fn every_module_that_a_module_needs_is_served() {
        for (name, _, text) in FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT) {
            for rest in text.split(" from './").skip(1) {
                let wanted = rest.split('\'').next().unwrap_or_default();
                assert!(FILES.iter().any(|(known, ..)| *known == wanted), "{name} needs {wanted}");
            }
        }
    }
}
