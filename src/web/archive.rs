//! Past issues over HTTP: the list, each issue and the feed, with what caches need to know (RFC 9110 §13, RFC 9111). Knows no
//! store; an [`ArchiveService`] answers the requests. GET and HEAD only; they change nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, NaiveDateTime, Utc};

use crate::model::IssueName;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArchiveRequest {
    Index,
    Issue(IssueName),
    Feed,
    /// sitemap.xml and robots.txt, for search engines.
    Sitemap,
    Robots,
}

/// A page that is ready to be sent.
#[derive(Clone, Debug)]
pub struct ArchiveResponse {
    pub body: Bytes,
    /// Hex digits that differ for different bytes.
    pub hash: String,
    /// When what it shows changed last.
    pub modified: DateTime<Utc>,
}

/// Answers an [`ArchiveRequest`]: `None` when there is no such page. It may take some milliseconds, and is never called on a runtime's
/// thread. The reason for a failure goes into the log, not to the visitor.
pub type ArchiveHandler = Arc<dyn Fn(&ArchiveRequest) -> anyhow::Result<Option<Arc<ArchiveResponse>>> + Send + Sync>;

/// A picture of the publication.
#[derive(Clone, Debug)]
pub struct PictureFile {
    /// Its media type.
    pub kind: &'static str,
    pub bytes: Bytes,
}

/// Finds a picture by its file's name.
pub type PictureHandler = Arc<dyn Fn(&str) -> Option<PictureFile> + Send + Sync>;

/// Where the pages get what they show.
#[derive(Clone)]
pub struct ArchiveService {
    pub handle: ArchiveHandler,
    pub picture: PictureHandler,
    /// What browsers show beside a page's title.
    pub icon: PictureFile,
    /// Asks search engines to list none of the pages.
    pub noindex: bool,
}

/// A page like the others: our own style sheet and pictures, and nothing else.
const OWN: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
                   form-action 'none'; frame-ancestors 'none'";
/// An issue may show pictures from other hosts.
const ISSUE: &str = "default-src 'none'; style-src 'self'; img-src 'self' https:; connect-src 'self'; base-uri 'none'; \
                     form-action 'none'; frame-ancestors 'none'";
/// A correction is visible after five minutes at most, and a cache revalidates an older page before it shows it.
const CACHE: &str = "public, max-age=300, must-revalidate";
/// A picture in an old mail never changes.
const PICTURE_CACHE: &str = "public, max-age=86400";
const HTML: &str = "text/html; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
/// RFC 9110 §5.6.7, the only form that may be written; a header in an older form is ignored.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// The routes of the archive.
pub fn router(service: ArchiveService) -> Router {
    Router::new()
        .route("/archive", get(index))
        .route("/archive/{issue}", get(issue))
        .route("/feed.xml", get(feed))
        .route("/sitemap.xml", get(sitemap))
        .route("/robots.txt", get(robots))
        .route("/icon", get(icon))
        .route("/favicon.ico", get(icon))
        .route("/pictures/{file}", get(picture))
        .with_state(service)
}

async fn index(State(service): State<ArchiveService>, headers: HeaderMap) -> Response {
    show(service, ArchiveRequest::Index, &headers, HTML).await
}

async fn feed(State(service): State<ArchiveService>, headers: HeaderMap) -> Response {
    show(service, ArchiveRequest::Feed, &headers, ATOM).await
}

async fn sitemap(State(service): State<ArchiveService>, headers: HeaderMap) -> Response {
    show(service, ArchiveRequest::Sitemap, &headers, XML).await
}

async fn robots(State(service): State<ArchiveService>, headers: HeaderMap) -> Response {
    show(service, ArchiveRequest::Robots, &headers, PLAIN).await
}

async fn icon(State(service): State<ArchiveService>) -> Response {
    file(service.icon)
}

async fn issue(State(service): State<ArchiveService>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match strict(&name) {
        Some(name) => show(service, ArchiveRequest::Issue(name), &headers, HTML).await,
        None => missing(),
    }
}

async fn picture(State(service): State<ArchiveService>, Path(file): Path<String>) -> Response {
    let find = Arc::clone(&service.picture);
    let found = tokio::task::spawn_blocking(move || find(&file)).await.ok().flatten();
    found.map_or_else(missing, self::file)
}

