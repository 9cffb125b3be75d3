//! Rules for sites that give one resource several addresses. Applying them to their own results changes nothing.

use url::Url;

use super::params::{medium_post, under};

/// Hosts that show another host's pages.
const ALIASES: &[(&str, &str)] = &[
    ("ar5iv.labs.arxiv.org", "ar5iv.org"),
    ("browse.arxiv.org", "arxiv.org"),
    ("dx.doi.org", "doi.org"),
    ("edition.cnn.com", "cnn.com"),
    ("export.arxiv.org", "arxiv.org"),
    ("fixupx.com", "x.com"),
    ("fixvx.com", "x.com"),
    ("fxtwitter.com", "x.com"),
    ("hf.co", "huggingface.co"),
    ("music.youtube.com", "youtube.com"),
    ("new.reddit.com", "reddit.com"),
    ("np.reddit.com", "reddit.com"),
    ("old.reddit.com", "reddit.com"),
    ("sh.reddit.com", "reddit.com"),
    ("twitter.com", "x.com"),
    ("vxtwitter.com", "x.com"),
    ("xcancel.com", "x.com"),
    ("youtube-nocookie.com", "youtube.com"),
];
/// Hosts where people name things as they like, so that no name of a path means a view.
const OWN_NAMES: &[&str] = &["github.com", "gitlab.com", "huggingface.co", "pypi.org", "crates.io", "npmjs.com"];
/// First path segments on Hugging Face that are not a person's name.
const HUB_WORDS: &[&str] = &["docs", "blog", "learn", "collections", "papers", "posts", "tasks", "chat", "api"];

/// The host that an alias is compared as.
pub fn alias(host: &str) -> String {
    let wiki = ["wikipedia.org", "wiktionary.org", "wikimedia.org"].iter().any(|site| under(host, site));
    match ALIASES.iter().find(|(from, _)| *from == host) {
        Some((_, to)) => (*to).to_owned(),
        None if host.starts_with("nitter.") => "x.com".to_owned(),
        None if wiki => host.replacen(".m.", ".", 1),
        None => host.to_owned(),
    }
}

pub fn has_own_names(host: &str) -> bool {
    OWN_NAMES.contains(&host)
}

/// The address that this one wraps: in an AMP cache, or a click-tracking page.
pub fn wrapped(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches("www.");
    let rest = |prefixes: &[(&str, &str)]| {
        let found = prefixes.iter().find_map(|(prefix, scheme)| Some((url.path().strip_prefix(prefix)?, scheme)))?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{}://{}{query}", found.1, found.0)).filter(|_| found.0.contains('.'))
    };
    let parameter = |names: &[&str]| {
        let value = url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()))?.1.into_owned();
        Some(value).filter(|value| value.starts_with("http://") || value.starts_with("https://"))
    };
    let google = host.strip_prefix("google.").is_some_and(|suffix| suffix.len() <= 6);
    match (host, url.path()) {
        _ if google || host == "bing.com" => match url.path() {
            "/url" => parameter(&["q", "url"]),
            _ => rest(&[("/amp/s/", "https"), ("/amp/", "http")]),
        },
        _ if under(host, "cdn.ampproject.org") => {
            rest(&[("/c/s/", "https"), ("/v/s/", "https"), ("/c/", "http"), ("/v/", "http")])
        }
        ("l.facebook.com" | "lm.facebook.com", "/l.php") => parameter(&["u"]),
        ("youtube.com", "/redirect") => parameter(&["q"]),
        _ if under(host, "safelinks.protection.outlook.com") => parameter(&["url"]),
        _ => None,
    }
}

