//! What several rooms must do with text: HTML and Markdown become words, a name that was meant is found, foreign words are made fit for
//! one line. Knows no record, no mail, no file, and no room's rules.

pub mod html;
mod line;
pub mod markdown;

pub use line::{line, nearest, one_line, suggestion, turns};
