//! Decides whether two URLs are the same resource, by spelling only: fetches nothing and follows no redirects.

mod fragments;
mod params;
mod sites;

pub use params::is_tracking;
use url::Url;

/// Maximum length of a URL to compare, in bytes.
const LONGEST: usize = 8_192;
/// Maximum number of passes over the rules; one or two are usually enough.
const ROUNDS: usize = 8;
/// Host labels for another view of the same pages.
const VIEWS: &[&str] = &["m.", "mobile.", "amp."];
/// Hosts whose subdomains are people or projects, so `m.` and `amp.` may be one of them.
const HOMES: &[&str] = &[
    "github.io",
    "gitlab.io",
    "pages.dev",
    "vercel.app",
    "netlify.app",
    "web.app",
    "hf.space",
    "readthedocs.io",
    "blogspot.com",
    "wordpress.com",
    "substack.com",
    "medium.com",
    "tumblr.com",
];
/// Second labels of national suffixes, as in `co.uk`.
const SECOND: &[&str] = &["co", "com", "net", "org", "ac", "gov", "edu", "or", "ne", "go"];
/// Names of index files, which a folder's address shows.
const INDEX: &[&str] = &["index.html", "index.htm", "index.shtml", "index.xhtml", "index.php", "default.aspx"];

/// The form under which two URLs are the same resource, or `None` when `url` is not an http(s) URL of at most 8,192 bytes.
///
/// It is a URL itself, and its own canonical form: `https`; the host without `www.` and the like; no default port, final
/// slash, index file, anchor (but that of a release or another entry of a page of changes) or tracking parameter; the other parameters in order. AMP and mobile pages, arXiv's versions and mirrors,
/// posts on X, videos, repositories, DOIs and some more have one form each. A fragment that is a route (`#/…`, `#!…`)
/// stays. The form is for comparing: show and open the URL as it was given.
pub fn canonical_url(url: &str) -> Option<String> {
    let mut form = step(url)?;
    // One rule's result may need another rule: an AMP cache's address may contain that of a repository's README.
    for _ in 0..ROUNDS {
        // A host such as `2222222222..` is not valid without its dots.
        let next = step(&form)?;
        if next == form {
            break;
        }
        form = next;
    }
    Some(form)
}

/// The address without parameters that only identify a campaign or a subscriber; the rest stays as given, so that it
/// still opens the page.
pub fn untracked(url: &Url) -> String {
    let mut out = url.clone();
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !params::is_tracking(pair)).collect();
        if kept.len() < query.split('&').count() {
            out.set_query(Some(&kept.join("&")).filter(|query| !query.is_empty()).map(String::as_str));
        }
    }
    out.into()
}

/// A parsed URL; all texts are normalized.
struct Parts {
    host: String,
    /// With its colon; empty for the default one.
    port: String,
    path: Vec<String>,
    query: Vec<String>,
    route: String,
}

fn step(url: &str) -> Option<String> {
    let mut url = parse(url)?;
    // Each nested address is shorter, so this terminates.
    while let Some(inner) = sites::wrapped(&url).filter(|inner| inner.len() < url.as_str().len()) {
        let Some(inner) = parse(&inner) else { break };
        url = inner;
    }
    let mut parts = Parts::of(&url)?;
    let path: Vec<&str> = parts.path.iter().map(String::as_str).collect();
    if let Some(known) = sites::known(&parts.host, &path, &parts.query) {
        return Some(known);
    }
    sites::ignore_case(&parts.host, &mut parts.path);
    drop_views(&parts.host, &mut parts.path);
    parts.query.retain(|pair| !params::is_noise(pair, &parts.host, &parts.path));
    parts.query.sort_unstable();
    parts.query.dedup();
    Some(parts.written())
}

fn parse(url: &str) -> Option<Url> {
    let url = Url::parse(Some(url.trim()).filter(|text| text.len() <= LONGEST)?).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    web.then_some(url)
}

impl Parts {
    fn of(url: &Url) -> Option<Self> {
        let host = host(url.host_str()?);
        let port = url.port().filter(|port| !matches!(port, 80 | 443)).map(|port| format!(":{port}"));
        let path = url.path().split('/').filter(|segment| !segment.is_empty()).map(|s| normal(session_cut(s)));
        Some(Self {
            port: port.unwrap_or_default(),
            path: path.filter(|segment| !segment.is_empty()).collect(),
            query: pairs(url.query().unwrap_or_default()),
            route: route(url.fragment().unwrap_or_default(), url.path()),
            host: Some(host).filter(|host| !host.is_empty())?,
        })
    }

    fn written(&self) -> String {
        let mut out = format!("https://{}{}", self.host, self.port);
        for segment in &self.path {
            out.push('/');
            out.push_str(segment);
        }
        if !self.query.is_empty() {
            // Without the slash, an address with a `?` right after host and port could not be parsed again.
            out.push('?');
            out.push_str(&self.query.join("&"));
        }
        if !self.route.is_empty() {
            out.push('#');
            out.push_str(&self.route);
        }
        out
    }
}

