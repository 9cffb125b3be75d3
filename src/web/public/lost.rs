//! `/lost`: a form that mails a subscriber's preferences link, with the same answer for every address; and `/move/TOKEN`, where a new
//! address is confirmed. Does not know who is on the list.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Caller, Form, PublicRequest, PublicService, handle};

pub fn routes() -> Router<PublicService> {
    Router::new().route("/lost", get(lost).post(find)).route("/move/{token}", get(show).post(press))
}

async fn lost(State(service): State<PublicService>, caller: Caller) -> Response {
    handle(&service, PublicRequest::Lost(None), caller).await
}

async fn find(State(service): State<PublicService>, caller: Caller, body: Bytes) -> Response {
    handle(&service, PublicRequest::Lost(Some(Form::read(&body))), caller).await
}

async fn show(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Move { token, post: false }, caller).await
}

async fn press(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Move { token, post: true }, caller).await
}
