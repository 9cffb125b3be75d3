//! Which findings of the check the page can fix, and how. Knows no page.

use super::Finding;
use crate::check;

/// The fixes that fit a finding, the best first: `shorten` the field it names, `clean` its link, `unpair` its guide, `drop` the
/// entry, and `waive` with a reason.
pub fn mends(finding: &Finding) -> Vec<&'static str> {
    let is_entry = finding.where_.starts_with("news[");
    let own = match finding.code {
        "subject-long" | "preheader-long" => Some("shorten"),
        "link-tracking" if is_entry => Some("clean"),
        "guide-unknown" | "guide-no-link" if is_entry => Some("unpair"),
        "item-twice" | "item-sent-before" | "link-gone" | "link-twice" if is_entry => Some("drop"),
        _ => None,
    };
    let waivable = !check::NOT_WAIVABLE.contains(&finding.code);
    own.into_iter().chain(waivable.then_some("waive")).collect()
}
