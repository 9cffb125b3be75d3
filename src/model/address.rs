//! A mailbox address, in the strict grammar that `digest` accepts.

use std::fmt;

use serde::Serialize;

/// Why an address was refused; the text says what was wrong in words for a list's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("the address is empty")]
    Empty,
    #[error("the address has no `@`")]
    NoAt,
    #[error("the address is longer than 254 octets")]
    TooLong,
    #[error("the part before `@` must be 1 to 64 letters, digits or !#$%&'*+-/=?^_`{{|}}~ with single dots inside")]
    Local,
    #[error("the part after `@` is not a domain name with a dot, such as example.org")]
    Domain,
}

/// One mailbox, `local@domain`: the addr-spec of RFC 5321 §4.1.2 without quoted local parts, address literals or comments,
/// which no mailing list needs and which have let strangers' text into headers. Local part ASCII, at most 64 octets;
/// the domain lower case in its ASCII form (IDNA, RFC 5891); together at most 254 octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Reads an address; surrounding white space is dropped, an IDN domain is brought to its ASCII form.
    ///
    /// # Errors
    /// [`AddressError`] for the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        if !is_dot_atom(local) {
            return Err(AddressError::Local);
        }
        let domain = ascii_domain(domain).ok_or(AddressError::Domain)?;
        let whole = format!("{local}@{domain}");
        if whole.len() > 254 {
            return Err(AddressError::TooLong);
        }
        Ok(Self(whole))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form used to compare addresses: all lower case, since no list wants `Ann@` and `ann@` mailed twice.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The mailbox behind the address, for limits: `ann+news@` and `ann+more@` are one person's. In the form used to compare addresses.
    pub fn mailbox(&self) -> String {
        let key = self.key();
        match key.split_once('+') {
            Some((local, rest)) if !local.is_empty() && !local.contains('@') => {
                let domain = rest.rsplit_once('@').map_or("", |(_, domain)| domain);
                format!("{local}@{domain}")
            }
            _ => key,
        }
    }

    /// The address with its local part hidden, for logs: `a…@example.org`.
    pub fn masked(&self) -> String {
        format!("{}…@{}", self.local().chars().next().unwrap_or('?'), self.domain())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 5322 §3.2.3 dot-atom-text, at most 64 octets (RFC 5321 §4.5.3.1.1).
fn is_dot_atom(local: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    local.len() <= 64 && local.split('.').all(atom)
}

/// The domain's A-label form, lower case, or `None` if it does not look like a public DNS name. Punycode that decodes to plain
/// ASCII is refused by the IDNA processing itself.
fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let labels: Vec<&str> = ascii.split('.').collect();
    let last_is_name = labels.last().is_some_and(|l| l.bytes().any(|b| b.is_ascii_lowercase()));
    (labels.len() >= 2 && ascii.len() <= 253 && labels.iter().all(|l| label(l)) && last_is_name).then_some(ascii)
}

#[cfg(test)]
mod tests;
