//! Bounces that are written for people: qmail, old Exim, Exchange, Gmail, Yahoo, Domino and their kin. Knows no form.

use super::status::{Failure, NOBODY, address, enhanced, weighed};
use super::words::Words;

/// How much of a text is looked at, in characters; a bounce says what it has to say at its top.
const LOOK: usize = 20_000;

const RETURNED: [&str; 7] = [
    "--- below this line is a copy of the message",
    "------ this is a copy of the message",
    "----- original message -----",
    "--- original message ---",
    "----- unsent message follows",
    "--- the header of the original message is following",
    "original message headers:",
];

/// Parts the words from the message that came back below them.
pub fn split_returned(text: &str) -> (&str, Option<&str>) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let low = line.trim().to_lowercase();
        if RETURNED.iter().any(|mark| low.starts_with(mark)) {
            return (&text[..at], Some(&text[at + line.len()..]));
        }
        at += line.len();
    }
    (text, None)
}

/// Whether a message comes from a mail system, about a mail. A person's words are believed of no bounce, whatever their subject:
/// it may be ours, quoted. `postmaster` may be a person too.
pub fn is_notice(subject: &str, sender: &str) -> bool {
    let system = ["mailer-daemon", "mail-daemon", "mailer_daemon", "mailsystem"];
    let words = [
        "undeliver",
        "delivery status notification",
        "delivery failure",
        "delivery failed",
        "failure notice",
        "returned mail",
        "mail delivery",
        "mail system error",
        "could not be delivered",
        "non remis",
        "unzustellbar",
        "onbestelbaar",
        "no se puede entregar",
    ];
    let local = sender.split('@').next().unwrap_or_default();
    let low = subject.trim().to_lowercase();
    system.contains(&local) || matches!(local, "postmaster" | "") && words.iter().any(|word| low.starts_with(word))
}

/// Whether it says that nothing is decided yet.
pub fn is_delay(subject: &str, words: &str) -> bool {
    let low = format!("{subject}\n{}", head(words)).to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| low.contains(word));
    // Some tell in a bounce for good how often they tried.
    let tries = ["delayed", "not yet been delivered", "will be retried", "warning: message", "still trying"];
    let warns = ["warning message only", "warning: could not send", "do not need to resend", "not need to resend"];
    says(&warns)
        || says(&tries) && !says(&["permanent error", "permanent failure", "permanently", "giving up", "given up"])
}

/// Whether a machine asks the sender to prove something.
pub fn is_challenge(subject: &str, words: &str) -> bool {
    let low = format!("{subject}\n{}", head(words)).to_lowercase();
    let asks = [
        "please confirm your message",
        "confirm that you are human",
        "sender verification",
        "verify that you are a real person",
        "challenge/response",
        "request to be added to",
        "your message is being held until you",
    ];
    asks.iter().any(|word| low.contains(word))
}

/// Whether a subject is that of a vacation note.
pub fn is_away(subject: &str) -> bool {
    let low = subject.trim().to_lowercase();
    let starts = [
        "out of office",
        "out of the office",
        "automatic reply",
        "auto-reply",
        "auto reply",
        "autoreply",
        "auto:",
        "vacation",
        "abwesenheit",
        "abwesend",
        "automatische antwort",
        "réponse automatique",
        "absence du bureau",
        "absent du bureau",
        "respuesta automática",
        "fuera de la oficina",
        "risposta automatica",
        "fuori ufficio",
        "automatisch antwoord",
        "afwezig",
        "resposta automática",
        "automatiskt svar",
        "autosvar",
        "automaattinen vastaus",
        "autoodpowiedź",
        "автоответ",
        "自动回复",
        "自動返信",
        "不在",
    ];
    starts.iter().any(|start| low.starts_with(start))
}

/// The recipients that a text names as not reached: an address, and around it a status or words that say so.
pub fn failures(subject: &str, words: &str) -> Vec<Failure> {
    let text = head(words);
    if is_delay(subject, text) {
        return Vec::new();
    }
    let said = Words::of(text);
    let full = ["quota", "mailbox is full", "mailbox full", "over limit"];
    let says = said.say(&NOBODY) || said.say(&full) || said.say(&["could not be delivered", "permanent error"]);
    let status = enhanced(text).unwrap_or_default();
    let code =
        text.split(|c: char| !c.is_ascii_digit()).any(|word| matches!(word, "550" | "551" | "552" | "553" | "554"));
    if status.is_empty() && !says && !code {
        return Vec::new();
    }
    let marks = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '[' | ']');
    let named = text.split(marks).map(|word| word.trim_matches([':', '.', '\'']));
    let named = named.filter(|word| word.contains('@') && word.len() < 300).find_map(address);
    // The words from the address on are what was said about it.
    let at = named.as_ref().and_then(|found| text.find(found.as_str())).unwrap_or(0);
    vec![weighed(named.into_iter().collect(), status, &text[at..])]
}

fn head(words: &str) -> &str {
    words.char_indices().nth(LOOK).map_or(words, |(at, _)| &words[..at])
}
