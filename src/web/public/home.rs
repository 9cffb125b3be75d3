//! `/`, the sign-up form, `/subscribe`, where it goes, and the style sheet. Knows no address that is on the list: every one gets the
//! same answer.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};

use super::{Ask, Caller, Desk, Form, ask};

pub fn routes() -> Router<Desk> {
    Router::new().route("/", get(home)).route("/subscribe", post(subscribe)).route("/style.css", get(style))
}

async fn home(State(desk): State<Desk>, caller: Caller) -> Response {
    ask(&desk, Ask::Home, caller).await
}

async fn subscribe(State(desk): State<Desk>, caller: Caller, body: Bytes) -> Response {
    ask(&desk, Ask::SignUp(Form::read(&body)), caller).await
}

async fn style(State(desk): State<Desk>, caller: Caller) -> Response {
    let mut response = ask(&desk, Ask::Style, caller).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