/// The host without insignificant labels. The parser has already made it lower case and converted it to IDN A-labels.
fn host(host: &str) -> String {
    let mut host = host.trim_matches('.');
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')).or_else(|| viewed(host)) {
        host = rest.trim_matches('.');
    }
    sites::alias(host)
}

/// The host after `m.` and the like, if that is a site and not a public suffix.
fn viewed(host: &str) -> Option<&str> {
    let rest = VIEWS.iter().find_map(|view| host.strip_prefix(view))?;
    let (first, suffix) = rest.split_once('.')?;
    let is_suffix = suffix.len() == 2 && SECOND.contains(&first);
    (!is_suffix && !HOMES.contains(&rest)).then_some(rest)
}

/// Takes off the path what only chooses the view: `/amp`, an index file, and the full stop of a sentence around the link, and again
/// what then stands at the end.
fn drop_views(host: &str, path: &mut Vec<String>) {
    let size = |path: &[String]| (path.len(), path.last().map(String::len));
    loop {
        let before = size(path);
        drop_view(host, path);
        if size(path) == before {
            break;
        }
    }
}

fn drop_view(host: &str, path: &mut Vec<String>) {
    // Encyclopedias have pages whose names end in a full stop.
    if !host.ends_with("wikipedia.org")
        && let Some(last) = path.last_mut()
    {
        let end = last.trim_end_matches(['.', ',', ';']).len();
        last.truncate(end);
    }
    if !sites::has_own_names(host) {
        let story = |segment: &str| {
            let joints = segment.bytes().filter(|b| matches!(b, b'-' | b'_')).count();
            let digits = segment.bytes().filter(u8::is_ascii_digit).count();
            joints >= 2 || digits >= 4 || segment.contains(".htm")
        };
        match path.as_slice() {
            [.., before, last] if last == "amp" && story(before) => drop(path.pop()),
            [first, .., last] if first == "amp" && path.len() > 2 && story(last) => drop(path.remove(0)),
            _ => {}
        }
        if let Some(last) = path.last_mut() {
            if let Some(rest) = last.strip_suffix(".amp.html") {
                *last = format!("{rest}.html");
            } else if let Some(rest) = last.strip_suffix(".amp") {
                last.truncate(rest.len());
            }
        }
    }
    if path.last().is_some_and(|last| last.is_empty() || INDEX.iter().any(|name| last.eq_ignore_ascii_case(name))) {
        path.pop();
    }
}

/// A path segment without a session id: `page;jsessionid=1F` is `page`.
fn session_cut(segment: &str) -> &str {
    match segment.split_once(';') {
        Some((page, rest)) if rest.to_ascii_lowercase().starts_with("jsessionid") => page,
        _ => segment,
    }
}

/// The pairs of a query: `a` and `a=` are one, a space is `%20`, and a page's `&amp;` is an `&`.
fn pairs(query: &str) -> Vec<String> {
    let pair = |text: &str| {
        let mut text = text;
        while let Some(rest) = text.strip_prefix("amp;").filter(|rest| !rest.is_empty()) {
            text = rest;
        }
        let text = normal(&text.replace('+', "%20"));
        text.strip_suffix('=').filter(|name| !name.contains('=')).map_or(text.clone(), str::to_owned)
    };
    query.split('&').map(pair).filter(|text| !text.is_empty()).collect()
}

/// The fragment if a page's script takes it for a place of its own, or if it names an entry of the page; another anchor inside one page
/// is nothing.
fn route(fragment: &str, path: &str) -> String {
    // Some feeds write the anchor twice: `#1.2#1.2`.
    let anchor = fragment.split('#').next().unwrap_or_default();
    if fragments::names_entry(anchor, path) {
        return normal(anchor);
    }
    let body = fragment.trim_start_matches(['!', '/']);
    if body.is_empty() || !fragment.starts_with(['!', '/']) {
        return String::new();
    }
    let (place, query) = fragment.split_once('?').unwrap_or((fragment, ""));
    let mut kept = pairs(query);
    kept.retain(|pair| !params::is_tracking(pair));
    kept.sort_unstable();
    let place = normal(place.trim_end_matches('/'));
    if kept.is_empty() { place } else { format!("{place}?{}", kept.join("&")) }
}

/// Normalizes percent-encoding: only where needed, and with upper-case digits (RFC 3986, section 6.2.2). Brackets,
/// commas and colons need none either: servers take `Mercury_(planet)` and `Mercury_%28planet%29` for one page.
fn normal(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        rest = match byte {
            None => {
                out.push('%');
                after
            }
            Some(byte) => {
                if byte.is_ascii_alphanumeric() || b"-._~!'()*,:@".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                after.get(2..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
