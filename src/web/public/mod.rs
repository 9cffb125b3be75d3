//! The public pages over HTTP: sign up, confirm, leave, choose. Knows no store and no template; a [`PublicService`] answers the requests.
//! GET and HEAD only read a page; only a POST asks for a change. A click on a counted link increments a number, nothing more.

mod caller;
mod confirm;
pub mod go;
mod guard;
mod home;
mod leave;
mod lost;
mod origin;
mod poll;
mod preferences;
mod scanner;
mod server;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use crate::model::IssueName;

pub use caller::Caller;
pub use guard::Limits;
pub use server::serve;

/// The fields of a form: names and values as received, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// Reads application/x-www-form-urlencoded.
    pub fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a name; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How a subscriber left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The button on the page.
    Button,
    /// A mail program's own button (RFC 8058).
    OneClick,
    /// Another button on the page: stop one edition, and change nothing else.
    Edition(String),
    /// Another button on the page: pause for some weeks.
    Pause,
}

/// What is requested. `post` and `form` are set only for a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicRequest {
    Home,
    SignUp(Form),
    /// The form for a lost preferences link; what was typed, for a POST.
    Lost(Option<Form>),
    Confirm {
        token: String,
        post: bool,
    },
    Leave {
        token: String,
        post: Option<Way>,
    },
    Preferences {
        token: String,
        form: Option<Form>,
    },
    /// Confirms a subscriber's new address.
    Move {
        token: String,
        post: bool,
    },
    /// An answer to an issue's poll, by its number from 1.
    Poll {
        issue: IssueName,
        answer: u8,
        post: bool,
    },
    Style,
    /// Not one of our pages.
    Missing,
    /// A request that no page accepts, with the status that says why, such as 405 or 413.
    Refused(u16),
    /// What was sent could not be stored: a page that asks to try again later.
    Busy,
}

/// A page that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicResponse {
    /// 200, 404, 422, 503, or that of [`PublicRequest::Refused`].
    pub status: u16,
    pub body: String,
    /// A data file to download, not a page.
    pub is_data: bool,
}

/// The answer of a handler.
#[derive(Debug)]
pub enum Answer {
    Now(PublicResponse),
    /// A page that is sent only after `kept` has reported success; waiting for it blocks no thread. If it fails, the answer is [`PublicRequest::Busy`].
    Once {
        kept: oneshot::Receiver<()>,
        page: PublicResponse,
    },
}

/// Answers a [`PublicRequest`]. It may take some milliseconds, and is never called on a runtime's thread.
pub type PublicHandler = Arc<dyn Fn(PublicRequest, &Caller) -> Answer + Send + Sync>;

/// Where the pages get what they show.
#[derive(Clone)]
pub struct PublicService {
    pub handle: PublicHandler,
    /// The header in which the operator's own proxy passes on the client's address, such as `x-forwarded-for`; empty when
    /// there is no proxy.
    pub client_header: String,
}

/// All public pages, ready to be served.
pub type Pages = Router;

/// The routes of all public pages, with those of `others` (the archive, the counted links) under the same guard.
pub fn router(service: PublicService, others: Router, limits: Limits) -> Pages {
    let missing = {
        let service = service.clone();
        async move |caller: Caller| handle(&service, PublicRequest::Missing, caller).await
    };
    Router::new()
        .merge(home::routes())
        .merge(confirm::routes())
        .merge(leave::routes())
        .merge(lost::routes())
        .merge(poll::routes())
        .merge(preferences::routes())
        .merge(others.with_state(()))
        .fallback(missing)
        .layer(axum::middleware::from_fn(origin::own_forms))
        .layer(axum::middleware::from_fn_with_state(service.clone(), dressed))
        .layer(axum::Extension(caller::Header(service.client_header.clone())))
        .layer(axum::extract::DefaultBodyLimit::max(limits.body))
        .layer(axum::middleware::from_fn_with_state(limits, guard::guard))
        .with_state(service)
}

/// Replaces the bare refusals of axum, the archive and counted links with one of our pages.
async fn dressed(State(service): State<PublicService>, caller: Caller, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let is_page =
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page || !answer.status().is_client_error() {
        return answer;
    }
    let status = answer.status();
    let about =
        if status == StatusCode::NOT_FOUND { PublicRequest::Missing } else { PublicRequest::Refused(status.as_u16()) };
    let mut page = handle(&service, about, caller).await;
    *page.status_mut() = status;
    for name in [header::ALLOW, header::CACHE_CONTROL, header::CONNECTION, HeaderName::from_static("x-robots-tag")] {
        if let Some(value) = answer.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// Runs the service on a thread that may block.
async fn ask(service: &PublicService, request: PublicRequest, caller: Caller) -> Option<Answer> {
    let handle = Arc::clone(&service.handle);
    tokio::task::spawn_blocking(move || handle(request, &caller)).await.ok()
}

async fn handle(service: &PublicService, request: PublicRequest, caller: Caller) -> Response {
    let kind = if request == PublicRequest::Style { "text/css; charset=utf-8" } else { "text/html; charset=utf-8" };
    let mut answer = ask(service, request, caller.clone()).await;
    if let Some(Answer::Once { kept, page }) = answer {
        let is_kept = kept.await.is_ok();
        answer = if is_kept { Some(Answer::Now(page)) } else { ask(service, PublicRequest::Busy, caller).await };
    }
    let Some(Answer::Now(answer)) = answer else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if answer.is_data { "application/json; charset=utf-8" } else { kind };
    let mut response = (status, answer.body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if answer.is_data {
        let save = HeaderValue::from_static("attachment; filename=\"my-data.json\"");
        response.headers_mut().insert(header::CONTENT_DISPOSITION, save);
    }
    response
}

#[cfg(test)]
mod tests;
