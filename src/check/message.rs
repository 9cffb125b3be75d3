//! Rules on the message as the sender would build it: its headers, lines, parts and encodings. Knows no way
//! to build one.

use chrono::DateTime;
use url::Url;

use super::mime::{self, Mail};
use super::{At, Found, Issue};

/// Headers that every copy must have exactly once.
const REQUIRED: &[&str] = &[
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
];
/// The longest line without its CRLF (RFC 5322 §2.1.1).
const LINE: usize = 998;
/// Most mistakes here are bugs, not the editor's fault.
const REPORT: &str = "no edit to the draft fixes this: please report it with the issue.eml that `digest render` writes";

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let Some(message) = issue.context.message else { return };
    let mail = Mail::read(message);
    lines(message, &mail, found);
    counts(&mail, found);
    forms(issue, &mail, found);
    parts(&mail, found);
}

/// No line that a server may refuse, and no line end that servers interpret differently.
fn lines(message: &str, mail: &Mail, found: &mut Vec<Found>) {
    let mut wrong = |what: String| found.push(Found::error("mail-lines", At::Message, what, REPORT));
    if let Some(length) = message.split("\r\n").map(str::len).find(|length| *length > LINE) {
        wrong(format!("a line of the message has {length} bytes, at most {LINE} are allowed"));
    }
    if message.split("\r\n").any(|line| line.contains(['\r', '\n', '\0'])) {
        wrong("the message has a CR, LF or NUL that ends no line".into());
    }
    if let Some(stray) = mail.stray.first() {
        wrong(format!("the line `{}` is not a valid header", super::short(stray)));
    }
}

/// Each required header, and no header twice.
fn counts(mail: &Mail, found: &mut Vec<Found>) {
    for name in REQUIRED.iter().filter(|name| mail.all(name).next().is_none()) {
        found.push(Found::error("header-missing", At::Message, format!("the message has no header {name}"), REPORT));
    }
    for (number, header) in mail.headers.iter().enumerate() {
        // A message may be signed twice.
        let may = header.name.eq_ignore_ascii_case("DKIM-Signature");
        let again = mail.headers[..number].iter().filter(|other| other.name.eq_ignore_ascii_case(header.name)).count();
        if again == 1 && !may {
            let what = format!("the message has the header {} twice", super::short(header.name));
            found.push(Found::error("header-twice", At::Message, what, REPORT));
        }
    }
}

/// The form of a header: its name, the rule, which says what is wrong, and where to fix it.
type Form = (&'static str, fn(&str) -> Option<String>, &'static str);
const FORMS: &[Form] = &[
    ("From", mailbox, "correct `[publication] from`"),
    ("To", mailbox, "`digest subscribers show` has the subscriber's name and address"),
    ("Date", date, REPORT),
    ("Message-ID", message_id, "correct `[publication] from`: its domain ends the Message-ID"),
    ("MIME-Version", |value| (value != "1.0").then(|| "must be 1.0".into()), REPORT),
    ("List-Id", list_id, "correct `[web] public_url` or `[publication] url`: the list is named after its host"),
    ("List-Unsubscribe", unsubscribe, "set `[web] public_url` to the https address of the public pages"),
    ("List-Unsubscribe-Post", one_click, REPORT),
    ("Feedback-ID", feedback, "correct `[web] public_url` or `[publication] url`: the last field is from its host"),
];

fn forms(issue: &Issue, mail: &Mail, found: &mut Vec<Found>) {
    let mut wrong = |name: &str, at: At, why: String, help: &'static str| {
        found.push(Found::error("header-form", at, format!("the header {} {why}", super::short(name)), help));
    };
    for (name, rule, help) in FORMS {
        if let Some(why) = mail.all(name).next().and_then(rule) {
            wrong(name, At::Message, why, help);
        }
    }
    if let Some(why) = mail.all("Subject").next().and_then(|value| subject(value, &issue.rendered.subject)) {
        wrong("Subject", At::Top("subject"), why, "type the subject again; if that does not help, please report it");
    }
    for header in &mail.headers {
        if !header.value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
            wrong(header.name, At::Message, "has bytes that are not printable ASCII".into(), REPORT);
        } else if header.value.contains("{{") && !header.name.eq_ignore_ascii_case("Subject") {
            let help = "replace the `{{` in config.toml with what you meant: settings are not templates";
            wrong(header.name, At::Message, "has a `{{` that nothing replaces".into(), help);
        }
    }
}

