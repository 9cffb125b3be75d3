//! Rules on the two parts as a whole: size, that there is a text part, and an unsubscribe link in each.

use super::{At, Block, Found, Issue};
use crate::model::{Segment, Slot};

/// Gmail clips a message's HTML here and hides the rest, including the unsubscribe link.
const CLIP: usize = 102_400;
/// 85 % of it: from here on, a longer issue may be clipped.
const NEAR: usize = 87_040;
/// A shorter text part is a stub, which filters hold against the sender.
const STUB: usize = 100;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    size(issue, found);
    text(issue, found);
    for (at, segments) in [(At::Html, &issue.rendered.html), (At::Text, &issue.rendered.text)] {
        if !segments.contains(&Segment::Slot(Slot::UnsubscribeUrl)) {
            let message = format!("the {} part has no unsubscribe link", at.words(issue.draft));
            let help = "print {{unsubscribe_url}} in the template; law and mailbox providers ask for it";
            found.push(Found::error("no-unsubscribe", at, message, help));
        }
    }
}

fn size(issue: &Issue, found: &mut Vec<Found>) {
    let bytes = issue.html.len();
    if bytes <= NEAR {
        return;
    }
    let mut largest: Vec<&Block> = issue.blocks.iter().collect();
    largest.sort_by_key(|block| std::cmp::Reverse(block.bytes));
    let named: Vec<String> = largest.iter().take(3).map(|b| format!("{} {} bytes", b.block, b.bytes)).collect();
    let help = format!("largest first: {}{}", named.join("; "), last_stories(issue, bytes));
    let at = match largest.iter().find_map(|block| block.at) {
        Some(At::News(n, _)) => At::News(n, "summary"),
        Some(At::Card(n, _)) => At::Card(n, "tldr"),
        other => other.unwrap_or(At::Html),
    };
    found.push(if bytes > CLIP {
        let message = format!("the HTML is {bytes} bytes; Gmail cuts it off at {CLIP}");
        Found::error("html-too-big", at, message, help)
    } else {
        let percent = bytes * 100 / CLIP;
        let message = format!("the HTML is {bytes} bytes, {percent} % of the {CLIP} at which Gmail cuts it off");
        Found::warning("html-near-clip", at, message, help)
    });
}

/// How many stories must be removed from the end for the page to be well below the limit.
fn last_stories(issue: &Issue, mut bytes: usize) -> String {
    let stories = issue.blocks.iter().filter(|block| matches!(block.at, Some(At::News(..))));
    let mut gone = 0;
    for block in stories.rev() {
        if bytes <= NEAR {
            break;
        }
        bytes -= block.bytes;
        gone += 1;
    }
    match gone {
        _ if bytes > NEAR => String::new(),
        1 => format!(". Without the last story it would be {bytes}"),
        gone => format!(". Without the last {gone} stories it would be {bytes}"),
    }
}

fn text(issue: &Issue, found: &mut Vec<Found>) {
    let shared = |segment: &Segment| match segment {
        Segment::Shared(text) => text.chars().filter(|c| c.is_alphanumeric()).count(),
        Segment::Slot(_) => 0,
    };
    if issue.rendered.text.iter().map(shared).sum::<usize>() < STUB {
        let help = "print the news in the edition's .txt.hbs template";
        found.push(Found::error("no-text", At::Text, "the plain text part says next to nothing", help));
    }
}
