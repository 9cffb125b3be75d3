//! The token of a link, as written in the path. Knows no subscriber: an invalid token is treated as one that nobody has.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The last segment of the path, not decoded: our tokens need no percent-encoding.
pub struct Token(pub String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned()))
    }
}
