//! DKIM signatures (RFC 6376; Ed25519 by RFC 8463), relaxed/relaxed, by one key or several. Knows no subscriber and no relay;
//! the time is handed in, so the same message gets the same signature at every try.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::model::Notice;

/// `[delivery.dkim]`: how messages are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The signing domain, `d=`; empty means the domain of the From address.
    pub domain: String,
    /// One signature each, in this order; none means unsigned, as when the relay signs.
    pub keys: Vec<KeyFile>,
}

/// A key, and the DNS name of its public half.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// The record is `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// A PEM file: RSA of 2048 bits or more (PKCS#1 or PKCS#8), or Ed25519 (PKCS#8).
    pub file: String,
}

/// The fields that are signed (RFC 6376 §5.4.1, RFC 8058 §4). Each is named once more than it occurs in the message, so that
/// nobody on the way can add another.
const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Archive",
    "Feedback-ID",
];

/// The keys of a publication, loaded and tried.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    keys: Vec<Key>,
}

/// The DNS record that a key needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub name: String,
    /// The whole TXT record.
    pub text: String,
    /// Its `p=`: the public key in Base64.
    pub key: String,
}

#[derive(Debug)]
struct Key {
    selector: String,
    secret: Secret,
}

#[derive(Debug)]
enum Secret {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    /// Loads the keys, whose files are relative to `root`; `None` when there are none.
    ///
    /// # Errors
    /// A notice for a file that cannot be read or holds no usable key, for a selector that is not a DNS name, and for a domain
    /// that is not the From address's own or above it: DMARC would not count such a signature (RFC 7489 §3.1.1).
    pub fn load(settings: &Settings, root: &Path, from_domain: &str) -> Result<Option<Self>, Notice> {
        if settings.keys.is_empty() {
            return Ok(None);
        }
        let given = if settings.domain.is_empty() { from_domain } else { &settings.domain };
        let (domain, from) = (given.to_ascii_lowercase(), from_domain.to_ascii_lowercase());
        if from != domain && !from.ends_with(&format!(".{domain}")) {
            return Err(Notice::new(format!("`delivery.dkim.domain` is {domain}, but the From address is of {from}"))
                .help("leave it empty, or name the From address's own domain or one above it; DMARC asks for that"));
        }
        let keys = settings.keys.iter().map(|key| Key::load(key, root)).collect::<Result<_, _>>()?;
        Ok(Some(Self { domain, keys }))
    }

    /// The DNS records that must exist for the signatures to verify.
    pub fn records(&self) -> Vec<KeyRecord> {
        let record = |key: &Key| {
            let (kind, public) = key.secret.public();
            let name = format!("{}._domainkey.{}", key.selector, self.domain);
            KeyRecord { name, text: format!("v=DKIM1; k={kind}; p={public}"), key: public }
        };
        self.keys.iter().map(record).collect()
    }

    /// The DKIM-Signature fields for a message, each ended by CRLF, to be put before it. The head ends in its empty line; the body
    /// must be in its own relaxed form, as [`super::quoted`] writes it.
    pub fn sign(&self, head: &[u8], body: &[impl AsRef<[u8]>], at: DateTime<Utc>) -> String {
        let head = String::from_utf8_lossy(head);
        let fields = fields(head.trim_end_matches("\r\n"));
        let names = names(&fields);
        let body_hash = body.iter().fold(Sha256::new(), Sha256::chain_update);
        let body_hash = BASE64.encode(&body_hash.finalize());
        self.keys.iter().map(|key| self.field(key, &fields, &names, &body_hash, at)).collect()
    }

    fn field(&self, key: &Key, fields: &[Field], names: &[&str], body_hash: &str, at: DateTime<Utc>) -> String {
        let unsigned = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            key.secret.algorithm(),
            self.domain,
            key.selector,
            at.timestamp(),
            folded_names(names),
        );
        let signature = key.secret.sign(&signed_text(fields, names, &unsigned));
        format!("{unsigned}{}\r\n", folded(&BASE64.encode(&signature)))
    }
}

