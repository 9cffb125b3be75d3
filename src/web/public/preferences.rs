//! `/preferences/TOKEN`: what a subscriber gets, leaving, and having all deleted.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Ask, Caller, Desk, Form, ask};

pub fn routes() -> Router<Desk> {
    Router::new().route("/preferences/{token}", get(show).post(press))
}

async fn show(State(desk): State<Desk>, caller: Caller, Token(token): Token) -> Response {
    ask(&desk, Ask::Preferences { token, form: None }, caller).await
}

async fn press(State(desk): State<Desk>, caller: Caller, Token(token): Token, body: Bytes) -> Response {
    ask(&desk, Ask::Preferences { token, form: Some(Form::read(&body)) }, caller).await
}
