//! The codes of all findings, and what docs/checks.md says of each. Knows no rule.

/// Every code of a finding, in alphabetical order. A code never changes its meaning.
pub const CODES: &[&str] = &[
    "client-support",
    "contrast-low",
    "date-differs",
    "guide-no-link",
    "guide-old",
    "guide-unknown",
    "header-form",
    "header-missing",
    "header-twice",
    "heading-order",
    "html-active",
    "html-near-clip",
    "html-too-big",
    "image-dropped",
    "image-insecure",
    "image-size",
    "item-no-link",
    "item-no-summary",
    "item-sent-before",
    "item-twice",
    "link-certificate",
    "link-empty",
    "link-fails",
    "link-gone",
    "link-insecure",
    "link-moved",
    "link-no-text",
    "link-private",
    "link-relative",
    "link-scheme",
    "link-shortened",
    "link-slow",
    "link-tracking",
    "link-twice",
    "link-unreachable",
    "link-unsure",
    "link-vague",
    "mail-lines",
    "mail-parts",
    "markup-shown",
    "missing-alt",
    "no-news",
    "no-postal-address",
    "no-text",
    "no-unsubscribe",
    "page-lang",
    "page-title",
    "placeholder",
    "preheader-empty",
    "preheader-long",
    "preheader-repeats-subject",
    "reading-order",
    "score-differs",
    "sender-example",
    "sender-sample",
    "spam-score",
    "spam-unknown",
    "subject-behind",
    "subject-control",
    "subject-empty",
    "subject-long",
    "subject-marks",
    "subject-reply",
    "subject-shouts",
    "table-role",
    "text-links-differ",
    "text-tags",
    "twin-stories",
    "unsubscribe-dead",
    "waive-no-reason",
    "waive-unknown",
    "words-form",
    "words-missing",
    "words-placeholder",
    "words-unknown",
];

/// Codes that cannot be waived: subscribers must be able to leave and to read, no one should send a message that breaks
/// the standards, and a waiver cannot waive itself.
pub const NOT_WAIVABLE: &[&str] = &[
    "header-missing",
    "header-twice",
    "html-active",
    "html-too-big",
    "mail-lines",
    "mail-parts",
    "no-text",
    "no-unsubscribe",
    "waive-no-reason",
    "waive-unknown",
];

const DOCS: &str = include_str!("../../docs/checks.md");

/// The section of docs/checks.md about a code, in Markdown, with its heading.
pub fn explain(code: &str) -> Option<&'static str> {
    let known = CODES.iter().find(|known| **known == code)?;
    let start = DOCS.find(&format!("\n## {known}\n"))? + 1;
    let section = &DOCS[start..];
    Some(section[3..].find("\n## ").map_or(section, |end| &section[..end + 3]).trim_end())
}

/// The URL of that section in the documentation for this version.
pub fn help_uri(code: &str) -> String {
    format!(
        "https://docs.rs/crate/{}/{}/source/docs/checks.md#{code}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    )
}