impl Key {
    fn load(key: &KeyFile, root: &Path) -> Result<Self, Notice> {
        let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !key.selector.split('.').all(label) || key.selector.len() > 63 {
            return Err(Notice::new(format!("`{}` is not a valid DKIM selector", key.selector))
                .help("it is a DNS name, such as 2026a: letters, digits and `-`"));
        }
        let path = root.join(&key.file);
        let wrong = |what: String| {
            let help = "make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048` or `… -algorithm ed25519`";
            Notice::new(what).at(&path, None).help(help)
        };
        let pem = std::fs::read(&path).map_err(|e| wrong(format!("cannot read the DKIM key: {e}")))?;
        let no_key = || wrong("is not a private key in PEM form (RSA of 2048 bits or more, or Ed25519)".into());
        let secret = match PrivateKeyDer::from_pem_slice(&pem).map_err(|_| no_key())? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Box::new).map(Secret::Rsa),
            PrivateKeyDer::Pkcs8(der) => {
                RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(Box::new).map(Secret::Rsa).or_else(|_| {
                    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
                    pair.map(Box::new).map(Secret::Ed25519)
                })
            }
            _ => return Err(no_key()),
        };
        Ok(Self { selector: key.selector.to_ascii_lowercase(), secret: secret.map_err(|_| no_key())? })
    }
}

impl Secret {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// The kind and the public key as a record has it: `SubjectPublicKeyInfo` for RSA (RFC 6376 §3.6.1 by its erratum 3758), the
    /// key alone for Ed25519 (RFC 8463 §4).
    fn public(&self) -> (&'static str, String) {
        match self {
            Self::Rsa(pair) => {
                let der: Result<PublicKeyX509Der, _> = pair.public_key().as_der();
                ("rsa", der.map(|der| BASE64.encode(der.as_ref())).unwrap_or_default())
            }
            Self::Ed25519(pair) => ("ed25519", BASE64.encode(pair.public_key().as_ref())),
        }
    }

    /// RSASSA-PKCS1-v1_5 over the text (RFC 6376 §3.3.1), or Ed25519 over its SHA-256 (RFC 8463 §3). Both always give the
    /// same signature for the same text.
    fn sign(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // A panic here ends the send with everyone still in the queue, which beats mail without its signature.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
                    .expect("a loaded RSA key signs");
                signature
            }
            Self::Ed25519(pair) => pair.sign(&Sha256::digest(text)).as_ref().to_vec(),
        }
    }
}

/// A header field as it stands, its value still folded.
type Field<'a> = (&'a str, &'a str);

/// The fields of a head, in order.
fn fields(head: &str) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let fold = |at: &usize| rest[at + 2..].starts_with([' ', '\t']);
        let end = rest.match_indices("\r\n").map(|(at, _)| at).find(|at| !fold(at)).unwrap_or(rest.len());
        found.extend(rest[..end].split_once(':'));
        rest = rest.get(end + 2..).unwrap_or("");
    }
    found
}

/// The `h=` list for these fields.
fn names(fields: &[Field]) -> Vec<&'static str> {
    let times = |name: &str| fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count() + 1;
    SIGNED.into_iter().flat_map(|name| std::iter::repeat_n(name, times(name))).collect()
}

/// What is signed (RFC 6376 §3.7): the named fields, the last of a name first, then the signature's own field without its
/// value. A name without a field adds nothing.
fn signed_text(fields: &[Field], names: &[&str], own: &str) -> String {
    let mut left: Vec<&Field> = fields.iter().collect();
    let mut text = String::with_capacity(2048);
    for name in names {
        if let Some(at) = left.iter().rposition(|(known, _)| known.eq_ignore_ascii_case(name)) {
            push_relaxed(&mut text, left.remove(at));
            text.push_str("\r\n");
        }
    }
    push_relaxed(&mut text, &own.split_once(':').unwrap_or((own, "")));
    text
}

/// A field in relaxed form (RFC 6376 §3.4.2), without a line end.
fn push_relaxed(text: &mut String, (name, value): &Field) {
    text.push_str(&name.trim_end().to_ascii_lowercase());
    text.push(':');
    for (i, word) in value.split_ascii_whitespace().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// Names joined by colons, on lines of at most 76 characters.
fn folded_names(names: &[&str]) -> String {
    let mut out = String::new();
    let mut column = 3;
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            out.push(':');
            if column + name.len() + 2 > 76 {
                out.push_str("\r\n ");
                column = 1;
            }
        }
        out.push_str(name);
        column += name.len() + 1;
    }
    out
}

/// Base64 on lines of 72 characters.
fn folded(base64: &str) -> String {
    let lines: Vec<&str> = base64.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).unwrap_or("")).collect();
    lines.join("\r\n ")
}

#[cfg(test)]
mod tests;
