//! `/preferences/TOKEN`: what a reader gets, leaving, and having all deleted.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Ask, Caller, Desk, Form, ask};

pub fn routes() -> Router<Desk> {
    Router::new().route("/preferences/{token}", get(show).post(press))
}

async fn show(State(desk): State<Desk>, caller: Caller, Path(token): Path<String>) -> Response {
    ask(&desk, Ask::Preferences { token, form: None }, caller).await
}

async fn press(State(desk): State<Desk>, caller: Caller, Path(token): Path<String>, body: Bytes) -> Response {
    ask(&desk, Ask::Preferences { token, form: Some(Form::read(&body)) }, caller).await
}
