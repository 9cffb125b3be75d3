//! Rules on the waivers themselves: that each names an existing code, and that a reason is on record.

use super::{At, CODES, Found, Issue};
use crate::text::nearest;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let draft = issue.draft;
    for code in draft.waive.iter().filter(|code| !CODES.contains(&code.as_str())) {
        let message = format!("`waive` names `{}`, which is not a check code", super::short(code));
        let meant = nearest(code, CODES.iter().copied()).map(|code| format!("did you mean `{code}`? "));
        let help = format!("{}docs/checks.md has them all", meant.unwrap_or_default());
        found.push(Found::error("waive-unknown", At::Top("waive"), message, help).mark(code));
    }
    if !draft.waive.is_empty() && draft.waive_why.trim().is_empty() {
        let help = "say in `waive_why` why the finding is all right in this issue; until then nothing is silenced";
        let message = "`waive` silences a check, but `waive_why` gives no reason";
        found.push(Found::error("waive-no-reason", At::Top("waive"), message, help));
    }
}
