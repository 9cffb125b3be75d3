//! Whether a form was sent by a page of another site: by Fetch Metadata (<https://www.w3.org/TR/fetch-metadata/>), or by the Origin
//! header of an older browser. Knows no page but those that others may post to.

use axum::extract::Request;
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Pages that other sites may post to: the sign-up from a publisher's own site, and a mail program's button (RFC 8058).
const OPEN: [&str; 2] = ["/subscribe", "/unsubscribe/"];

/// Refuses a form of another site, unless others may post to that page.
pub async fn own_forms(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_open = OPEN.iter().any(|open| path == *open || open.ends_with('/') && path.starts_with(open));
    if request.method() == Method::POST && !is_open && is_foreign(&request) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

fn is_foreign(request: &Request) -> bool {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    // Our own pages send no referrer, so their forms have an opaque origin.
    let Some(origin) = header(header::ORIGIN).filter(|origin| *origin != "null") else { return false };
    origin.split_once("://").map(|(_, host)| host) != header(header::HOST)
}
