//! `/unsubscribe/TOKEN`: a page with a button, and the target of a mail program's own button (RFC 8058): no cookie, no
//! redirect, and it may be repeated.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::token::Token;
use super::{Caller, Form, PublicRequest, PublicService, Way, handle};

/// RFC 8058 §3.1: the one pair that a mail program posts, urlencoded or as multipart.
const NAME: &[u8] = b"List-Unsubscribe";
const VALUE: &[u8] = b"One-Click";

pub fn routes() -> Router<PublicService> {
    Router::new().route("/unsubscribe/{token}", get(show).post(post))
}

async fn show(State(service): State<PublicService>, caller: Caller, Token(token): Token) -> Response {
    handle(&service, PublicRequest::Leave { token, post: None }, caller).await
}

/// A POST unsubscribes, unless it comes from a button of our page that asks for less. A mail program's POST always unsubscribes.
async fn post(State(service): State<PublicService>, caller: Caller, Token(token): Token, body: Bytes) -> Response {
    let has = |word: &[u8]| body.windows(word.len()).any(|part| part == word);
    let way = if has(NAME) && has(VALUE) { Way::OneClick } else { button(&Form::read(&body)) };
    handle(&service, PublicRequest::Leave { token, post: Some(way) }, caller).await
}

/// Which button of the page was pressed.
fn button(form: &Form) -> Way {
    match (form.get("action"), form.get("edition")) {
        ("pause", _) => Way::Pause,
        ("edition", edition) if !edition.is_empty() => Way::Edition(edition.to_owned()),
        _ => Way::Button,
    }
}