/// The canonical form of a resource with a number or name on its site; `None` for all other addresses.
pub fn known(host: &str, path: &[&str], query: &[String]) -> Option<String> {
    let value = |name: &str| query.iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    if let Some(id) = paper(host, path) {
        return Some(format!("https://arxiv.org/abs/{id}"));
    }
    if let Some(doi) = doi(host, path) {
        return Some(format!("https://doi.org/{doi}"));
    }
    match (host, path) {
        ("youtu.be", [id]) | ("youtube.com", ["embed" | "shorts" | "live" | "v", id]) => video(id),
        ("youtube.com", ["watch"]) => video(value("v")?),
        ("x.com", [_, "status" | "statuses", id, ..] | ["i", "web", "status", id, ..]) => {
            number(id).map(|id| format!("https://x.com/i/status/{id}"))
        }
        ("reddit.com", ["r" | "user", _, "comments", rest @ ..] | ["comments", rest @ ..]) => thread(rest),
        ("redd.it", [id]) => thread(&[id]),
        ("github.com", [owner, name, rest @ ..]) => repository(owner, name, rest),
        ("raw.githubusercontent.com", [owner, name, branch, file @ ..]) if !file.is_empty() => {
            Some(format!("https://github.com/{owner}/{name}/blob/{branch}/{}", file.join("/")))
        }
        ("huggingface.co", [home @ .., "tree", "main"] | [home @ .., "blob", "main", "README.md"]) => {
            Some(format!("https://huggingface.co/{}", home.join("/"))).filter(|_| (1..=3).contains(&home.len()))
        }
        ("openreview.net", ["forum" | "pdf"]) => Some(format!("https://openreview.net/forum?id={}", value("id")?)),
        ("open.substack.com", ["pub", name, rest @ ..]) if plain(name) => {
            Some(format!("https://{name}.substack.com/{}", rest.join("/")))
        }
        ("stackoverflow.com", ["questions" | "q", id, _, ..]) => {
            number(id).map(|id| format!("https://stackoverflow.com/questions/{id}"))
        }
        ("docs.google.com" | "drive.google.com", [kind @ .., "d", id, "edit" | "view" | "preview"]) => {
            Some(format!("https://{host}/{}/d/{id}", kind.join("/"))).filter(|_| kind.len() == 1)
        }
        ("aclanthology.org", [id]) => Some(format!("https://aclanthology.org/{}", id.strip_suffix(".pdf")?)),
        _ if host.starts_with("amazon.") => product(host, path),
        _ if under(host, "medium.com") => post(path),
        _ => None,
    }
}

