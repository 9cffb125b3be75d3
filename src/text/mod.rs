//! Text as people and programs hand it over, read: HTML and Markdown to words. Knows no record, no mail and no file.

pub mod html;
pub mod markdown;
