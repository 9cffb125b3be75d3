//! The order in which the phrases of `phrases.txt` are tried, and how servers say that a mailbox does not exist. Knows no codes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::words::Words;
use crate::model::RefusalClass::{self, Disabled, Full, NoDomain, NoMailbox, Temporary};

type Phrases = Vec<&'static str>;

/// The sections of `phrases.txt` by name.
static TABLE: LazyLock<BTreeMap<&str, Phrases>> = LazyLock::new(|| {
    let mut table: BTreeMap<&str, Phrases> = BTreeMap::new();
    let mut section = "";
    for line in include_str!("phrases.txt").lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => section = name,
            None if line.is_empty() || line.starts_with('#') => {}
            None => table.entry(section).or_default().extend(line.split('|').map(str::trim)),
        }
    }
    table
});

/// The classes that are about us, in the order in which they are asked.
const ABOUT_US: [(&str, RefusalClass); 8] = [
    ("greylisted", RefusalClass::Greylisted),
    ("sender", RefusalClass::Sender),
    ("authentication", RefusalClass::Authentication),
    ("rate", RefusalClass::Rate),
    ("reputation", RefusalClass::Reputation),
    ("content", RefusalClass::Content),
    ("size", RefusalClass::Size),
    ("policy", RefusalClass::Policy),
];

fn section(name: &str) -> &'static [&'static str] {
    TABLE.get(name).map_or(&[], Vec::as_slice)
}

/// Phrases about the sender, the message or the rate.
pub fn about_us(words: &Words) -> Option<RefusalClass> {
    if says_blocked_mailbox(words) {
        return Some(Disabled);
    }
    let (_, class) = ABOUT_US.into_iter().find(|(name, _)| words.say_any(section(name)))?;
    // "Mailbox size limit exceeded" is about the mailbox.
    let may_be_full = matches!(class, RefusalClass::Size | RefusalClass::Rate);
    Some(if may_be_full && words.say_any(section("full")) { Full } else { class })
}

/// Phrases about the mailbox or the route to it. [`NoMailbox`] counts only if nothing says that the failure is temporary.
pub fn about_mailbox(words: &Words) -> Option<RefusalClass> {
    if words.say_any(section("full")) {
        return Some(Full);
    }
    if words.say_any(section("passing")) {
        return Some(Temporary);
    }
    if says_nobody(words) {
        return Some(NoMailbox);
    }
    let is_closed = section("subjects").iter().any(|subject| words.tell(subject, section("closed"), &[]));
    if is_closed || words.say_any(section("closed otherwise")) {
        return Some(Disabled);
    }
    if words.say_any(section("no domain")) {
        return Some(NoDomain);
    }
    words.say_any(section("later")).then_some(Temporary)
}

/// Proof in words: "unknown user", "user … not found", "no mailbox here by that name".
fn says_nobody(words: &Words) -> bool {
    let (subjects, elsewhere) = (section("subjects"), section("elsewhere"));
    words.say_any(section("nobody"))
        || words.tell_of_address(section("absent address"))
        || section("no such").iter().any(|no| words.name(no, section("kinds"), subjects))
        || subjects.iter().any(|subject| {
            words.tell(subject, section("absent"), elsewhere) || words.tell_at_once(subject, section("wrong"))
        })
}

/// "The recipient's account is blocked" does not mean that we are blocked.
fn says_blocked_mailbox(words: &Words) -> bool {
    let blocked = ["blocked", "is blocked", "has been blocked", "was blocked"];
    ["account", "mailbox", "user", "inbox"].iter().any(|subject| words.tell_at_once(subject, &blocked))
}

/// Every phrase about us, for the property test that none removes a subscriber.
#[cfg(test)]
pub fn all_about_us() -> Vec<&'static str> {
    ABOUT_US.iter().flat_map(|(name, _)| section(name)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_sections_that_are_asked_and_no_others() {
        let mut asked = ABOUT_US.map(|(name, _)| name).to_vec();
        asked.extend(["full", "passing", "subjects", "no such", "kinds", "absent", "elsewhere", "wrong", "nobody"]);
        asked.push("absent address");
        asked.extend(["closed", "closed otherwise", "no domain", "later"]);
        asked.sort_unstable();
        assert_eq!(TABLE.keys().copied().collect::<Vec<_>>(), asked);
    }

    #[test]
    fn each_phrase_is_written_as_words_are_compared_and_stands_once_in_its_section() {
        for (name, phrases) in TABLE.iter() {
            for (at, phrase) in phrases.iter().enumerate() {
                assert!(!phrases[..at].contains(phrase), "[{name}] {phrase} stands twice");
                // `*` would be dropped as an edge.
                let said = phrase.replace(" * ", " between ");
                assert!(Words::of(&said).say(phrase), "[{name}] {phrase}: no text can say this");
            }
        }
    }
}