/// An arXiv identifier without its version, when the page is one of a paper's forms there or at a mirror.
fn paper(host: &str, path: &[&str]) -> Option<String> {
    let rest = match (host, path) {
        ("arxiv.org", ["abs" | "pdf" | "html" | "ps" | "format" | "e-print" | "src", rest @ ..])
        | ("ar5iv.org", ["abs" | "html" | "pdf", rest @ ..])
        | ("alphaxiv.org", ["abs" | "pdf" | "html" | "overview", rest @ ..])
        | ("huggingface.co" | "arxiv-vanity.com", ["papers", rest @ ..])
        | ("scirate.com" | "semanticscholar.org", ["arxiv", rest @ ..]) => rest,
        ("doi.org", ["10.48550", rest]) => {
            return paper_id(rest.get(..6).filter(|arxiv| arxiv.eq_ignore_ascii_case("arxiv.")).and(rest.get(6..))?);
        }
        _ => return None,
    };
    match rest {
        [id] => paper_id(id),
        [archive, number] => {
            let archive = archive.split('.').next().unwrap_or_default();
            let named = !archive.is_empty() && archive.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
            let number = unversioned(number);
            let seven = number.len() == 7 && number.bytes().all(|b| b.is_ascii_digit());
            (named && seven).then(|| format!("{}/{number}", archive.to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// The identifier in use since 2007: four digits, a point, four or five digits.
fn paper_id(text: &str) -> Option<String> {
    let id = unversioned(text);
    let (month, number) = id.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (month.len() == 4 && (4..=5).contains(&number.len()) && digits(month) && digits(number)).then(|| id.to_owned())
}

/// Without the version `v2`, the extension and the full stop of a sentence.
fn unversioned(text: &str) -> &str {
    let text = text.trim_end_matches(['.', ',', ';', ')']);
    let text = text.strip_suffix(".pdf").unwrap_or(text);
    match text.rsplit_once('v') {
        Some((id, version)) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => id,
        _ => text,
    }
}

/// A DOI, which is case-insensitive (DOI Handbook, section 2.4), at its resolver or in a publisher's address.
fn doi(host: &str, path: &[&str]) -> Option<String> {
    let doi = match (host, path) {
        ("doi.org", rest)
        | (_, ["doi", "abs" | "full" | "pdf" | "epdf" | "pdfdirect", rest @ ..] | ["doi", rest @ ..]) => rest.join("/"),
        ("biorxiv.org" | "medrxiv.org", ["content", "10.1101", id]) => {
            let id = id.split(".full").next().unwrap_or_default();
            format!("10.1101/{}", unversioned(id))
        }
        _ => return None,
    };
    let doi = doi.trim_end_matches(['.', ',', ';']);
    let (prefix, suffix) = doi.strip_prefix("10.")?.split_once('/')?;
    let registered = (4..=9).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
    (registered && !suffix.is_empty()).then(|| doi.to_ascii_lowercase())
}

fn video(id: &str) -> Option<String> {
    plain(id).then(|| format!("https://youtube.com/watch?v={id}"))
}

/// A thread on Reddit, or one comment in it.
fn thread(rest: &[&str]) -> Option<String> {
    match rest {
        [id] | [id, _] if plain(id) => Some(format!("https://reddit.com/comments/{id}")),
        [id, _, comment, ..] if plain(id) => Some(format!("https://reddit.com/comments/{id}/comment/{comment}")),
        _ => None,
    }
}

/// The addresses that show a repository's first page, or a pull request.
fn repository(owner: &str, name: &str, rest: &[&str]) -> Option<String> {
    let is_readme = |file: &str| file.to_ascii_lowercase().split('.').next() == Some("readme");
    let bare = name.strip_suffix(".git").filter(|bare| !bare.is_empty()).unwrap_or(name);
    let home = format!("https://github.com/{owner}/{bare}");
    match rest {
        [] if bare != name => Some(home),
        ["pull", number, "files" | "commits" | "checks"] => Some(format!("{home}/pull/{number}")),
        ["tree", "main" | "master" | "HEAD"] => Some(home),
        ["blob", "main" | "master" | "HEAD", file] if is_readme(file) => Some(home),
        _ => None,
    }
}

/// A shop's article by its number.
fn product(host: &str, path: &[&str]) -> Option<String> {
    let at = path.iter().position(|segment| *segment == "dp" || *segment == "product")?;
    let id = path.get(at + 1).filter(|id| id.len() == 10 && plain(id))?;
    Some(format!("https://{host}/dp/{id}"))
}

/// A post on Medium, which keeps its id when it moves between blogs.
fn post(path: &[&str]) -> Option<String> {
    let last = path.last().filter(|last| last.contains('-') || path.first() == Some(&"p"))?;
    Some(format!("https://medium.com/p/{}", medium_post(last)?))
}

/// Lower-cases names that the host treats as case-insensitive.
pub fn ignore_case(host: &str, path: &mut [String]) {
    let (from, to) = match (host, path.first().map(String::as_str)) {
        ("huggingface.co", Some("datasets" | "spaces")) => (1, 3),
        ("huggingface.co", Some(word)) if HUB_WORDS.contains(&word) => return,
        ("github.com" | "gitlab.com" | "huggingface.co" | "pypi.org" | "crates.io" | "reddit.com", _) => (0, 2),
        ("x.com", _) => (0, 1),
        _ => return,
    };
    path.iter_mut().take(to).skip(from).for_each(|name| name.make_ascii_lowercase());
}

fn number(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Whether the text has the form of an id: letters, digits, `-` and `_`.
fn plain(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
