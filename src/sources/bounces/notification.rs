//! Amazon's notifications of bounces and complaints, which come as JSON in a mail. Knows no list.

use serde::Deserialize;

use super::status::{address, clean};
use super::{Failure, Kind};
use crate::model::EvidenceKind;
use crate::refusals::{self, Said, Stage};

/// What a notification says.
pub struct Notification {
    pub kind: Kind,
    pub failures: Vec<Failure>,
    /// The envelope sender of the message that came back.
    pub sender: Option<String>,
    pub returned_id: Option<String>,
    pub returned_to: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(alias = "eventType")]
    notification_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Mail {
    source: Option<String>,
    destination: Vec<String>,
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType")]
    detail: String,
    bounced_recipients: Vec<Recipient>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Complaint {
    complained_recipients: Vec<Recipient>,
    complaint_feedback_type: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipient {
    email_address: String,
    status: String,
    diagnostic_code: String,
}

/// Reads the first JSON document of a text, if it is a notification of a bounce, a complaint or a delivery.
pub fn read(words: &str) -> Option<Notification> {
    let start = words.trim_start();
    if !start.starts_with('{') {
        return None;
    }
    let document: Document = serde_json::Deserializer::from_str(start).into_iter().next()?.ok()?;
    let (kind, failures) = match (document.notification_type.as_str(), document.bounce, document.complaint) {
        ("Bounce", Some(bounce), _) => (Kind::Bounce, bounce.failures()),
        ("Complaint", _, Some(complaint)) => {
            // RFC 5965's `not-spam` takes a complaint back.
            let kind = if complaint.complaint_feedback_type == "not-spam" { Kind::Unknown } else { Kind::Complaint };
            (kind, complaint.failures())
        }
        ("Delivery" | "DeliveryDelay" | "Send" | "Open" | "Click", ..) => (Kind::Delay, Vec::new()),
        _ => return None,
    };
    let header = |name: &str| {
        let found = document.mail.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| header.value.trim().trim_matches(['<', '>']).to_owned())
    };
    Some(Notification {
        kind,
        failures,
        returned_id: header("message-id"),
        returned_to: header("to").or_else(|| document.mail.destination.first().cloned()),
        sender: document.mail.source,
    })
}

impl Bounce {
    fn failures(self) -> Vec<Failure> {
        let kind = format!("{} {}", self.kind, self.detail);
        let judged = |recipient: Recipient| {
            let Recipient { email_address, status, diagnostic_code } = recipient;
            let said = if diagnostic_code.is_empty() {
                kind.as_str()
            } else {
                super::statements::without_type(&diagnostic_code)
            };
            let class = refusals::judge(&Said {
                stage: Stage::Unknown,
                code: refusals::reply_code(said).map(|(_, code)| code),
                enhanced: Some(status.as_str()).filter(|status| !status.is_empty()),
                text: said,
                server: "",
            });
            let diagnostic = clean(said);
            Failure {
                recipients: address(&email_address).into_iter().collect(),
                status,
                evidence: class.evidence(),
                diagnostic,
            }
        };
        self.bounced_recipients.into_iter().take(50).map(judged).collect()
    }
}

impl Complaint {
    fn failures(self) -> Vec<Failure> {
        let diagnostic = clean(&self.complaint_feedback_type);
        let complained = |recipient: Recipient| Failure {
            recipients: address(&recipient.email_address).into_iter().collect(),
            status: String::new(),
            evidence: EvidenceKind::Complaint,
            diagnostic: diagnostic.clone(),
        };
        self.complained_recipients.into_iter().take(50).map(complained).collect()
    }
}
