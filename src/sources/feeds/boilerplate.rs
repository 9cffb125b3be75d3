//! The boilerplate that services put around each entry of a feed: "submitted by", "Comments", "appeared first on", calls to
//! subscribe. Knows no feed; a text that only resembles one of them stays.

use super::description::{joined, without_calls};
use crate::text::html::{self, Breaks};

/// How `WordPress` ends an entry, in its languages: the start, and the words between title and site.
const FIRST_ON: &[(&str, &str)] = &[
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
    ("This post ", " appeared first on "),
    ("The article ", " appeared first on "),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("L’article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("Cet article ", " est apparu en premier sur "),
    ("La entrada ", " se publicó primero en "),
    ("La entrada ", " apareció primero en "),
    ("L'articolo ", " proviene da "),
    ("L’articolo ", " proviene da "),
    ("O post ", " apareceu primeiro em "),
    ("Het bericht ", " verscheen eerst op "),
    ("Wpis ", " pojawił się poczatkowo na "),
    ("Inlägget ", " dök först upp på "),
    ("Indlægget ", " blev først udgivet på "),
    ("Innlegget ", " dukket først opp på "),
    ("Запись ", " впервые появилась "),
    ("Сообщение ", " появились сначала на "),
];
/// Endings of excerpts, and invitations to read more.
const ENDS: &[&str] = &[
    "Read more",
    "Read More",
    "Read More...",
    "Read more...",
    "Read more…",
    "Continue reading",
    "Continue Reading",
    "Read the full article",
    "Read the full story",
    "Read full article",
    "→",
    "»",
    "[…]",
    "[...]",
    "[Read More...]",
    "Subscribe now",
    "Subscribe",
    "Leave a comment",
    "Upgrade to paid",
    "Share this post",
    "Give a gift subscription",
];
/// Sentences of Substack and its like, wherever they stand: how they begin and end. A start that is not at a sentence's start takes
/// the whole sentence with it.
const SENTENCES: &[(&str, &str)] = &[
    ("Thanks for reading", "Subscribe for free to receive new posts and support my work."),
    ("Thanks for reading", "This post is public so feel free to share it."),
    ("Thank you for reading", "This post is public so feel free to share it."),
    (" is a reader-supported publication.", "consider becoming a free or paid subscriber."),
    (" is a reader-supported publication.", "consider becoming a paid subscriber."),
    ("Get full access to ", "/subscribe"),
    ("This is a public episode.", "/subscribe"),
    ("This is a free preview of a paid episode.", "/subscribe"),
    ("This is a public episode.", ".com"),
    ("This is a free preview of a paid episode.", ".com"),
];
/// No sentence of [`SENTENCES`] is longer, in bytes.
const LONGEST: usize = 400;
/// The text of an entry without them. `raw` is as the feed has it, `is_html` whether it has markup; the result has lines where lists,
/// tables and code have them.
pub(super) fn without(raw: &str, is_html: bool, title: &str) -> String {
    let plain = if is_html && raw.contains('<') {
        html::text(raw, Breaks::Lists)
    } else {
        let lines = joined(&without_calls(raw));
        if is_html { html::references::html(&lines) } else { lines }
    };
    let mut text = plain;
    // What one rule leaves may be another's matter.
    loop {
        let before = text.len();
        text = without_sentences(text);
        let rest = without_end(without_start(text.trim()), title).trim();
        if rest.len() == before {
            return text;
        }
        text = String::from(rest);
    }
}

/// Prefixes of a text: arXiv's announcement, Substack's length of an episode.
fn without_start(text: &str) -> &str {
    if text.starts_with("arXiv:")
        && let Some((head, rest)) = text.split_once("Abstract:")
        && head.contains("Announce Type:")
    {
        return rest.trim_start();
    }
    let call = ["Listen now", "Watch now"].iter().find_map(|call| text.strip_prefix(call));
    match call.and_then(|rest| rest.split_once('|')) {
        Some((length, rest)) if length.trim().is_empty() || length.trim().starts_with('(') && length.len() < 20 => {
            rest.trim_start()
        }
        _ => text,
    }
}

fn without_end<'t>(text: &'t str, title: &str) -> &'t str {
    for rule in [board, reddit, wordpress] {
        if let Some(rest) = rule(text) {
            return rest;
        }
    }
    if let Some(rest) = medium(text, title) {
        return rest;
    }
    let cut = ENDS.iter().find_map(|end| text.strip_suffix(end).filter(|rest| is_apart(rest)));
    cut.unwrap_or(text)
}

