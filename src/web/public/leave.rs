//! `/unsubscribe/TOKEN`: a page with a button, and where a mail program's own button posts to (RFC 8058): no cookie, no
//! redirect, and as often as one likes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Ask, Caller, Desk, Way, ask};

/// RFC 8058 §3.1: the one pair that a mail program posts, urlencoded or as multipart.
const NAME: &[u8] = b"List-Unsubscribe";
const VALUE: &[u8] = b"One-Click";

pub fn routes() -> Router<Desk> {
    Router::new().route("/unsubscribe/{token}", get(show).post(press))
}

async fn show(State(desk): State<Desk>, caller: Caller, Token(token): Token) -> Response {
    ask(&desk, Ask::Leave { token, press: None }, caller).await
}

/// Whoever posts here leaves, whatever the body says: it only tells which button it was.
async fn press(State(desk): State<Desk>, caller: Caller, Token(token): Token, body: Bytes) -> Response {
    let has = |word: &[u8]| body.windows(word.len()).any(|part| part == word);
    let way = if has(NAME) && has(VALUE) { Way::OneClick } else { Way::Button };
    ask(&desk, Ask::Leave { token, press: Some(way) }, caller).await
}
