//! The headers of the preview's answers: their type, and the policy that limits what a browser may do with them.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The page itself: own script and style, frames of its own; nothing from outside.
pub const SHELL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
                                img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A mail: no script, no connection, no font, no form. No pictures, unless the editor asks for them.
pub const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                               frame-ancestors 'self'; sandbox allow-same-origin; img-src ";
/// Text to look at.
pub const TEXT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

pub const JSON: &str = "application/json";

/// An answer of this type under this policy.
pub fn page(policy: &'static str, kind: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], body).into_response()
}

pub fn plain(body: String) -> Response {
    page(TEXT_POLICY, "text/plain; charset=utf-8", body)
}
