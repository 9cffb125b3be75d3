//! Text functions for several rooms: converting HTML and Markdown to plain text, suggesting names, and making outside text fit on
//! one line. Knows no record, no mail, no file, and no room's rules.

pub mod html;
mod line;
pub mod markdown;

pub use line::{line, nearest, one_line, suggestion, turns};
