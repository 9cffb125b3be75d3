//! `/confirm/TOKEN`: a page with a button. A program that follows links confirms nobody.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Ask, Caller, Desk, ask};

pub fn routes() -> Router<Desk> {
    Router::new().route("/confirm/{token}", get(show).post(press))
}

async fn show(State(desk): State<Desk>, caller: Caller, Token(token): Token) -> Response {
    ask(&desk, Ask::Confirm { token, press: false }, caller).await
}

async fn press(State(desk): State<Desk>, caller: Caller, Token(token): Token) -> Response {
    ask(&desk, Ask::Confirm { token, press: true }, caller).await
}
