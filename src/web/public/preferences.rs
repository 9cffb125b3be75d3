//! `/preferences/TOKEN`: choose editions, leave, or have all data deleted.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Caller, Form, PublicRequest, PublicService, handle};

pub fn routes() -> Router<PublicService> {
    Router::new().route("/preferences/{token}", get(show).post(post))
}

async fn show(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Preferences { token, form: None }, caller).await
}

async fn post(State(service): State<PublicService>, caller: Caller, Token(token): Token, body: Bytes) -> Response {
    handle(&service, PublicRequest::Preferences { token, form: Some(Form::read(&body)) }, caller).await
}
