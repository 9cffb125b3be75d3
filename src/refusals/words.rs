//! A server's words without the addresses and hosts in them: `nospam@blockhaus.example` says nothing about spam.

/// The words of a text: lower case, without addresses, links and names of hosts.
pub struct Words {
    /// One space between two words and one at each end.
    line: String,
    /// The same without spaces, for scripts that write none.
    joined: String,
    /// The line with `@` in the place of each address.
    marked: String,
}

impl Words {
    pub fn of(text: &str) -> Self {
        let (mut line, mut marked) = (String::from(" "), String::from(" "));
        let text = text.to_lowercase().replace(['’', '`', '´'], "'");
        // sendmail writes a local mailbox as `<ann>`.
        let is_edge =
            |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '=');
        for token in text.split(is_edge) {
            if token.contains('@') || token.contains("://") || token.starts_with('<') {
                // `<ann@inbox.example>:User unknown`
                let rest = token.rsplit_once(">:").map_or("", |(_, rest)| rest);
                if token.contains('@') {
                    marked.push_str("@ ");
                }
                push(&mut line, rest);
                push(&mut marked, rest);
                continue;
            }
            push(&mut line, token);
            push(&mut marked, token);
        }
        let joined = line.split(' ').collect();
        Self { line, joined, marked }
    }

    /// Whether the text contains a phrase as whole words: lower case, separated by one space. `*` matches up to four words.
    /// Phrases in Chinese, Japanese or Korean are looked for as they are.
    pub fn say(&self, phrase: &str) -> bool {
        if phrase.chars().any(|c| c >= '\u{2e80}') {
            return self.joined.contains(phrase);
        }
        let Some((first, rest)) = phrase.split_once(" * ") else {
            return find(&self.line, phrase).is_some();
        };
        let mut tail = self.line.as_str();
        while let Some(at) = find(tail, first) {
            tail = &tail[at + first.len() + 1..];
            let reach =
                tail.match_indices(' ').nth(GAP + rest.split(' ').count()).map_or(tail.len(), |(end, _)| end + 1);
            if find(&tail[..reach], rest).is_some() {
                return true;
            }
        }
        false
    }

    pub fn say_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.say(phrase))
    }

    /// Whether a subject has one of these predicates after it, with up to four words between, none of which is one of `not`.
    pub fn tell(&self, subject: &str, predicates: &[&str], not: &[&str]) -> bool {
        let mut tail = self.line.as_str();
        while let Some(at) = find(tail, subject) {
            tail = &tail[at + 1 + subject.len()..];
            let mut rest = tail;
            for _ in 0..=GAP {
                if predicates.iter().any(|predicate| starts(rest, predicate)) {
                    return true;
                }
                let Some((word, after)) = rest[1..].split_once(' ').map(|(word, _)| (word, &rest[1 + word.len()..]))
                else {
                    break;
                };
                if not.contains(&word) {
                    break;
                }
                rest = after;
            }
        }
        false
    }

    /// Whether one of these subjects follows a phrase at once, or with one of `kinds` between: "unknown local user".
    pub fn name(&self, phrase: &str, kinds: &[&str], subjects: &[&str]) -> bool {
        let mut tail = self.line.as_str();
        while let Some(at) = find(tail, phrase) {
            tail = &tail[at + 1 + phrase.len()..];
            let named = |rest: &str| subjects.iter().any(|subject| starts(rest, subject));
            let between = kinds.iter().filter(|kind| starts(tail, kind)).map(|kind| &tail[1 + kind.len()..]);
            if named(tail) || between.into_iter().any(named) {
                return true;
            }
        }
        false
    }

    /// Whether an address has one of these predicates right after it: "<ann@inbox.example> not found".
    pub fn tell_of_address(&self, predicates: &[&str]) -> bool {
        predicates.iter().any(|predicate| find(&self.marked, &format!("@ {predicate}")).is_some())
    }

    /// Whether a subject has one of these predicates right after it.
    pub fn tell_at_once(&self, subject: &str, predicates: &[&str]) -> bool {
        predicates.iter().any(|predicate| self.say(&format!("{subject} {predicate}")))
    }
}

/// Where a phrase occurs as whole words: the position of the space before it.
fn find(line: &str, phrase: &str) -> Option<usize> {
    let space = |at: usize| line.as_bytes().get(at) == Some(&b' ');
    let whole = |at: &usize| *at > 0 && space(at - 1) && space(at + phrase.len());
    line.match_indices(phrase).map(|(at, _)| at).find(whole).map(|at| at - 1)
}

/// The most words that `*` matches.
const GAP: usize = 4;

/// Whether a text that begins with a space says a phrase first.
fn starts(text: &str, phrase: &str) -> bool {
    text.get(1..).and_then(|text| text.strip_prefix(phrase)).is_some_and(|rest| rest.starts_with(' '))
}

fn push(line: &mut String, token: &str) {
    let names = token.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '\''));
    for name in names.map(|name| name.trim_matches(['.', '-', '_', '\''])).filter(|name| !is_host(name)) {
        for word in name.split(['.', '-', '_']).filter(|word| !word.is_empty()) {
            line.push_str(word);
            line.push(' ');
        }
    }
}

/// Such as `mx.blockhaus.example`; `5.1.1` is none, and neither is one word, nor `unknown.Please`.
fn is_host(name: &str) -> bool {
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_hosts_say_nothing_and_words_are_whole() {
        let table = [
            ("550 5.1.1 <nospam@inbox.example>: User unknown", "spam", false),
            ("550 5.1.1 spam@inbox.example: User unknown", "spam", false),
            ("550 <spam>... User unknown", "spam", false),
            ("host mx.spam.example[192.0.2.7] said: no", "spam", false),
            ("smtp;550 blocked-by.block.example: no", "block", false),
            ("see https://block.example/spam?policy", "policy", false),
            ("you nospammer", "spam", false),
            ("smtp;550 Spam detected", "spam", true),
            ("550-5.7.1 blocked (spam)", "spam", true),
            ("we think it is spam-like", "spam", true),
            ("user doesn’t exist", "user doesn't exist", true),
            ("User\tunknown.", "user unknown", true),
            ("<ann@inbox.example>:User unknown", "user unknown", true),
            ("unknown users", "unknown user", false),
            ("exceeded the quota of this box", "exceeded * box", true),
            ("exceeded what is said to be the box", "exceeded * box", false),
            ("この宛先は存在 しません", "存在しません", true),
        ];
        for (text, phrase, expected) in table {
            assert_eq!(Words::of(text).say(phrase), expected, "{phrase} in {text}");
        }
    }

    #[test]
    fn a_predicate_belongs_to_its_subject() {
        let table = [
            ("user ann not found", true),
            ("user not found", true),
            ("user of this domain not found", false),
            ("user one two three four five not found", false),
            ("abuser not found", false),
        ];
        for (text, expected) in table {
            assert_eq!(Words::of(text).tell("user", &["not found"], &["domain"]), expected, "{text}");
        }
        for (text, expected) in [
            ("550 <ann@inbox.example> not found", true),
            ("ann@inbox.example: is unknown", true),
            ("the domain of ann@inbox.example, as given, was not found", false),
            ("550 not found", false),
        ] {
            assert_eq!(
                Words::of(text).tell_of_address(&["not found", "was not found", "is unknown"]),
                expected,
                "{text}"
            );
        }
        assert!(Words::of("unknown local user").name("unknown", &["local"], &["user"]));
        assert!(!Words::of("unknown error of a user").name("unknown", &["local"], &["user"]));
    }
}
