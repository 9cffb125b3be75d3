//! `/go/ISSUE/KEY`: redirects a counted link to its page. Knows no store and counts nothing; a [`ClickService`] says where a key leads and
//! gets each click that may be a person's. Only issue and key decide where a request goes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Caller, scanner};
use crate::model::IssueName;
use crate::web::archive;

/// A visitor who may be a person, by network: 192.0.2.0/24 or `2001:db8::/48`.
pub type Visitor = String;

/// Says where a key of an issue leads, if anywhere, and notes the visitor if there is one. It may take some milliseconds, and is never
/// called on a runtime's thread.
pub type Follow = Arc<dyn Fn(&IssueName, &str, Option<Visitor>) -> anyhow::Result<Option<String>> + Send + Sync>;

/// Where links lead.
#[derive(Clone)]
pub struct ClickService {
    pub follow: Follow,
}

/// The route of counted links.
pub fn router(service: ClickService) -> Router {
    Router::new().route("/go/{issue}/{key}", get(go)).with_state(service)
}

async fn go(
    State(service): State<ClickService>,
    Path((issue, key)): Path<(String, String)>,
    method: Method,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    let Some(issue) = archive::strict(&issue) else { return StatusCode::NOT_FOUND.into_response() };
    let visitor = (method == Method::GET && scanner::may_be_person(&headers)).then_some(caller.site);
    let follow = Arc::clone(&service.follow);
    let found = tokio::task::spawn_blocking(move || follow(&issue, &key, visitor)).await;
    match found.map_err(anyhow::Error::from).flatten() {
        Ok(Some(url)) => on_to(&url),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::error!("a link cannot be followed: {why:#}");
            (StatusCode::SERVICE_UNAVAILABLE, "The link cannot be looked up at the moment. Try again later.\n")
                .into_response()
        }
    }
}

/// 302, so that nobody caches the redirect: only the approved address decides where a link leads.
fn on_to(url: &str) -> Response {
    let on_web = url.starts_with("https://") || url.starts_with("http://");
    let Some(location) = HeaderValue::try_from(url).ok().filter(|_| on_web) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow")),
    ];
    (StatusCode::FOUND, axum::response::AppendHeaders(headers)).into_response()
}
