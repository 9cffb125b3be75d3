//! `/poll/ISSUE/ANSWER`: a page with the question and a button. Only the press counts, so a program that follows links counts nothing.
//! An answer needs no data of the person, and none identifies them.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Caller, PublicRequest, PublicService, handle};
use crate::web::archive;

pub fn routes() -> Router<PublicService> {
    Router::new().route("/poll/{issue}/{answer}", get(show).post(press))
}

async fn show(State(service): State<PublicService>, caller: Caller, Path(path): Path<(String, String)>) -> Response {
    handle(&service, request(&path, false), caller).await
}

async fn press(State(service): State<PublicService>, caller: Caller, Path(path): Path<(String, String)>) -> Response {
    handle(&service, request(&path, true), caller).await
}

/// An issue and a number from 1, each in canonical spelling; anything else is not one of our pages.
fn request((issue, answer): &(String, String), post: bool) -> PublicRequest {
    let number = answer.parse().ok().filter(|number: &u8| *number > 0 && number.to_string() == *answer);
    match (archive::strict(issue), number) {
        (Some(issue), Some(answer)) => PublicRequest::Poll { issue, answer, post },
        _ => PublicRequest::Missing,
    }
}
