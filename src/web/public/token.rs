//! The token of a link, as it stands in the path. Knows no subscriber: what is no token at all is one that nobody has.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The last segment of the path, not decoded: our own tokens hold nothing that is encoded.
pub struct Token(pub String);

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned()))
    }
}
