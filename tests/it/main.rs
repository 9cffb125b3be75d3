//! The integration tests: `digest` as a person at a shell, a script or a mail server sees it. They run the real
//! binary and know nothing of its internals, except `house_rules`, which reads the source text.
//! `scripts/test` runs all of it; plain `cargo test` skips what needs real mail servers.
#![expect(clippy::unwrap_used, reason = "a test's helper that cannot go on says where by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they wait for processes and read their environment"
)]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod browser;
mod database;
mod dice;
mod guards;
mod house;
mod sample;
mod servers;
mod smtp;

mod access;
mod alerts;
mod archive;
mod backup;
mod bounces;
mod bounces_home;
mod check;
mod cli;
mod clicks;
mod compose;
mod content;
mod content_pictures;
mod daemon;
mod design;
mod desk;
mod desk_walk;
mod docs;
mod doctor;
mod draft;
mod faults;
mod feeds;
mod feeds_tls;
mod house_rules;
mod importing;
mod inbox;
mod languages;
mod leaving;
mod letters;
mod moving_store;
mod notify;
mod pace;
mod pages;
mod pages_less;
mod pictures;
mod pixels;
mod polls;
mod postgres;
mod power;
mod preview;
mod programs;
mod refusals;
mod relay;
mod reload;
mod report;
mod restart;
mod safe;
mod scanner;
mod send;
mod signing;
mod stories;
mod storm;
mod subscribers;
mod visitors;
mod walk;
mod wire;
mod workers;
