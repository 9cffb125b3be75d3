//! Bounces written for people: qmail, old Exim, Exchange, Gmail, Yahoo, Domino and the like. Knows no structured report.

use super::Failure;
use super::statements;
use super::status::clean;
use crate::model::{Address, RefusalClass};
use crate::refusals;

/// How much of a text is read, in characters; a bounce says what matters at the top.
const LOOK: usize = 20_000;

/// Separates the words from the returned message below them: at a line that says so, or where its headers begin.
pub fn split_returned(text: &str) -> (&str, Option<&str>) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_divider(line) {
            return (&text[..at], Some(&text[at + line.len()..]));
        }
        if begins_headers(&text[at..]) {
            return (&text[..at], Some(&text[at..]));
        }
        at += line.len();
    }
    (text, None)
}

/// Such as `--- Below this line is a copy of the message.`
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    let inner = line.trim_matches(|c: char| matches!(c, '-' | '=' | '*' | '_' | '#' | ' ' | ':' | '.')).to_lowercase();
    let is_ruled = line.starts_with("--") || line.starts_with("==") || line.starts_with("**") || line.ends_with("--");
    let ruled = [
        "copy of the message",
        "copy of your message",
        "original message",
        "returned message",
        "unsent message",
        "message header",
        "copy of the original",
        "header of the original",
        "original mail",
        "rejected message",
        "undelivered message",
        "body of the message",
    ];
    let bare = [
        "below is a copy of the original message",
        "original message follows",
        "message headers follow",
        "original message headers",
        "included is a copy of the message header",
        "a copy of the original message",
        "below this line is a copy of the message",
        "here is a copy of the message",
        "here is your returned mail",
        "body of message generated response",
        "original message header",
        "the original message follows",
        "copy of the original message follows",
        "your message follows",
        "message header follows",
    ];
    is_ruled && ruled.iter().any(|mark| inner.contains(mark)) || bare.iter().any(|mark| inner.starts_with(mark))
}

/// Whether a block of mail headers begins here: `Received:`, or three headers of a mail among five lines.
fn begins_headers(text: &str) -> bool {
    const NAMES: [&str; 12] = [
        "received",
        "return-path",
        "message-id",
        "from",
        "to",
        "date",
        "subject",
        "mime-version",
        "content-type",
        "x-mailer",
        "reply-to",
        "sender",
    ];
    let name = |line: &str| line.split_once(':').map(|(name, _)| name.to_ascii_lowercase());
    let is_header = |line: &str| name(line).is_some_and(|name| NAMES.contains(&name.as_str()));
    let first = text.lines().next().unwrap_or_default();
    if !is_header(first) {
        return false;
    }
    let block = text.lines().take_while(|line| !line.trim().is_empty()).filter(|line| !line.starts_with([' ', '\t']));
    let headers = block.take(8).filter(|line| is_header(line)).count();
    headers >= 4 || headers >= 2 && name(first).is_some_and(|name| name == "received" || name == "return-path")
}

/// Whether a message comes from a mail system, about a mail. A person's words never count as a bounce, whatever their subject:
/// it may be ours, quoted. `postmaster` may be a person too.
pub fn is_notice(subject: &str, (sender, name): (&str, &str), is_null_path: bool, words: &str) -> bool {
    let local = sender.split('@').next().unwrap_or_default();
    let compact: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let system = [
        "mailerdaemon",
        "maildaemon",
        "mailsystem",
        "maildeliverysystem",
        "maildeliverysubsystem",
        "bouncehandler",
        "mdaemon",
    ];
    if system.contains(&compact.as_str()) {
        return true;
    }
    let named = [
        "mailer-daemon",
        "mailer daemon",
        "mail delivery",
        "delivery subsystem",
        "mail system",
        "mail administrator",
        "postmaster",
    ];
    let name = name.to_lowercase();
    let half = is_null_path
        || compact.contains("postmaster")
        || compact.contains("postmaster")
        || matches!(
            compact.as_str(),
            "" | "noreply" | "donotreply" | "bounce" | "bounces" | "mail" | "administrator" | "poostmaster"
        )
        || named.iter().any(|word| name.contains(word));
    let transcript = ["rcpt to:<", "rcpt to: <"].iter().any(|command| head(words).to_lowercase().contains(command));
    half && (says_undelivered(subject) || reports(words)) || transcript && says_undelivered(subject) && reports(words)
}

/// Whether only a machine writes like this: a permanent refusal at the head of a line, or one of the set phrases.
fn reports(words: &str) -> bool {
    const SET: [&str; 8] = [
        "did not reach the following recipient",
        "was not delivered to",
        "could not be delivered to",
        "delivery to the following recipient",
        "the following addresses had",
        "unable to deliver the message",
        "unable to deliver message to",
        "unable to deliver to",
    ];
    head(words).lines().any(|line| {
        let low = line.trim().to_lowercase();
        SET.iter().any(|phrase| low.contains(phrase)) || refusals::reply_code(line).is_some_and(|(_, code)| code >= 500)
    })
}