/// Whether the words after `before` are a separate line, and not the end of its sentence.
fn is_apart(before: &str) -> bool {
    let rest = before.trim_end_matches([' ', '\u{a0}']);
    rest.is_empty() || !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ',' | ';' | ':' | '-' | '–'))
}

/// A board of links (Hacker News, hnrss, Lobsters): the comments and their count.
fn board(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_suffix("Comments").filter(|rest| is_apart(rest) && !rest.ends_with('#')) {
        return Some(rest);
    }
    let (head, tail) = text.rsplit_once("Comments URL: ")?;
    let mut words = tail.split_whitespace();
    let is_address = |word: &str| word.starts_with("https://") || word.starts_with("http://");
    let is_count =
        |word: &str| word.bytes().all(|b| b.is_ascii_digit()) || matches!(word, "Points:" | "#" | "Comments:");
    if !words.next().is_some_and(is_address) || !words.all(is_count) {
        return None;
    }
    let head = head.trim_end();
    let article = head.rsplit_once("Article URL: ").filter(|(_, tail)| tail.split_whitespace().all(is_address));
    Some(article.map_or(head, |(head, _)| head))
}

/// `submitted by /u/NAME to r/PLACE [link] [comments]`.
fn reddit(text: &str) -> Option<&str> {
    let rest = text.strip_suffix("[comments]").map_or(text, str::trim_end);
    let rest = rest.strip_suffix("[link]").map_or(rest, str::trim_end);
    let (head, tail) = rest.rsplit_once("submitted by")?;
    let mut words = tail.split_whitespace();
    let is_name = |word: &str, mark: &str| word.trim_start_matches('/').starts_with(mark);
    let by = words.next().is_some_and(|word| is_name(word, "u/") || word == "[deleted]");
    let place = match (words.next(), words.next()) {
        (None, _) => true,
        (Some("to"), Some(place)) => is_name(place, "r/") || is_name(place, "u/"),
        _ => false,
    };
    (by && place && words.next().is_none()).then(|| head.trim_end().trim_end_matches('|'))
}

fn wordpress(text: &str) -> Option<&str> {
    FIRST_ON.iter().find_map(|(start, middle)| {
        let (head, tail) = text.rsplit_once(start)?;
        tail.contains(middle).then_some(head)
    })
}

/// "Continue reading on NAME »", and "TITLE was originally published in NAME on Medium, where …".
fn medium<'t>(text: &'t str, title: &str) -> Option<&'t str> {
    if let Some((head, tail)) = text.rsplit_once("Continue reading on ")
        && tail.ends_with('»')
        && tail.len() < 150
    {
        return Some(head);
    }
    let (head, tail) = text.rsplit_once(" was originally published in ")?;
    if !tail.contains(" on Medium") {
        return None;
    }
    Some(head.strip_suffix(title).filter(|_| !title.is_empty()).unwrap_or_else(|| up_to_sentence(head)))
}

