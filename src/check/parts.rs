//! Rules on the two parts as wholes: their size, that there is a text, and that a reader can leave from either.

use super::{Finding, Issue};
use crate::model::{Piece, Slot};

/// Gmail cuts a message's HTML off here and hides the rest, the unsubscribe link with it.
const CLIP: usize = 102_400;
/// From here on a longer week may reach the clip.
const NEAR: usize = 80_000;
/// A text part shorter than this is a stub, which filters count against the sender.
const STUB: usize = 100;

pub fn rules(issue: &Issue, found: &mut Vec<Finding>) {
    size(issue, found);
    text(issue, found);
    for (place, pieces) in [("html", &issue.rendered.html), ("text", &issue.rendered.text)] {
        if !pieces.contains(&Piece::Slot(Slot::UnsubscribeUrl)) {
            let message = format!("the {place} part has no unsubscribe link");
            let help = "print {{unsubscribe_url}} in the template; law and mailbox providers ask for it";
            found.push(Finding::error("no-unsubscribe", place, message, help));
        }
    }
}

fn size(issue: &Issue, found: &mut Vec<Finding>) {
    let bytes = issue.html.len();
    if bytes > CLIP {
        let message = format!("the HTML is {bytes} bytes; Gmail cuts it off at {CLIP}");
        found.push(Finding::error("html-too-big", "html", message, "show fewer items or shorten summaries"));
    } else if bytes > NEAR {
        let message = format!("the HTML is {bytes} bytes, near the {CLIP} at which Gmail cuts it off");
        found.push(Finding::warning("html-near-clip", "html", message, "show fewer items or shorten summaries"));
    }
}

fn text(issue: &Issue, found: &mut Vec<Finding>) {
    let shared = |piece: &Piece| match piece {
        Piece::Shared(text) => text.chars().filter(|c| c.is_alphanumeric()).count(),
        Piece::Slot(_) => 0,
    };
    if issue.rendered.text.iter().map(shared).sum::<usize>() < STUB {
        let help = "print the news in the edition's .txt.hbs template";
        found.push(Finding::error("no-text", "text", "the plain text part says next to nothing", help));
    }
}
