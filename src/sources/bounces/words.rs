//! What a server's words say, apart from the addresses and hosts in them: `nospam@blockhaus.example` speaks of no spam.

/// So many characters of a text are weighed; a server says what it has to say at once.
const LOOK: usize = 2_000;

/// The words of a text: lower case, one space between them and one at each end, without addresses, links and names of hosts.
pub struct Words(String);

impl Words {
    pub fn of(text: &str) -> Self {
        let mut said = String::from(" ");
        let text: String = text.chars().take(LOOK).collect::<String>().to_lowercase().replace('’', "'");
        // sendmail names a mailbox of its own as `<ann>`.
        let is_edge = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '[' | ']' | '"' | '=');
        for token in text.split(is_edge) {
            if token.contains('@') || token.contains("://") || token.starts_with('<') {
                continue;
            }
            let names = token.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '\''));
            for name in names.map(|name| name.trim_matches(['.', '-', '_', '\''])).filter(|name| !is_host(name)) {
                for word in name.split(['.', '-', '_']).filter(|word| !word.is_empty()) {
                    said.push_str(word);
                    said.push(' ');
                }
            }
        }
        Self(said)
    }

    /// Whether one of these phrases (lower case, words parted by one space) stands in the text as whole words.
    pub fn say(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.0.contains(&format!(" {phrase} ")))
    }
}

/// Such as `mx.blockhaus.example`; `5.1.1` is none, and neither is one word.
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
            ("host mx.spam.example[192.0.2.1] said: no", "spam", false),
            ("smtp;550 blocked-by.block.example: no", "block", false),
            ("see https://block.example/spam?policy", "policy", false),
            ("you nospammer", "spam", false),
            ("smtp;550 Spam detected", "spam", true),
            ("550-5.7.1 blocked (spam)", "spam", true),
            ("we think it is spam-like", "spam", true),
            ("user doesn’t exist", "user doesn't exist", true),
            ("User\tunknown.", "user unknown", true),
            ("unknown users", "unknown user", false),
        ];
        for (text, phrase, expected) in table {
            assert_eq!(Words::of(text).say(&[phrase]), expected, "{phrase} in {text}");
        }
    }
}