fn says_undelivered(subject: &str) -> bool {
    let low = subject.trim().to_lowercase();
    let starts = [
        "mail delivery",
        "delivery",
        "returned",
        "return mail",
        "undeliver",
        "failure",
        "mail system",
        "message undeliver",
        "warning",
    ];
    let words = [
        "undeliver",
        "delivery status",
        "delivery failure",
        "delivery failed",
        "delivery error",
        "delivery problem",
        "delivery has failed",
        "failure notice",
        "failure delivery",
        "failed mail",
        "mail failure",
        "mail error",
        "returned mail",
        "returned to sender",
        "returned email",
        "mail system error",
        "could not be delivered",
        "couldn't be delivered",
        "not delivered",
        "cannot be delivered",
        "non-deliver",
        "nondeliver",
        "non deliver",
        "user unknown",
        "unknown user",
        "rejected mail",
        "message rejected",
        "mail rejected",
        "non remis",
        "échec de",
        "non délivré",
        "non distribu",
        "unzustellbar",
        "nicht zugestellt",
        "zustellung",
        "onbestelbaar",
        "niet bezorgd",
        "no se puede entregar",
        "no entregado",
        "no se ha podido entregar",
        "não entregue",
        "não é possível entregar",
        "non recapitabile",
        "impossibile recapitare",
        "mancato recapito",
        "mancata consegna",
        "nie można dostarczyć",
        "niedostarcz",
        "недоставлен",
        "не доставлен",
        "не удалось доставить",
        "退信",
        "未送达",
        "无法送达",
        "無法傳遞",
        "投递失败",
        "配信不能",
        "配信できません",
        "送信できません",
        "エラーメール",
        "반송",
        "전송 실패",
        "teslim edilemedi",
        "error sending your mail",
        "problem delivering",
        "could not deliver",
        "not be delivered",
        "undelivered",
        "kan inte levereras",
        "kan ikke leveres",
        "ikke leveret",
    ];
    starts.iter().any(|word| low.starts_with(word)) || words.iter().any(|word| low.contains(word))
}

/// Whether it says that nothing is decided yet.
pub fn is_delay(subject: &str, words: &str) -> bool {
    let low = format!("{subject}\n{}", head(words)).to_lowercase();
    let low = low.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |list: &[&str]| list.iter().any(|word| low.contains(word));
    // Some permanent bounces say how often they tried.
    let tries = [
        "delayed",
        "not yet been delivered",
        "will be retried",
        "warning: message",
        "still trying",
        "will continue to try",
        "will keep trying",
    ];
    let warns = ["warning message only", "warning: could not send", "do not need to resend", "not need to resend"];
    let over = [
        "permanent error",
        "permanent failure",
        "permanently",
        "giving up",
        "given up",
        "will not be retried",
        "no further attempts",
        "undeliverable",
        "has been returned",
    ];
    says(&warns) || says(&tries) && !says(&over)
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

/// The recipients that a notice names as not reached, each with what was said about them: `expected` are those that a header names. A
/// notice that names nobody, or whose words are not understood, is still a failure of somebody's; it proves nothing.
pub fn failures(subject: &str, words: &str, expected: Vec<Address>, sender: &str) -> Vec<Failure> {
    let text = head(words);
    let recipients = if expected.is_empty() { named(text, sender) } else { expected };
    let several = recipients.len() > 1;
    let judged = |recipients: Vec<Address>, part: &str| {
        let status = refusals::enhanced(part).unwrap_or_default();
        let own = Some(status.as_str()).filter(|status| !status.is_empty());
        let with_subject = format!("{part}\n{subject}");
        let found = statements::strongest(part, &recipients, own, "");
        let found = found.or_else(|| statements::strongest(&with_subject, &recipients, own, ""));
        let (class, said) = found.unwrap_or((RefusalClass::Unproven, part.to_owned()));
        Failure { recipients, status, evidence: class.evidence(), diagnostic: clean(&said) }
    };
    if several {
        let one = |recipient: &Address| {
            let part = statements::about(text, std::slice::from_ref(recipient), &recipients);
            judged(vec![recipient.clone()], part)
        };
        return recipients.iter().take(50).map(one).collect();
    }
    vec![judged(recipients, text)]
}

/// The addresses that a notice names first on a line or in angle brackets, but for those of its own sender's kind.
fn named(text: &str, sender: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for line in text.lines() {
        let low = line.trim_start().to_lowercase();
        let about_sender =
            ["from:", "sender:", "mail from", ">>> mail", "reply-to:", "cc:"].iter().any(|mark| low.starts_with(mark));
        let is_help =
            low.contains("postmaster") || low.contains("support") || low.contains("help") || low.contains("contact");
        if about_sender || is_help || low.contains("mail from:") && !low.contains("rcpt to") {
            continue;
        }
        for address in statements::addresses(line).take(2) {
            if address.as_str() != sender && !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found.truncate(50);
    found
}

/// The part of a text that is looked at.
pub fn head(words: &str) -> &str {
    words.char_indices().nth(LOOK).map_or(words, |(at, _)| &words[..at])
}