fn file(found: PictureFile) -> Response {
    let mut answer = ([(header::CONTENT_TYPE, found.kind)], Body::from(found.bytes)).into_response();
    for (name, value) in [
        (header::CACHE_CONTROL, PICTURE_CACHE),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Webmail shows the mail on another site's page.
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// An issue's name in its canonical spelling; nothing else reaches a store or a path.
pub(super) fn strict(text: &str) -> Option<IssueName> {
    text.parse().ok().filter(|name: &IssueName| name.to_string() == text)
}

async fn show(service: ArchiveService, request: ArchiveRequest, headers: &HeaderMap, kind: &'static str) -> Response {
    let look = Arc::clone(&service.handle);
    let policy = if matches!(request, ArchiveRequest::Issue(_)) { ISSUE } else { OWN };
    let found = tokio::task::spawn_blocking(move || look(&request)).await.map_err(anyhow::Error::from).flatten();
    let mut answer = match found {
        Ok(Some(response)) => page(&response, headers, kind, policy),
        Ok(None) => missing(),
        Err(why) => {
            tracing::error!("a page of the archive cannot be shown: {why:#}");
            let sorry = "The archive cannot be read at the moment. Try again later.\n";
            let mut answer = (StatusCode::INTERNAL_SERVER_ERROR, sorry).into_response();
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
    };
    if service.noindex {
        answer.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    }
    answer
}

/// The page, or 304 when the visitor has it already.
fn page(response: &ArchiveResponse, headers: &HeaderMap, kind: &'static str, policy: &'static str) -> Response {
    let tag = format!("\"{}\"", response.hash);
    let mut answer = if is_known(headers, &tag, response.modified) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], Body::from(response.body.clone())).into_response()
    };
    let modified = response.modified.format(HTTP_DATE).to_string();
    for (name, value) in [(header::ETAG, tag), (header::LAST_MODIFIED, modified)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    for (name, value) in [
        (header::CACHE_CONTROL, CACHE),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Whether the visitor's copy is current: by its tag or, only without a tag, by its date (RFC 9110 §13.1.2, §13.1.3).
fn is_known(headers: &HeaderMap, tag: &str, modified: DateTime<Utc>) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let same = |known: &str| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag;
        return tags.filter_map(|list| list.to_str().ok()).any(|list| list.split(',').map(str::trim).any(same));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|since| since.to_str().ok());
    let since = since.and_then(|since| NaiveDateTime::parse_from_str(since, HTTP_DATE).ok());
    since.is_some_and(|since| modified.timestamp() <= since.and_utc().timestamp())
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "public, max-age=60")], "There is no such page.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(HeaderName, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value"))).collect()
    }

    #[test]
    fn a_visitor_who_has_the_page_is_told_so() {
        let modified = DateTime::from_timestamp_millis(1_764_054_000_900).expect("a time");
        let same = modified.format(HTTP_DATE).to_string();
        for (known, sent) in [
            (true, vec![(header::IF_NONE_MATCH, "\"abc\"")]),
            (true, vec![(header::IF_NONE_MATCH, "W/\"abc\"")]),
            (true, vec![(header::IF_NONE_MATCH, "\"x\", \"abc\"")]),
            (true, vec![(header::IF_NONE_MATCH, "*")]),
            (false, vec![(header::IF_NONE_MATCH, "\"abcd\"")]),
            (false, vec![(header::IF_NONE_MATCH, "abc")]),
            // A tag overrules a date.
            (false, vec![(header::IF_NONE_MATCH, "\"x\""), (header::IF_MODIFIED_SINCE, &same)]),
            (true, vec![(header::IF_MODIFIED_SINCE, &same)]),
            (true, vec![(header::IF_MODIFIED_SINCE, "Fri, 01 Jan 2077 00:00:00 GMT")]),
            (false, vec![(header::IF_MODIFIED_SINCE, "Sat, 01 Nov 2025 00:00:00 GMT")]),
            (false, vec![(header::IF_MODIFIED_SINCE, "yesterday")]),
            (false, vec![]),
        ] {
            assert_eq!(is_known(&headers(&sent), "\"abc\"", modified), known, "{sent:?}");
        }
    }

    #[test]
    fn an_issue_has_one_spelling_and_no_path() {
        assert!(strict("2026-11-25-midweek").is_some());
        for name in [
            "",
            "..",
            "2026-11-25",
            "2026-11-25-",
            "2026-11-25-Midweek",
            "2026-11-25-mid/week",
            "2026-11-25-../x",
            "+2026-1-25-midweek",
            "2026-11-25-midweek/",
            "2026-11-25-mid%2fweek",
            "2026-11-25-midweek\0",
            " 2026-11-25-midweek",
            "2026-13-25-midweek",
        ] {
            assert!(strict(name).is_none(), "{name:?}");
        }
    }
}
