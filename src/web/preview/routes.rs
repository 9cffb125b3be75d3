//! The preview over HTTP: who may send requests, which ones, and with which headers they are answered. Nothing here changes
//! anything, and nothing may be cached.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Router, response};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::answers::{JSON, MAIL_POLICY, TEXT_POLICY, page, plain};
use super::{PreviewRequest, PreviewService, View, assets, clip, edit_routes, invert, scheme, state};

/// How long a page waits for a change before it asks again.
const PATIENCE: Duration = Duration::from_secs(25);
/// The most pages that may wait at the same time.
const WAITING: usize = 32;
/// The longest query that is read, in bytes: an issue's name, an address of at most 254 octets (RFC 5321 §4.5.3.1.3) and
/// switches, percent-encoded.
const QUERY: usize = 2_000;

struct Room {
    service: PreviewService,
    waiting: Semaphore,
}

/// What follows the `?`.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    issue: Option<String>,
    #[serde(rename = "as")]
    subscriber: Option<String>,
    /// Answer once the version differs from this one.
    after: Option<u64>,
    look: Option<String>,
    pictures: Option<String>,
}

/// Serves the preview to browsers on this machine until `stop` is ready, which also releases waiting pages.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    service: PreviewService,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let editing = service.editing.clone().map(edit_routes::routes);
    let room = Arc::new(Room { service, waiting: Semaphore::new(WAITING) });
    let router = Router::new()
        .route("/", get(async || assets::page(false)))
        .route("/page/{name}", get(assets::file))
        .route("/state", get(follow))
        .route("/mail", get(mail))
        .route("/html", get(html))
        .route("/text", get(text))
        .route("/message", get(message))
        .route("/draft", get(draft))
        .with_state(room)
        .merge(editing.unwrap_or_default())
        .layer(middleware::from_fn(guard));
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    tokio::select! {
        served = axum::serve(listener, router) => served,
        () = stop => Ok(()),
    }
}

/// Lets in requests that a browser on this machine makes for its user, but none of another site: neither by a name made to
/// point here (DNS rebinding), nor by a frame, a form or a script.
async fn guard(request: Request, next: Next) -> Result<Response, Infallible> {
    let refusal = if !is_local(request.headers(), request.uri().authority().map(axum::http::uri::Authority::as_str)) {
        Some((StatusCode::FORBIDDEN, "this page is served to 127.0.0.1 and localhost only\n"))
    } else if !is_own(request.headers()) {
        Some((StatusCode::FORBIDDEN, "another site asked for this page; open it by its address\n"))
    } else if ![Method::GET, Method::POST].contains(request.method()) {
        Some((StatusCode::METHOD_NOT_ALLOWED, "GET, or POST to edit\n"))
    } else if request.uri().query().is_some_and(|query| query.len() > QUERY) {
        Some((StatusCode::URI_TOO_LONG, "the query is too long\n"))
    } else {
        None
    };
    let mut answer = match refusal {
        Some((status, why)) => (status, why).into_response(),
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(TEXT_POLICY));
    Ok(answer)
}

/// Whether the request names this machine, in its one Host header and, in absolute form, in its target too.
fn is_local(headers: &HeaderMap, target: Option<&str>) -> bool {
    let local = |host: &str| {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    host.is_some_and(local) && hosts.next().is_none() && target.is_none_or(local)
}

/// Whether Fetch Metadata says that the user or our own page sent the request. Old browsers and scripts send none.
fn is_own(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "none" || site == "same-origin")
}

type Answer = response::Result<Response>;

/// The current state; with `after`, as soon as it changes, or 204 if it does not change for a while.
async fn follow(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    if let Some(after) = wish.after {
        let Ok(_seat) = room.waiting.try_acquire() else {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "too many pages wait already\n").into());
        };
        let mut changes = room.service.changes.clone();
        let other = changes.wait_for(|version| *version != after);
        if tokio::time::timeout(PATIENCE, other).await.is_err() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    let view = look(&room, &wish).await?;
    Ok(page(TEXT_POLICY, JSON, state::json(&view).to_string()))
}

/// The mail as a page for a frame: in light, dark or inverted colours or without its style sheet, with pictures or without.
async fn mail(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    let proof = proof(&room, &wish).await?;
    let html = clip::mark(&proof.html, clip::LIMIT);
    // Pictures of the publication's own folder are not on a server yet.
    let own = |html: String, (url, data): &(String, String)| {
        html.replace(&format!("src=\"{url}\""), &format!("src=\"{data}\""))
    };
    let html = proof.pictures.iter().fold(html, own);
    let html = match wish.look.as_deref() {
        Some("plain") => scheme::plain(&html),
        Some("dark") => scheme::force(&html, true),
        Some("inverted") => invert::invert(&scheme::force(&html, false)),
        _ => scheme::force(&html, false),
    };
    let pictures = if wish.pictures.as_deref() == Some("on") { "https: http: data:" } else { "'none'" };
    let policy =
        HeaderValue::try_from(format!("{MAIL_POLICY}{pictures}")).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], html).into_response())
}

async fn html(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    Ok(plain(proof(&room, &wish).await?.html))
}

async fn text(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    Ok(plain(proof(&room, &wish).await?.text))
}

async fn message(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    Ok(plain(proof(&room, &wish).await?.message))
}

async fn draft(State(room): State<Arc<Room>>, Query(wish): Query<Wish>) -> Answer {
    let draft = look(&room, &wish).await?.draft;
    Ok(plain(draft.ok_or((StatusCode::NOT_FOUND, "there is no such draft\n"))?.text))
}

async fn proof(room: &Arc<Room>, wish: &Wish) -> response::Result<super::Proof> {
    Ok(look(room, wish).await?.proof.ok_or((StatusCode::NOT_FOUND, "nothing has been rendered yet\n"))?)
}

async fn look(room: &Arc<Room>, wish: &Wish) -> response::Result<View> {
    let request = PreviewRequest { issue: wish.issue.clone(), subscriber: wish.subscriber.clone() };
    let room = Arc::clone(room);
    let look = tokio::task::spawn_blocking(move || (room.service.handle)(&request));
    Ok(look
        .await
        .map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "rendering failed; digest's own output says why\n"))?)
}

#[cfg(test)]
mod tests;
