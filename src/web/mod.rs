//! Pages for a browser, over HTTP. Knows no file, no SQL and no pipeline: callers pass in what each page shows.

pub mod archive;
pub mod feed;
pub mod ops;
pub mod preview;
pub mod public;
pub mod sitemap;