/// The text up to the end of its last whole sentence.
fn up_to_sentence(text: &str) -> &str {
    let ends = [". ", "! ", "? ", ".\n", "!\n", "?\n", "\n"];
    let end = ends.iter().filter_map(|end| text.rfind(end).map(|at| at + end.len())).max();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn without_sentences(mut text: String) -> String {
    for (start, end) in SENTENCES {
        let Some(at) = text.find(start) else { continue };
        let near = text.get(at..text.ceil_char_boundary((at + LONGEST).min(text.len()))).unwrap_or_default();
        let Some(length) = near.find(end).map(|found| found + end.len()) else { continue };
        let from = if start.starts_with(' ') { up_to_sentence(&text[..at]).len() } else { at };
        let behind = text.get(at + length..).unwrap_or_default();
        // An address goes as a whole.
        let behind =
            if end.starts_with(['/', '.']) { behind.trim_start_matches(|c: char| !c.is_whitespace()) } else { behind };
        let before = text.get(..from).unwrap_or_default().trim_end();
        text = String::from(format!("{before} {}", behind.trim_start()).trim());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(raw: &str) -> String {
        without(raw, true, "A title")
    }

    #[test]
    fn what_services_add_is_taken_out() {
        for (raw, left) in [
            (
                "<!-- SC_OFF --><div class=\"md\"><p>I&#39;ve built it.</p> </div><!-- SC_ON --> &#32; submitted by &#32; <a href=\"x\"> /u/some </a> <br/> <span><a href=\"x\">[link]</a></span> &#32; <span><a href=\"x\">[comments]</a></span>",
                "I've built it.",
            ),
            (
                "<table> <tr><td> <a href=\"x\"> <img src=\"x\" alt=\"A\" /> </a> </td><td> &#32; submitted by &#32; <a href=\"x\"> /u/some_one-2 </a> &#32; to &#32; <a href=\"x\"> r/rust </a> <br/> <span><a>[link]</a></span> &#32; <span><a>[comments]</a></span> </td></tr></table>",
                "",
            ),
            (
                "&#32; submitted by &#32; <a href=\"x\"> /u/some </a> <br/> <span><a href=\"x\">[link]</a></span> &#32; <span><a href=\"x\">[comments]</a></span>",
                "",
            ),
            ("<a href=\"https://news.example/item?id=1\">Comments</a>", ""),
            ("<p>It parses.</p><p><a href=\"https://board.example/s/1\">Comments</a></p>", "It parses."),
            (
                "<p>Article URL: <a href=\"https://a.example/q\">https://a.example/q</a></p><p>Comments URL: <a href=\"x\">https://b.example/2</a></p><p>Points: 120</p><p># Comments: 33</p>",
                "",
            ),
            (
                "<p>Ask: why?</p><hr><p>Comments URL: <a href=\"x\">https://b.example/2</a></p><p>Points: 1</p><p># Comments: 0</p>",
                "Ask: why?",
            ),
            ("arXiv:2611.00001v1 Announce Type: new \nAbstract: We study maps.", "We study maps."),
            ("arXiv:2611.00001v2 Announce Type: replace-cross\nAbstract: We study maps.", "We study maps."),
            (
                "<p>It is so.</p><p class=\"medium-feed-link\"><a href=\"x\">Continue reading on Some Place »</a></p>",
                "It is so.",
            ),
            (
                "<p>It is so.</p><hr><p><a href=\"x\">A title</a> was originally published in <a href=\"x\">Some Place</a> on Medium, where people are continuing the conversation by highlighting and responding to this story.</p>",
                "It is so.",
            ),
            (
                "It is so. Another was originally published in Some Place on Medium, where people are continuing.",
                "It is so.",
            ),
            ("Listen now (42 mins) | It is so.", "It is so."),
            ("Watch now | It is so.", "It is so."),
            (
                "<p>It is so.</p><p>Thanks for reading Otter Post! Subscribe for free to receive new posts and support my work.</p><p>And more.</p>",
                "It is so. And more.",
            ),
            (
                "<p>It is so.</p><p>Otter Post is a reader-supported publication. To receive new posts and support my work, consider becoming a free or paid subscriber.</p>",
                "It is so.",
            ),
            (
                "It is so. This is a public episode. If you would like to discuss this with other subscribers or get access to bonus episodes, visit www.otter.example/subscribe",
                "It is so.",
            ),
            ("It is so. Get full access to Otter Post at otter.example/subscribe", "It is so."),
            ("<p>It is so.</p><p>Subscribe now</p>", "It is so."),
            ("<p>It is so.</p><p>The post <a>One</a> appeared first on <a>The Wire</a>.</p>", "It is so."),
            ("<p>Es ist so.</p><p>Der Beitrag <a>Eins</a> erschien zuerst auf <a>Der Draht</a>.</p>", "Es ist so."),
            ("It is so. [&#8230;]", "It is so."),
            (
                "We visit the river.\n\nSubscribe: https://v.example/s\nTwitter: https://x.example/otter\n\n0:00 Intro\n12:34 The dam\n#otters #rivers",
                "We visit the river.",
            ),
        ] {
            assert_eq!(html(raw), left, "{raw}");
        }
    }

    #[test]
    fn what_only_resembles_it_stays() {
        for raw in [
            "The bill was submitted by the mayor to the council.",
            "Readers left 30 Comments",
            "Subscribe to nothing: feeds are back.",
            "She liked the novel that was originally published in 1984.",
            "He asked people to Read more",
            "Listen now, says the judge | a podcast about courts",
            "arXiv: a history. Abstract: art.",
            "The post office appeared in Kent.",
        ] {
            assert_eq!(html(raw), raw);
        }
        let lines = "First line.\nSubscribers of the paper rose by 5%.\n24:1 odds";
        assert!(without(lines, false, "").contains("Subscribers of the paper"));
    }
}
