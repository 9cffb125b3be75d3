//! Rules on the results of following a draft's links. Makes no requests itself: the results are passed in.

use std::collections::BTreeSet;

use super::{At, Found, Issue, links, prose};
use crate::model::{Draft, canonical_url};

/// The result of following one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// The page is there.
    Fine,
    /// An HTTP status from 400 on.
    Status(u16),
    /// The page is there, at another address; `for_good` when the site says so (301, 308).
    Moved {
        to: String,
        for_good: bool,
    },
    /// It leads into a private network.
    Private,
    Slow(String),
    Certificate(String),
    /// The host is unknown, refuses connections, or does not speak HTTP.
    Unreachable(String),
}

/// The web addresses that subscribers can follow, each once, in alphabetical order.
pub fn web_links(draft: &Draft) -> Vec<String> {
    let all: BTreeSet<String> = places(draft).into_iter().map(|(_, url)| page(&url).to_owned()).collect();
    all.into_iter().filter(|url| url.starts_with("https://") || url.starts_with("http://")).collect()
}

fn places(draft: &Draft) -> Vec<(At, String)> {
    let addresses = links::addresses(draft).into_iter().map(|(at, url)| (at, url.trim().to_owned()));
    let mut places: Vec<_> = addresses.collect();
    places.extend(
        prose::inlines(draft).into_iter().filter(|inline| !inline.image).map(|inline| (inline.at, inline.address)),
    );
    places
}

/// An address without its fragment, which is not sent to servers.
fn page(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    let Some(answers) = issue.context.answers else { return };
    for (at, url) in places(issue.draft) {
        if let Some(finding) = answers.get(page(&url)).and_then(|answer| judge(at, &url, answer)) {
            found.push(finding.mark(&url));
        }
    }
}

fn judge(at: At, url: &str, answer: &LinkStatus) -> Option<Found> {
    let shown = super::short(url);
    let try_it = "try it in a browser, and again later; if it stays so, link to another page";
    Some(match answer {
        LinkStatus::Fine => return None,
        LinkStatus::Status(404 | 410) => {
            let help = "link to where the page is now, or to another, or ban the entry";
            Found::error("link-gone", at, format!("there is no page at {shown}"), help)
        }
        LinkStatus::Status(status @ 500..) => {
            Found::warning("link-fails", at, format!("the server of {shown} fails with {status}"), try_it)
        }
        LinkStatus::Status(status) => {
            let message = format!("{shown} answered the check with {status}; it may still open for subscribers");
            Found::note("link-unsure", at, message, "open it in a browser")
        }
        LinkStatus::Moved { to, .. } if is_same(url, to) => return None,
        LinkStatus::Moved { to, for_good: true } => {
            let help = format!("link to {to}");
            Found::warning("link-moved", at, format!("{shown} has moved for good to {}", super::short(to)), help)
        }
        LinkStatus::Moved { to, for_good: false } => {
            let message = format!("{shown} temporarily redirects to {}", super::short(to));
            Found::note("link-moved", at, message, "see that it is the page you mean")
        }
        LinkStatus::Private => {
            let message = format!("{shown} leads to an address that is not public, so subscribers cannot open it");
            Found::error(
                "link-private",
                at,
                message,
                "link to a public page, or name the host in `[fetch] private_hosts`",
            )
        }
        LinkStatus::Slow(why) => Found::warning("link-slow", at, format!("{shown} gave {}", super::short(why)), try_it),
        LinkStatus::Certificate(why) => {
            let message = format!("browsers warn of {shown}: {}", super::short(why));
            Found::error("link-certificate", at, message, "link to another page, or tell the site's owner")
        }
        LinkStatus::Unreachable(why) => {
            Found::warning("link-unreachable", at, format!("{shown} cannot be reached: {}", super::short(why)), try_it)
        }
    })
}

/// A final slash, `www.` or a session parameter does not make it another page. A different scheme is worth reporting.
fn is_same(url: &str, to: &str) -> bool {
    let scheme = |url: &str| url.split(':').next().map(str::to_ascii_lowercase);
    canonical_url(url).is_some() && canonical_url(url) == canonical_url(to) && scheme(url) == scheme(to)
}
