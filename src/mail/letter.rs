//! A message to one person outside any issue: a confirmation, a notice. Knows no template and no queue.

use std::path::Path;

use chrono::{DateTime, Utc};
use lettre::message::header::{From, Headers, ReplyTo, Subject, To};
use lettre::message::{Mailbox, Mailboxes};

use super::Message;
use super::body::Body;
use super::dkim::{self, Signer};
use super::links::derive;
use super::message::mailbox;
use crate::model::{Address, Fill, Letterhead, Notice, Rendered, Slot};
use crate::text::one_line;

/// The contents of one message.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The Message-ID is a function of this (RFC 5322 §3.6.4), so that each retry carries the same one.
    pub key: &'a str,
    pub to: &'a Address,
    pub dated: DateTime<Utc>,
    pub rendered: &'a Rendered,
}

/// Compiles letters: holds the letterhead, and keys if there are any.
#[derive(Debug)]
pub struct LetterWriter {
    from: Mailbox,
    shared_headers: String,
    signer: Option<Signer>,
}

/// A letter has no slots.
struct Nothing;

impl Fill for Nothing {
    fn value(&self, _: &Slot) -> &'static str {
        ""
    }
}

impl LetterWriter {
    /// # Errors
    /// The From or Reply-To is not a mailbox, or a key cannot be used (see [`Signer::load`]).
    pub fn new(head: &Letterhead, keys: &dkim::Settings, root: &Path) -> Result<Self, Notice> {
        let from = mailbox("publication.from", &head.from)?;
        let mut headers = Headers::new();
        headers.set(From::from(Mailboxes::from(from.clone())));
        if !head.reply_to.is_empty() {
            headers.set(ReplyTo::from(Mailboxes::from(mailbox("publication.reply_to", &head.reply_to)?)));
        }
        let signer = Signer::load(keys, root, from.email.domain())?;
        Ok(Self { from, shared_headers: headers.to_string(), signer })
    }

    /// The bytes of a letter. The same letter gives the same bytes.
    pub fn write(&self, letter: &Letter) -> Message {
        let mut own = Headers::new();
        if let Ok(address) = letter.to.as_str().parse() {
            own.set(To::from(Mailboxes::from(Mailbox::new(None, address))));
        }
        own.set(Subject::from(one_line(&letter.rendered.subject, usize::MAX)));
        let unique = derive(&["letter", letter.key]);
        let message_id = format!("letter.{}@{}", &unique[..26], self.from.email.domain());
        let boundary = format!("={}", &derive(&["boundary", letter.key])[..24]);
        let body = Body::new(boundary, letter.rendered);
        // RFC 3834 §5: no out-of-office program shall answer it.
        let head = format!(
            "{}{own}Date: {}\r\nMessage-ID: <{message_id}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n{}\r\n",
            self.shared_headers,
            letter.dated.to_rfc2822(),
            body.content_type(),
        );
        let mut parts = body.follow(head, &Nothing);
        if let Some(signer) = &self.signer {
            parts.insert(0, signer.sign(&parts[0], &parts[1..], letter.dated).into());
        }
        Message { envelope_from: self.from.email.to_string(), envelope_to: letter.to.to_string(), message_id, parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Segment;

    #[test]
    fn the_same_key_gives_the_same_message_and_another_another_id() {
        let head = Letterhead {
            name: "Gazette".into(),
            from: "Gazette <news@gazette.example>".into(),
            reply_to: String::new(),
            public_url: "https://gazette.example".into(),
            bounce_domain: String::new(),
            name_fallback: "reader".into(),
        };
        let writer = LetterWriter::new(&head, &dkim::Settings::default(), Path::new("")).expect("a writer");
        let to = Address::parse("ann@inbox.example").expect("an address");
        let whole = |text: &str| vec![Segment::Shared(text.into())];
        let rendered = Rendered {
            subject: "Please\r\nBcc: evil@x.example".into(),
            preheader: String::new(),
            html: whole("<p>.</p>"),
            text: whole(".\nbody\n"),
            tracking: None,
            poll: None,
            article: None,
        };
        let letter = |key| Letter { key, to: &to, dated: DateTime::UNIX_EPOCH, rendered: &rendered };
        let one = writer.write(&letter("a"));
        assert_eq!(one, writer.write(&letter("a")));
        assert_ne!(one.message_id, writer.write(&letter("b")).message_id);
        let text = one.text();
        assert!(text.contains("Subject: Please Bcc: evil@x.example\r\n"), "{text}");
        assert!(text.lines().all(|line| !line.starts_with('.') && line.len() < 998), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }
}
