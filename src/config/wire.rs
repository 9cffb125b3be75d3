//! Converts the publication's own addresses to the form used on the wire: international domains as A-labels (RFC 5890),
//! and a sender's name in quotation marks if it has special characters (RFC 5322 §3.2.3). Knows no file.

use super::Config;
use crate::model::Address;

/// Characters that a name may hold only in quotation marks.
const SPECIALS: &str = "()<>[]:;@\\,.\"";

/// Changes nothing that is already in that form or is not an address; that is reported elsewhere, as it was written.
pub fn bring_to_form(config: &mut Config) {
    for text in [&mut config.publication.from, &mut config.publication.reply_to] {
        *text = mailbox(text);
    }
    for url in [&mut config.publication.url, &mut config.web.public_url] {
        *url = web_address(url);
    }
    if let Some(ascii) = ascii_domain(&config.bounces.domain) {
        config.bounces.domain = ascii;
    }
}

/// `Name <address>` or an address alone.
fn mailbox(text: &str) -> String {
    let trimmed = text.trim();
    let Some((name, address)) = trimmed.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) else {
        return Address::parse(trimmed).map_or_else(|_| text.to_owned(), |address| address.to_string());
    };
    let Ok(address) = Address::parse(address) else { return text.to_owned() };
    let name = name.trim();
    let is_quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    match name {
        "" => address.to_string(),
        _ if is_quoted || !name.contains(|c| SPECIALS.contains(c)) => format!("{name} <{address}>"),
        _ => format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// A web address with its host in ASCII; every other byte as it was.
fn web_address(text: &str) -> String {
    let host = text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let host = host.map(|host| host.rsplit_once('@').map_or(host, |(_, host)| host));
    let Some(host) = host.map(|host| host.split(':').next().unwrap_or(host)).filter(|host| !host.is_ascii()) else {
        return text.to_owned();
    };
    ascii_domain(host).map_or_else(|| text.to_owned(), |ascii| text.replacen(host, &ascii, 1))
}

fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return None;
    }
    Address::parse(&format!("x@{domain}")).ok().map(|address| address.domain().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_quoted_and_its_domain_is_in_ascii() {
        for (text, expected) in [
            ("news@example.org", "news@example.org"),
            ("Almanac <news@example.org>", "Almanac <news@example.org>"),
            ("Almanac, Inc. <news@example.org>", "\"Almanac, Inc.\" <news@example.org>"),
            ("\"Almanac, Inc.\" <news@example.org>", "\"Almanac, Inc.\" <news@example.org>"),
            ("The \"Daily\" <news@example.org>", "\"The \\\"Daily\\\"\" <news@example.org>"),
            ("Müller <news@müller.example>", "Müller <news@xn--mller-kva.example>"),
            ("redaktion@müller.example", "redaktion@xn--mller-kva.example"),
            ("no mailbox", "no mailbox"),
            ("", ""),
        ] {
            assert_eq!(mailbox(text), expected, "{text}");
            assert_eq!(mailbox(expected), expected, "again: {text}");
        }
    }

    #[test]
    fn a_web_address_has_its_host_in_ascii_and_is_otherwise_as_it_was() {
        for (text, expected) in [
            ("https://example.org", "https://example.org"),
            ("https://müller.example", "https://xn--mller-kva.example"),
            ("https://www.müller.example:8443/Über uns?q=ü", "https://www.xn--mller-kva.example:8443/Über uns?q=ü"),
            ("https://example.org/müller", "https://example.org/müller"),
            ("müller", "müller"),
        ] {
            assert_eq!(web_address(text), expected, "{text}");
        }
    }
}
