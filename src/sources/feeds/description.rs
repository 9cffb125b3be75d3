//! An entry's plain text by its lines: those of a video's description that are not news, and those that an editor wrapped.

/// How an invitation in a video's description begins, in lower case.
const CALLS: &[&str] = &[
    "subscribe",
    "► subscribe",
    "like and subscribe",
    "don't forget to",
    "don’t forget to",
    "follow us",
    "follow me",
    "follow ",
    "join our",
    "join us",
    "join the",
    "join my",
    "support us",
    "support me",
    "support the channel",
    "become a member",
    "sign up",
    "connect with",
    "find us on",
    "find me on",
    "check out our",
    "check out my",
    "watch more",
    "chapters",
    "timestamps",
    "links:",
    "social",
    "get in touch",
];

/// A description of several lines (as of a video) without its chapters, its rows of hashtags, and its calls to subscribe and follow.
pub(super) fn without_calls(raw: &str) -> String {
    if !raw.trim().contains('\n') {
        return raw.to_owned();
    }
    let has_chapters = raw.lines().filter(|line| is_chapter(line.trim())).count() > 1;
    let mut out: Vec<&str> = Vec::new();
    let mut is_first = true;
    for line in raw.lines() {
        let words = line.trim();
        if !words.is_empty() && (has_chapters && is_chapter(words) || is_hashtags(words) || !is_first && is_call(words))
        {
            continue;
        }
        is_first &= words.is_empty();
        out.push(line);
    }
    out.join("\n")
}

/// The lines of a feed's plain text on one line, but those of a list or a table: most others end where an editor's window ended.
pub(super) fn joined(text: &str) -> String {
    let mut out = String::new();
    let (mut before, mut gap) = (false, false);
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            gap = true;
            continue;
        }
        let is_marked = is_marked(line);
        if !out.is_empty() {
            out.push(if is_marked || before && gap { '\n' } else { ' ' });
        }
        out.push_str(line);
        (before, gap) = (is_marked || before && !gap, false);
    }
    out
}

/// Whether a line is one of a list or a table: `- a`, `• a`, `2) a`, `| a | b |`.
fn is_marked(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = line.get(digits..).unwrap_or_default();
    let number = (1..=3).contains(&digits) && [". ", ") "].iter().any(|mark| behind.starts_with(mark));
    number || ["- ", "* ", "+ ", "• ", "– ", "|"].iter().any(|mark| line.starts_with(mark))
}

/// `0:00 Intro`.
fn is_chapter(line: &str) -> bool {
    let time =
        line.trim_start_matches(['(', '[', '-', '–', '•', ' ']).split([' ', ')', ']', '\t']).next().unwrap_or_default();
    let parts: Vec<&str> = time.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_hashtags(line: &str) -> bool {
    line.split_whitespace()
        .all(|word| word.starts_with('#') && word.len() > 1 && !word[1..].starts_with(|c: char| c.is_ascii_digit()))
}

/// An address alone or behind a name, and an invitation that has an address or a mark.
fn is_call(line: &str) -> bool {
    let lower = line.to_lowercase();
    let begins = |line: &str| {
        CALLS.iter().any(|call| line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '►').starts_with(call))
    };
    let address = lower.find("https://").or_else(|| lower.find("http://"));
    match address {
        Some(at) => {
            let label = lower.get(..at).unwrap_or_default().trim();
            let rest = lower.get(at..).unwrap_or_default();
            let alone = rest.split_whitespace().count() == 1;
            alone
                && (label.is_empty()
                    || label.chars().count() <= 40 && label.ends_with([':', '-', '–', '→', '►', '>', '👉']))
                || begins(&lower)
        }
        None => begins(&lower) && line.chars().count() <= 100 && (line.ends_with(['!', ':']) || line.contains('@')),
    }
}
