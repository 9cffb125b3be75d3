//! The headers of every public page, and how long and large a request may be. Knows no page.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Limits on what strangers may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most that a form may hold, in bytes.
    pub body: usize,
    /// The most that a request's head may hold, in bytes.
    pub head: usize,
    /// A request's head must arrive within this time from the connection's start or the previous request.
    pub head_time: Duration,
    /// A request is answered within this time, or not at all.
    pub patience: Duration,
    /// A connection takes no further request after this time, and ends [`Limits::grace`] later even if its client reads no answer.
    pub life: Duration,
    /// How long requests in flight may take after a stop was requested.
    pub grace: Duration,
    /// The most simultaneous connections; others wait in the system's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            head: 64 * 1024,
            head_time: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            life: Duration::from_mins(2),
            grace: Duration::from_secs(10),
            connections: 512,
        }
    }
}

/// One style sheet and pictures of our own, and forms to ourselves; no script, no frame, nothing from elsewhere. Nothing here connects
/// by itself, but a browser's own tools, such as Lighthouse, read robots.txt as if the page did.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

pub async fn guard(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let unlisted = ["/confirm/", "/unsubscribe/", "/preferences/", "/move/", "/poll/"]
        .iter()
        .any(|page| request.uri().path().starts_with(page));
    let answer = tokio::time::timeout(limits.patience, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if unlisted {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    }
    answer
}
