//! Whether a request may be a person's, by its headers. How a network follows links is checked elsewhere. Knows no page.

use axum::http::{HeaderMap, header};

/// User-agent substrings of link scanners and of the libraries they are built on, in lower case.
const PROGRAMS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "scan",
    "preview",
    "prefetch",
    "fetch",
    "monitor",
    "uptime",
    "validat",
    "linkcheck",
    "archiv",
    "feed",
    "curl",
    "wget",
    "python",
    "perl",
    "php",
    "ruby",
    "java/",
    "go-http",
    "okhttp",
    "axios",
    "httpclient",
    "http-client",
    "headless",
    "phantom",
    "selenium",
    "puppeteer",
    "playwright",
    "facebookexternalhit",
    "whatsapp",
    "mediapartners",
    "existence discovery",
    "proofpoint",
    "barracuda",
    "mimecast",
    "symantec",
    "messagelabs",
    "cloudmark",
    "trendmicro",
    "trend micro",
    "fortinet",
    "fortiguard",
    "sophos",
    "forcepoint",
    "zscaler",
    "ironport",
    "virustotal",
    "urlscan",
];
/// Names of phones and browsers that contain one of these by chance.
const NOT_PROGRAMS: &[&str] = &["cubot"];
/// Headers by which browsers and mail programs mark a prefetch.
const AHEAD: &[&str] = &["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether a person may have requested a page: the program shows pages, does not call itself a robot, and is not prefetching.
pub fn may_be_person(headers: &HeaderMap) -> bool {
    shows_pages(headers) && !is_program(headers) && !looks_ahead(headers) && goes_there(headers)
}

/// Every value of a header, in lower case; a value that is not text is empty.
fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = String> + 'h {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase())
}

/// A browser that follows a link asks for text/html by name; a program that takes anything says `*/*`, or nothing.
fn shows_pages(headers: &HeaderMap) -> bool {
    values(headers, header::ACCEPT.as_str()).any(|list| {
        list.split(',')
            .any(|kind| matches!(kind.split(';').next().map(str::trim), Some("text/html" | "application/xhtml+xml")))
    })
}

fn is_program(headers: &HeaderMap) -> bool {
    let mut agents = values(headers, header::USER_AGENT.as_str()).peekable();
    agents.peek().is_none()
        || agents.any(|agent| {
            let agent = NOT_PROGRAMS.iter().fold(agent, |agent, name| agent.replace(name, ""));
            agent.trim().is_empty() || PROGRAMS.iter().any(|program| agent.contains(program))
        })
}

fn looks_ahead(headers: &HeaderMap) -> bool {
    let words = ["prefetch", "preview", "prerender"];
    AHEAD.iter().any(|name| values(headers, name).any(|value| words.iter().any(|word| value.contains(word))))
}

/// Fetch Metadata, if the browser sends it: only the navigation of a page is a click.
fn goes_there(headers: &HeaderMap) -> bool {
    values(headers, "sec-fetch-mode").all(|mode| mode.trim() == "navigate")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn asks(headers: &[(&str, &str)]) -> bool {
        let header = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"))
        };
        may_be_person(&headers.iter().map(header).collect())
    }

    #[test]
    fn browsers_are_people() {
        for agent in [
            FIREFOX,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
            "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
            "Lynx/2.9.0dev.12 libwww-FM/2.14",
            "w3m/0.5.3+git20230121",
        ] {
            assert!(asks(&[("user-agent", agent), ("accept", HTML)]), "{agent}");
        }
        assert!(asks(&[("user-agent", FIREFOX), ("accept", "TEXT/HTML ; q=1"), ("sec-fetch-mode", "navigate")]));
        assert!(asks(&[("user-agent", FIREFOX), ("accept", "image/png"), ("accept", HTML)]));
    }

    #[test]
    fn programs_and_those_who_look_ahead_are_not() {
        for agent in [
            "",
            "  ",
            "curl/8.5.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
            "Microsoft Office Existence Discovery",
            "python-requests/2.32.3",
            "Go-http-client/2.0",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36",
            "BarracudaCentral",
            "Cubot and Googlebot",
        ] {
            assert!(!asks(&[("user-agent", agent), ("accept", HTML)]), "{agent}");
        }
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "Prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-mode", "cors"),
        ] {
            assert!(!asks(&[("user-agent", FIREFOX), ("accept", HTML), (name, value)]), "{name}: {value}");
        }
        for accept in ["*/*", "", "image/avif,image/webp", "application/json", "text/html-not"] {
            assert!(!asks(&[("user-agent", FIREFOX), ("accept", accept)]), "{accept}");
        }
        assert!(!asks(&[("user-agent", FIREFOX)]) && !asks(&[("accept", HTML)]) && !asks(&[]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_a_program_stays_one(before in ".{0,40}", after in ".{0,40}", bytes in prop::collection::vec(32u8..=255, 0..80)) {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(HTML));
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert("sec-purpose", value.clone());
                headers.append(header::ACCEPT, value);
            }
            if let Ok(value) = HeaderValue::from_str(&format!("{before}Googlebot{after}")) {
                headers.insert(header::USER_AGENT, value);
            }
            prop_assert!(!may_be_person(&headers));
        }
    }
}
