//! `/`, the sign-up form; `/subscribe`, where it posts; and the style sheet. Does not know who is on the list: every address gets the
//! same answer.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};

use super::{Caller, Form, PublicRequest, PublicService, handle};

pub fn routes() -> Router<PublicService> {
    Router::new().route("/", get(home)).route("/subscribe", post(subscribe)).route("/style.css", get(style))
}

async fn home(State(service): State<PublicService>, caller: Caller) -> Response {
    handle(&service, PublicRequest::Home, caller).await
}

async fn subscribe(State(service): State<PublicService>, caller: Caller, body: Bytes) -> Response {
    handle(&service, PublicRequest::SignUp(Form::read(&body)), caller).await
}

async fn style(State(service): State<PublicService>, caller: Caller) -> Response {
    let mut response = handle(&service, PublicRequest::Style, caller).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
