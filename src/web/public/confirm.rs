//! `/confirm/TOKEN`: a page with a button, so that a program that follows links confirms nobody.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Caller, PublicRequest, PublicService, handle};

pub fn routes() -> Router<PublicService> {
    Router::new().route("/confirm/{token}", get(show).post(post))
}

async fn show(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Confirm { token, post: false }, caller).await
}

async fn post(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Confirm { token, post: true }, caller).await
}
