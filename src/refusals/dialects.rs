//! What some providers and programs mean by words that mean something else elsewhere. One row per dialect, with its source.

use super::words::Words;
use super::{Said, Stage};
use crate::model::RefusalClass::{self, *};

/// A row fits when all that it names fits; what it leaves empty fits always.
pub struct Dialect {
    /// Any of these, in the server's name or in its words as they came (lower case).
    pub marks: &'static [&'static str],
    /// Any of these phrases, as [`Words::say`] has them.
    pub says: &'static [&'static str],
    /// The enhanced status, in the words or the report's own.
    pub status: Option<&'static str>,
    pub stage: Option<Stage>,
    pub class: RefusalClass,
    /// Where the meaning is documented, or was seen.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever changes the row; a test sees that each has one"))]
    pub source: &'static str,
}

const ANY: Dialect = Dialect { marks: &[], says: &[], status: None, stage: None, class: Unproven, source: "" };

pub const DIALECTS: &[Dialect] = &[
    // Its edge refuses unknown recipients so, but also everybody at a domain whose directory is not in step.
    Dialect {
        says: &["recipient address rejected access denied"],
        class: Unproven,
        source: "Microsoft Learn, Fix NDR error code 550 5.4.1, and Postfix access(5): the default text of REJECT",
        ..ANY
    },
    Dialect {
        says: &[
            "receiving mail at a rate",
            "receiving email at a rate",
            "receiving mail too quickly",
            "receiving email too quickly",
        ],
        class: Rate,
        source: "Google Workspace, Gmail SMTP errors and codes (4.2.1 and 5.2.1)",
        ..ANY
    },
    Dialect { marks: &["resolver.rst."], class: Policy, source: "Microsoft Learn, NDR 5.7.1 RESOLVER.RST.*", ..ANY },
    Dialect {
        marks: &["resolver.adr.recipnotfound", "resolver.adr.recipientnotfound", "resolver.adr.exrecipnotfound"],
        class: NoMailbox,
        source: "Microsoft Learn, NDR 5.1.1 and 5.1.10 RESOLVER.ADR.*NotFound",
        ..ANY
    },
    // Without an enhanced status, in words that RFC 5321 gives to any 550; their page says "the address does not exist".
    Dialect {
        marks: &[
            "postmaster.gmx.",
            "postmaster.web.de",
            "postmaster.mail.com",
            "postmaster.1and1.",
            "postmaster.1und1.",
            "postmaster.ionos.",
        ],
        says: &["mailbox unavailable"],
        class: NoMailbox,
        source: "postmaster.gmx.net/en/error-messages, and smtp.codes/unitedinternet",
        ..ANY
    },
    Dialect {
        marks: &["nemesis esmtp"],
        says: &["service not available", "no smtp service"],
        class: Reputation,
        source: "postmaster.gmx.net/en/error-messages",
        ..ANY
    },
    Dialect {
        says: &["a problem occurred * ask your postmaster"],
        class: Reputation,
        source: "postmaster.t-online.de: the answer to addresses without a good name",
        ..ANY
    },
    Dialect {
        says: &["unfortunately messages", "part of their network is on our"],
        class: Reputation,
        source: "Outlook.com Postmaster, SC-00x, DY-00x and OU-00x",
        ..ANY
    },
    Dialect {
        marks: &["ofr_506", "ofr004_", "ofr005_", "ofr006_", "ofr_1", "lpn004_", "lpn105_"],
        class: Reputation,
        source: "postmaster.orange.fr: codes of filtering and of too many connections; 416 is the unknown recipient",
        ..ANY
    },
    Dialect {
        marks: &[
            "dt:spm", "mi:spb", "mi:sti", "mi:sfq", "mi:nhd", "dt:rbl", "hl:rep", "hl:icc", "hl:ifc", "hl:mep",
            "rp:rcl", "mi:dmc",
        ],
        class: Reputation,
        source: "help.mail.163.com, codes of returned mails",
        ..ANY
    },
    // The phone companies answer so to the message, when a subscriber's own filter refuses it.
    Dialect {
        marks: &["docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp"],
        says: &["unknown user", "user unknown"],
        stage: Some(Stage::Message),
        class: Unproven,
        source: "seen in returned mails: the recipient had been taken before",
        ..ANY
    },
    Dialect {
        says: &[
            "domain may not exist or dns check failed",
            "mail content denied",
            "ip frequency limited",
            "connection denied",
        ],
        class: Reputation,
        source: "service.mail.qq.com: what the domain and the address of the sender lack",
        ..ANY
    },
    Dialect {
        marks: &["postmaster.info.aol.com", "postmaster.aol.com/error", "(rly:", "(hvu:", "(con:", "(dns:", "(snd:"],
        class: Reputation,
        source: "AOL Postmaster, SMTP error messages",
        ..ANY
    },
    // It is about other senders' mail to the address, not about ours.
    Dialect {
        says: &["suppressed sending to this address", "suppression list", "recent history of bouncing"],
        class: Unproven,
        source: "Amazon SES, Using the global suppression list",
        ..ANY
    },
    Dialect {
        says: &["recipient preferences"],
        class: Policy,
        source: "postmaster.facebook.com/response_codes, RCP-P2",
        ..ANY
    },
    Dialect {
        says: &["will not accept delivery of this message"],
        class: Reputation,
        source: "AOL Postmaster: 521 5.2.1 for a sender's name, not for a mailbox",
        ..ANY
    },
    Dialect {
        says: &["is unavailable account is disabled"],
        class: Disabled,
        source: "postmaster.mail.ru: `invalid mailbox` is said of closed and of absent ones alike",
        ..ANY
    },
    // Not the addresses of our name server, but the one that the recipient's domain lacks.
    Dialect { says: &["mail exchanger or ip address"], class: NoDomain, source: "qmail-remote(8), #5.4.4", ..ANY },
];

