//! `digest` composes a newsletter from scored news and evergreen guides, renders it and delivers it. The rooms stand in
//! reading order; ARCHITECTURE.md has the map and the walk of one issue.

pub mod check;
pub mod cli;
pub mod compose;
pub mod config;
pub mod files;
pub mod issues;
pub mod mail;
pub mod model;
pub mod pipeline;
pub mod refusals;
pub mod render;
pub mod schedule;
pub mod send;
pub mod sources;
pub mod store;
pub mod text;
pub mod web;
