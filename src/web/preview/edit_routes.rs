//! Editing over HTTP. The path must contain the key of this run, and a change must be a POST of JSON from the page's own origin,
//! so that no page of another site can send one: not by a form, a script or a host name made to point here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answers::{self, JSON, TEXT_POLICY};
use super::assets;
use super::edit::{Act, Change, Earlier, EditRequest, EditResponse, EditService, Wanted};

/// The largest body that is read, in bytes. No text of an issue is longer: Gmail shows 102,400 bytes of all of it.
const BODY: usize = 256 * 1024;

/// What follows the `?`.
#[derive(Debug, Deserialize)]
struct About {
    #[serde(default)]
    issue: String,
    #[serde(default)]
    with: Option<Earlier>,
}

/// The JSON body of a change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    issue: String,
    change: Change,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActBody {
    issue: String,
    act: Act,
}

/// The service, and whether the one-time address was used.
struct Editing {
    service: EditService,
    opened: AtomicBool,
}

type Service = State<Arc<Editing>>;

/// The routes below `/KEY/`.
pub fn routes(service: EditService) -> Router {
    Router::new()
        .route("/{key}/", get(page))
        .route("/{key}/draft", get(draft))
        .route("/{key}/candidates", get(candidates))
        .route("/{key}/subjects", get(subjects))
        .route("/{key}/compare", get(compare))
        .route("/{key}/change", post(change))
        .route("/{key}/act", post(act))
        .with_state(Arc::new(Editing { service, opened: AtomicBool::new(false) }))
}

async fn page(State(editing): Service, Path(key): Path<String>) -> Response {
    let service = &editing.service;
    if is_key(&service.key, &key) {
        assets::page(true)
    } else if is_key(&service.once, &key) && !editing.opened.swap(true, Ordering::SeqCst) {
        Redirect::to(&format!("/{}/", service.key)).into_response()
    } else {
        unknown()
    }
}

async fn draft(editing: Service, key: Path<String>, Query(about): Query<About>) -> Response {
    answer(editing, &key, about.issue, Wanted::Draft).await
}

async fn candidates(editing: Service, key: Path<String>, Query(about): Query<About>) -> Response {
    answer(editing, &key, about.issue, Wanted::Candidates).await
}

async fn subjects(editing: Service, key: Path<String>, Query(about): Query<About>) -> Response {
    answer(editing, &key, about.issue, Wanted::Subjects).await
}

async fn compare(editing: Service, key: Path<String>, Query(about): Query<About>) -> Response {
    let earlier = about.with.unwrap_or(Earlier::Proposed);
    answer(editing, &key, about.issue, Wanted::Compare(earlier)).await
}

async fn change(editing: Service, key: Path<String>, request: Request) -> Response {
    match posted::<ChangeBody>(&editing.service.key, &key, request).await {
        Ok(ChangeBody { issue, change }) => answer(editing, &key, issue, Wanted::Change(change)).await,
        Err(refusal) => refusal,
    }
}

async fn act(editing: Service, key: Path<String>, request: Request) -> Response {
    match posted::<ActBody>(&editing.service.key, &key, request).await {
        Ok(ActBody { issue, act }) => answer(editing, &key, issue, Wanted::Act(act)).await,
        Err(refusal) => refusal,
    }
}

/// The body of a POST with the right key, from this page.
async fn posted<T: DeserializeOwned>(key: &str, shown: &str, request: Request) -> Result<T, Response> {
    if !is_key(key, shown) {
        return Err(unknown());
    }
    if !is_from_here(request.headers()) {
        let why = "only the page itself may change something: `Origin` must be its own\n";
        return Err((StatusCode::FORBIDDEN, why).into_response());
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // A form of another site can send text/plain, but not JSON.
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json\n").into_response());
    }
    let body: Bytes = axum::body::to_bytes(Body::new(request.into_body()), BODY)
        .await
        .map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n").into_response())?;
    serde_json::from_slice(&body).map_err(|why| {
        let trouble = json!({"troubles": [{"message": format!("the request is not understood: {why}")}]});
        reply(StatusCode::BAD_REQUEST, &trouble)
    })
}

async fn answer(State(editing): Service, key: &str, issue: String, what: Wanted) -> Response {
    if !is_key(&editing.service.key, key) {
        return unknown();
    }
    let request = EditRequest { issue, what };
    let handled = tokio::task::spawn_blocking(move || (editing.service.handle)(&request)).await;
    match handled {
        Ok(EditResponse::Done(value)) => reply(StatusCode::OK, &value),
        Ok(EditResponse::Conflict(value)) => reply(StatusCode::CONFLICT, &value),
        Ok(EditResponse::Refused(troubles)) => {
            reply(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "troubles": troubles }))
        }
        Ok(EditResponse::Unknown) => (StatusCode::NOT_FOUND, "there is no such issue\n").into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "it failed; digest's own output says why\n").into_response(),
    }
}

fn reply(status: StatusCode, value: &Value) -> Response {
    (status, answers::page(TEXT_POLICY, JSON, value.to_string())).into_response()
}

/// The answer to a wrong key reveals nothing, not even that there is a right one.
fn unknown() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// Compares the key in constant time, so that the timing does not reveal how much of it is right.
fn is_key(key: &str, shown: &str) -> bool {
    let differ = key.bytes().zip(shown.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    !key.is_empty() && key.len() == shown.len() && differ == 0
}

/// Whether the page at this very Host sent the request. Browsers send `Origin` with every POST (Fetch, "append a
/// request `Origin` header"); a request without it is not from a browser, and is refused too.
fn is_from_here(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next().and_then(|origin| origin.to_str().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = origin.zip(host).is_some_and(|(origin, host)| origin == format!("http://{host}"));
    let site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    is_own && site && origins.next().is_none()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_the_page_itself_may_change_something() {
        let headers = |all: &[(&'static str, &'static str)]| {
            let pairs = all.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
            let mut headers = HeaderMap::new();
            pairs.for_each(|(name, value)| {
                headers.append(name, value);
            });
            headers
        };
        let host = ("host", "127.0.0.1:4477");
        let own = ("origin", "http://127.0.0.1:4477");
        assert!(is_from_here(&headers(&[host, own])));
        assert!(is_from_here(&headers(&[host, own, ("sec-fetch-site", "same-origin")])));
        for wrong in [
            &[host][..],
            &[own],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://127.0.0.1:4477")],
            &[host, ("origin", "http://127.0.0.1:4478")],
            &[host, ("origin", "http://localhost:4477")],
            &[host, ("origin", "http://127.0.0.1:4477.evil.example")],
            &[host, ("origin", "http://evil.example")],
            &[host, own, ("origin", "http://evil.example")],
            &[host, own, ("sec-fetch-site", "same-site")],
            &[host, own, ("sec-fetch-site", "none")],
        ] {
            assert!(!is_from_here(&headers(wrong)), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_is_the_whole_key() {
        for (key, shown, right) in
            [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("abc", "abcd", false), ("", "", false)]
        {
            assert_eq!(is_key(key, shown), right, "{key} {shown}");
        }
    }
}
