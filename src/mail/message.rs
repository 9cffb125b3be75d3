//! One issue as a message: everything that subscribers share is encoded once, and a message is written by splicing.

use std::path::Path;

use lettre::message::header::{From, Headers, ReplyTo, Subject, To};
use lettre::message::{Mailbox, Mailboxes};

use bytes::Bytes;

use super::body::Body;
use super::dkim::{self, Signer};
use super::links::{Links, derive};
use super::verp;
use crate::model::{Delivery, Frozen, IssueName, Letterhead, Notice};
use crate::text::one_line;

/// A message ready for the wire: its envelope (RFC 5321 §3.3) and its bytes, ASCII with CRLF line ends, no line over 998
/// octets and none beginning with a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub envelope_from: String,
    pub envelope_to: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Its bytes, what all subscribers share and what is the subscriber's own in turn.
    pub parts: Vec<Bytes>,
}

impl Message {
    /// Its size in octets.
    pub fn size(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }

    /// Its bytes in one segment.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| String::from_utf8_lossy(part)).collect()
    }
}

/// An issue prepared once for all its subscribers.
#[derive(Debug)]
pub struct CompiledIssue {
    frozen: Frozen,
    issue: IssueName,
    from: Mailbox,
    /// From, Reply-To, Subject, List-Id and the others that every message shares.
    shared_headers: String,
    body: Body,
    signer: Option<Signer>,
}

impl CompiledIssue {
    /// # Errors
    /// A notice when the From or Reply-To of the letterhead is not a mailbox.
    pub fn new(frozen: Frozen, issue: IssueName) -> Result<Self, Notice> {
        let head = &frozen.letterhead;
        let from = mailbox("publication.from", &head.from)?;
        let mut headers = Headers::new();
        headers.set(From::from(Mailboxes::from(from.clone())));
        if !head.reply_to.is_empty() {
            headers.set(ReplyTo::from(Mailboxes::from(mailbox("publication.reply_to", &head.reply_to)?)));
        }
        headers.set(Subject::from(one_line(&frozen.rendered.subject, usize::MAX)));
        let host = host(&head.public_url);
        let list = format!("{}.{host}", issue.edition);
        let archive = format!("{}/archive/{issue}", head.public_url.trim_end_matches('/'));
        // Gmail's Feedback Loop requires 5 to 15 characters in the last field.
        let sender: String = format!("{host}newsletter").chars().filter(char::is_ascii_alphanumeric).take(15).collect();
        let shared_headers = format!(
            "{headers}List-Id: <{list}>\r\nList-Archive: <{archive}>\r\n\
             Feedback-ID: {issue}:{}:newsletter:{sender}\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n",
            issue.edition
        );
        let boundary = format!("={}", &derive(&["boundary", &issue.to_string(), &frozen.rendered.subject])[..24]);
        let body = Body::new(boundary, &frozen.rendered);
        Ok(Self { frozen, issue, from, shared_headers, body, signer: None })
    }

    /// Has every message signed, with keys whose files are relative to `root`.
    ///
    /// # Errors
    /// See [`Signer::load`].
    pub fn signed(mut self, settings: &dkim::Settings, root: &Path) -> Result<Self, Notice> {
        self.signer = Signer::load(settings, root, self.from.email.domain())?;
        Ok(self)
    }

    /// Whether messages are signed, which takes longer than writing them.
    pub fn is_signed(&self) -> bool {
        self.signer.is_some()
    }

    /// Writes the message of one subscriber. The same delivery gives the same bytes, whenever it is tried.
    pub fn message(&self, delivery: &Delivery) -> Message {
        let links = Links::new(&self.frozen.letterhead, &self.issue, delivery);
        let message_id = self.message_id(delivery);
        let mut head = String::with_capacity(4096);
        head.push_str(&self.shared_headers);
        head.push_str(&self.own_headers(delivery, &links, &message_id));
        head.push_str(&self.body.content_type());
        head.push_str("\r\n");
        let mut parts = self.body.follow(head, &links);
        if let Some(signer) = &self.signer {
            parts.insert(0, signer.sign(&parts[0], &parts[1..], delivery.dated).into());
        }
        let envelope_from = self.envelope_from(delivery);
        Message { envelope_from, envelope_to: delivery.email.to_string(), message_id, parts }
    }

    fn own_headers(&self, delivery: &Delivery, links: &Links, message_id: &str) -> String {
        let mut to = Headers::new();
        // Cut, so that even a name without a blank to fold at stays within a line.
        let name: String = one_line(&delivery.name, 120);
        let name = Some(name).filter(|name| !name.is_empty());
        if let Ok(address) = delivery.email.as_str().parse() {
            to.set(To::from(Mailboxes::from(Mailbox::new(name, address))));
        }
        let mailto = self.unsubscribe_mailbox();
        format!(
            "{to}Date: {}\r\nMessage-ID: <{message_id}>\r\n\
             List-Unsubscribe: <{}>,\r\n <mailto:{mailto}?subject=unsubscribe%20{}>\r\n\
             List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            delivery.dated.to_rfc2822(),
            links.unsubscribe,
            links.unsubscribe_token,
        )
    }

    /// Where a mail program's "unsubscribe by mail" goes: the bounce domain's intake when there is one, else the From.
    fn unsubscribe_mailbox(&self) -> String {
        match self.frozen.letterhead.bounce_domain.as_str() {
            "" => self.from.email.to_string(),
            domain => format!("unsubscribe@{domain}"),
        }
    }

    /// A function of issue and subscriber (RFC 5322 §3.6.4), so that each retry carries the same one.
    fn message_id(&self, delivery: &Delivery) -> String {
        format!("{}@{}", verp::id(&self.issue, &delivery.seed), self.from.email.domain())
    }

    /// VERP: an envelope sender that names the delivery, if there is a bounce domain; otherwise the From.
    fn envelope_from(&self, delivery: &Delivery) -> String {
        match self.frozen.letterhead.bounce_domain.as_str() {
            "" => self.from.email.to_string(),
            domain => format!("{}@{domain}", verp::sender(&self.issue, delivery.number, &delivery.seed)),
        }
    }
}

/// The domain of a letterhead's From.
///
/// # Errors
/// A notice when its From or Reply-To is not a mailbox, as for a [`CompiledIssue`].
pub fn sender_domain(head: &Letterhead) -> Result<String, Notice> {
    let from = mailbox("publication.from", &head.from)?;
    if !head.reply_to.is_empty() {
        mailbox("publication.reply_to", &head.reply_to)?;
    }
    Ok(from.email.domain().to_owned())
}

pub(super) fn mailbox(key: &str, text: &str) -> Result<Mailbox, Notice> {
    one_line(text, usize::MAX).parse().map_err(|_| {
        Notice::new(format!("`{key}` must be a mailbox, found `{text}`"))
            .help("write it as \"Call Me Almanac <news@example.org>\" or as an address alone")
    })
}

pub(super) fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_else(|| "localhost".into())
}

#[cfg(test)]
mod tests;