/// How often `@` occurs outside quoted strings (RFC 5322 section 3.2.4): in a quoted name it is not an address.
fn ats_outside_quotes(value: &str) -> usize {
    let (mut quoted, mut ats) = (false, 0);
    let mut signs = value.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => drop(signs.next()),
            '"' => quoted = !quoted,
            '@' if !quoted => ats += 1,
            _ => {}
        }
    }
    ats
}

/// One mailbox, readable and plain.
fn mailbox(value: &str) -> Option<String> {
    let text = match mime::words(value) {
        Ok(text) => text,
        Err(why) => return Some(format!("cannot be read: {why}")),
    };
    if text.chars().any(turns) {
        return Some("has a control character or a mark that turns the writing direction".into());
    }
    (ats_outside_quotes(value) != 1).then(|| "must name one mailbox".into())
}

fn turns(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The subject must decode to what was written, except for characters that headers cannot hold.
fn subject(value: &str, written: &str) -> Option<String> {
    let read = match mime::words(value) {
        Ok(text) => text,
        Err(why) => return Some(format!("cannot be read: {why}")),
    };
    if read.chars().any(|c| turns(c) && !matches!(c, '\u{200e}' | '\u{200f}')) {
        return Some("has a control character or a mark that turns the writing direction".into());
    }
    let plain = |text: &str| -> String { text.chars().filter(|c| !turns(*c) && !c.is_whitespace()).collect() };
    (plain(&read) != plain(written)).then(|| "does not decode to the draft's text".into())
}

fn date(value: &str) -> Option<String> {
    DateTime::parse_from_rfc2822(value).is_err().then(|| "is not a valid RFC 5322 date".into())
}

/// `<left@right>`, once, of plain characters (RFC 5322 §3.6.4).
fn message_id(value: &str) -> Option<String> {
    let inside = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
    };
    let good =
        inside.and_then(|inside| inside.split_once('@')).is_some_and(|(left, right)| plain(left) && plain(right));
    (!good).then(|| "must be one <left@right>".into())
}

/// `<name.host>` (RFC 2919).
fn list_id(value: &str) -> Option<String> {
    let name = value.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    let good = name.is_some_and(|name| name.split('.').count() > 1 && name.split('.').all(|label| !label.is_empty()));
    (!good).then(|| "must be <name.host>".into())
}

/// An https and a mailto address in angle brackets (RFC 8058 §3.1, RFC 2369 §3.2).
fn unsubscribe(value: &str) -> Option<String> {
    let addresses: Vec<Url> =
        value.split('<').skip(1).filter_map(|rest| Url::parse(rest.split_once('>')?.0).ok()).collect();
    let lacks = |scheme: &str| !addresses.iter().any(|url| url.scheme() == scheme);
    let lacking: Vec<&str> = ["https", "mailto"].into_iter().filter(|scheme| lacks(scheme)).collect();
    (!lacking.is_empty())
        .then(|| format!("must have an https and a mailto address; it lacks {}", lacking.join(" and ")))
}

fn one_click(value: &str) -> Option<String> {
    (value != "List-Unsubscribe=One-Click").then(|| "must be List-Unsubscribe=One-Click (RFC 8058)".into())
}

/// `campaign:customer:type:sender`, as Gmail's Feedback-ID asks.
fn feedback(value: &str) -> Option<String> {
    let fields: Vec<&str> = value.split(':').collect();
    let good = fields.len() == 4 && fields.iter().all(|field| !field.trim().is_empty());
    (!good).then(|| "must have four fields with colons between".into())
}

/// Text first, then HTML, each in UTF-8 and encoded as its headers say.
fn parts(mail: &Mail, found: &mut Vec<Found>) {
    let mut wrong = |what: String| found.push(Found::error("mail-parts", At::Message, what, REPORT));
    if mail.kind() != "multipart/alternative" {
        return wrong("the message is not multipart/alternative".into());
    }
    let Some(parts) = mail.parts() else {
        return wrong("the end of the message's parts is not marked by its boundary".into());
    };
    let kinds: Vec<String> = parts.iter().map(Mail::kind).collect();
    if kinds != ["text/plain", "text/html"] {
        let kinds = super::short(&kinds.join(", "));
        wrong(format!("the parts must be text/plain, then text/html; they are {kinds}"));
    }
    for part in &parts {
        let kind = super::short(&part.kind());
        if !part.parameter("charset").is_some_and(|set| set.eq_ignore_ascii_case("utf-8")) {
            wrong(format!("the part {kind} does not say that it is UTF-8"));
        }
        match part.text() {
            Ok(text) if text.trim().is_empty() => wrong(format!("the part {kind} is empty")),
            Ok(_) => {}
            Err(why) => wrong(format!("the part {kind} cannot be read: {why}")),
        }
    }
}