/// Links that a server adds when a list or a filter made it refuse.
const LISTS: &[&str] = &[
    "spamhaus",
    "spamcop",
    "barracudacentral",
    "sorbs.net",
    "dnsbl",
    "/rbl",
    "surbl",
    "uribl",
    "cloudmark",
    "senderscore",
    "proofpoint.com/dnsbl",
    "sender.office.com",
    "ipcheck.proofpoint",
    "blacklist",
    "blocklist",
    "c=rdns",
    "c=bl",
    "spam",
    "/block",
];

/// The class by a provider's dialect, if there is one that fits.
pub fn class(said: &Said, raw: &str, words: &Words) -> Option<RefusalClass> {
    let server = said.server.to_lowercase();
    let has_status = |status: &str| said.enhanced == Some(status) || raw.contains(status);
    let fits = |row: &&Dialect| {
        (row.marks.is_empty() || row.marks.iter().any(|mark| raw.contains(mark) || server.contains(mark)))
            && (row.says.is_empty() || words.say_any(row.says))
            && row.status.is_none_or(has_status)
            && row.stage.is_none_or(|stage| stage == said.stage)
    };
    let found = DIALECTS.iter().find(fits).map(|row| row.class);
    found.or_else(|| links(raw).any(|link| LISTS.iter().any(|list| link.contains(list))).then_some(Reputation))
}

fn links(raw: &str) -> impl Iterator<Item = &str> {
    raw.split_whitespace().filter(|word| word.contains("://") || word.contains("www."))
}

/// What a relay writes before, or instead of, the words of the server behind it: its own guess, not what was said. Only where
/// other words follow.
const WRAPPINGS: &[(&str, &str)] = &[
    ("unknown address error", "Amazon SES, before the server's words in quotation marks"),
    ("other mail system problem", "Amazon SES"),
    ("invalid address, error_code", "Zoho, before `:550`"),
    ("remote server returned unknown recipient or mailbox unavailable", "Exchange Online, 5.1.351, before `->`"),
];

/// The words without a relay's wrapping.
pub fn unwrapped(raw: &str) -> String {
    let mut text = raw.to_owned();
    for (wrapping, _) in WRAPPINGS {
        if let Some(at) = text.find(wrapping) {
            text.replace_range(at..at + wrapping.len(), "");
        }
    }
    text
}
