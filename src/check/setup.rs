//! What the settings promise in a mail that really goes out, and cannot keep: a link to unsubscribe that nobody answers, a sender that is
//! still an example.

use std::net::IpAddr;

use url::{Host, Url};

use super::place::CONFIG;
use super::{At, Finding, Found, Issue, help_uri};

/// The settings that every message repeats.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The mailbox of From.
    pub from: &'a str,
    pub postal_address: &'a str,
    /// Where the unsubscribe links lead.
    pub public_url: &'a str,
    /// Whether `[web]` serves pages: `listen` or `public_url` is set.
    pub has_pages: bool,
}

/// The senders and postal addresses of the sample and of what `digest init` writes.
const SAMPLE_SENDERS: [&str; 2] = ["news@callmealmanac.example", "news@my-newsletter.example"];
const SAMPLE_POSTAL_ADDRESSES: [&str; 2] =
    ["Call Me Almanac, 1 Example Street, 75011 Paris, France", "My Newsletter, 1 Example Street, Example City"];

/// Findings about promises that the settings cannot keep, which matter if messages are really sent.
pub fn setup_findings(setup: &Setup) -> Vec<Finding> {
    let finding = |found: Found| Finding {
        severity: found.severity,
        code: found.code,
        message: found.message,
        where_: CONFIG.into(),
        file: Some(CONFIG.into()),
        line: None,
        help: found.help,
        help_uri: help_uri(found.code),
        names: found.names,
    };
    promises(setup).into_iter().map(finding).collect()
}

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let Some(setup) = &issue.context.setup else { return };
    // The rule on List-Unsubscribe says the same of an address that is not https.
    let is_told = found.iter().any(|other| other.code == "header-form" && other.message.contains("List-Unsubscribe"));
    found.extend(promises(setup).into_iter().filter(|promise| !is_told || promise.code != "unsubscribe-dead"));
}

fn promises(setup: &Setup) -> Vec<Found> {
    [unsubscribe(setup), sender(setup.from), postal_address(setup.postal_address)].into_iter().flatten().collect()
}

/// Why the unsubscribe link cannot work.
fn unsubscribe(setup: &Setup) -> Option<Found> {
    let url = setup.public_url;
    let why = if !setup.has_pages {
        "where no pages are set up: `[web]` has neither `listen` nor `public_url`"
    } else if url.get(..8).is_none_or(|scheme| !scheme.eq_ignore_ascii_case("https://")) {
        "which is not https, so one-click unsubscribing (RFC 8058) cannot work"
    } else if !is_public(url) {
        "which only your own network can reach"
    } else {
        return None;
    };
    let mend = "set `[web] public_url` to the https address at which subscribers reach `digest serve`";
    Some(Found::error("unsubscribe-dead", At::Config, format!("the unsubscribe links lead to {url}, {why}"), mend))
}

/// Why the sender cannot be real.
fn sender(from: &str) -> Option<Found> {
    let address = from.trim_end_matches('>').rsplit('<').next().unwrap_or_default().trim().to_lowercase();
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let mend = "set `[publication] from` to an address of your own before you mail subscribers";
    if SAMPLE_SENDERS.contains(&address.as_str()) {
        let what = format!("`[publication] from` is still the example, {address}");
        return Some(Found::error("sender-sample", At::Config, what, mend));
    }
    let what = format!("the sender's domain {domain} is reserved for examples, so nobody can answer");
    is_reserved(domain).then(|| Found::warning("sender-example", At::Config, what, mend))
}

fn postal_address(address: &str) -> Option<Found> {
    let mend = "set `[publication] postal_address`; the law of many countries asks for one in bulk mail";
    match address.trim() {
        sample if SAMPLE_POSTAL_ADDRESSES.contains(&sample) => {
            let what = "`[publication] postal_address` is still the example";
            Some(Found::error("sender-sample", At::Config, what, mend))
        }
        "" => Some(Found::warning("no-postal-address", At::Config, "`[publication] postal_address` is empty", mend)),
        _ => None,
    }
}

/// Whether a host can be reached from outside, judging by its name or number.
fn is_public(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_private = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => !is_private(ip.into()),
        Some(Host::Ipv6(ip)) => !is_private(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let inner = [".localhost", ".local", ".internal", ".home.arpa"];
            name.contains('.') && !inner.iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

/// Whether RFC 2606 or RFC 6761 reserves a domain for examples and tests.
fn is_reserved(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.');
    let top = ["example", "test", "invalid", "localhost"];
    let second = ["example.com", "example.net", "example.org"];
    top.iter().any(|name| domain == *name || domain.ends_with(&format!(".{name}")))
        || second.iter().any(|name| domain == *name || domain.ends_with(&format!(".{name}")))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    const GOOD: Setup = Setup {
        from: "The Paper <news@paper.org>",
        postal_address: "1 High Street, Leeds",
        public_url: "https://letters.paper.org",
        has_pages: true,
    };

    #[test]
    fn each_promise_that_cannot_be_kept_is_named() {
        let codes =
            |setup: Setup| promises(&setup).into_iter().map(|found| (found.severity, found.code)).collect::<Vec<_>>();
        assert_eq!(codes(GOOD), []);
        let dead = vec![(Severity::Error, "unsubscribe-dead")];
        for public_url in [
            "http://letters.paper.org",
            "https://127.0.0.1:8080",
            "https://[::1]",
            "https://192.168.1.9",
            "https://localhost",
            "https://press",
            "https://press.local/pages",
            "letters.paper.org",
        ] {
            assert_eq!(codes(Setup { public_url, ..GOOD }), dead, "{public_url}");
        }
        assert_eq!(codes(Setup { has_pages: false, ..GOOD }), dead);
        let sample = vec![(Severity::Error, "sender-sample")];
        assert_eq!(codes(Setup { from: "Mine <News@CallMeAlmanac.example>", ..GOOD }), sample);
        assert_eq!(codes(Setup { from: "My Newsletter <news@my-newsletter.example>", ..GOOD }), sample);
        for postal_address in SAMPLE_POSTAL_ADDRESSES {
            assert_eq!(codes(Setup { postal_address, ..GOOD }), sample);
        }
        for from in ["news@example.org", "The Paper <a@mail.example.com>", "a@paper.test"] {
            assert_eq!(codes(Setup { from, ..GOOD }), [(Severity::Warning, "sender-example")], "{from}");
        }
        assert_eq!(codes(Setup { from: "a@notexample.com", ..GOOD }), []);
        assert_eq!(codes(Setup { postal_address: " ", ..GOOD }), [(Severity::Warning, "no-postal-address")]);
    }

    #[test]
    fn the_samples_values_are_those_of_the_configurations_that_ship() {
        let shipped = [include_str!("../../config.toml"), include_str!("../pipeline/init/config.toml")];
        for (at, config) in shipped.into_iter().enumerate() {
            assert!(config.contains(&format!("<{}>\"", SAMPLE_SENDERS[at])));
            assert!(config.contains(&format!("postal_address = \"{}\"", SAMPLE_POSTAL_ADDRESSES[at])));
        }
    }
}
