//! The command line: parses arguments, calls `pipeline`, and prints the result. The only room that
//! prints, and the only one that reads the clock.

mod approve;
mod archive;
mod backup;
mod bounces;
mod check;
mod compose;
mod config;
mod demo;
mod diff;
mod doctor;
mod draft;
mod guides;
mod import;
mod news;
mod output;
mod packaging;
mod pages;
mod preview;
mod render;
mod report;
mod schedule;
mod send;
mod serve;
mod status;
mod store;
mod subscribers;
mod workers;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::model::{Address, Notice};
use crate::pipeline::Site;
use output::{report_error, report_notices};

/// The newsletter tool that explains itself: composes scored news and guides into an issue, and delivers it.
#[derive(Parser)]
#[command(name = "digest", version, arg_required_else_help = true, subcommand_required = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed or check found errors, 2 wrong usage, 75 send ended with recipients \
still waiting: run it again later."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    /// The configuration file, relative to the publication's folder
    #[arg(long, value_name = "FILE", global = true, default_value = "config.toml")]
    config: PathBuf,
    /// Act as if it were this time, such as 2026-11-25T06:00:00Z
    #[arg(long, value_name = "RFC3339", global = true, value_parser = time)]
    now: Option<DateTime<chrono::FixedOffset>>,
    /// Print more; twice for everything
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: When,
    /// Do not show a progress bar
    #[arg(long, global = true)]
    no_progress: bool,
    /// Format of log lines on stderr
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// How findings and states are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HumanFormat {
    Human,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Create a new publication in a folder
    Init(demo::Init),
    /// Try everything on the shipped sample; mail goes to files, nobody is mailed
    Demo(demo::Demo),
    /// Import, fetch and list news
    #[command(subcommand)]
    News(news::News),
    /// Import and list guides
    #[command(subcommand)]
    Guides(guides::Guides),
    /// Choose the news, pair it with guides and write the draft
    Compose(compose::Compose),
    /// Edit a draft from the command line; only what you name changes in issue.toml
    #[command(subcommand)]
    Draft(draft::Draft),
    /// Preview and edit an issue in the browser; reloads on save
    Preview(preview::Preview),
    /// Check an issue for problems before it is sent
    Check(check::Check),
    /// Show what changed since the draft was composed and since it was approved
    Diff(diff::Diff),
    /// Write issue.html, issue.txt and issue.eml
    Render(render::Render),
    /// Approve an issue: freeze exactly what will be sent
    Approve(approve::Approve),
    /// Send an approved issue; run it again to continue where it stopped
    Send(send::SendIssue),
    /// Stop a send, even if another process runs it
    Stop(send::Sent),
    /// Resume a stopped send; --restored releases a restored publication
    Resume(backup::Resume),
    /// Back up the publication while everything runs
    Backup(backup::Backup),
    /// Restore a backup into a new folder; it mails nobody until you release it
    Restore(backup::Restore),
    /// Copy the database to another place, or remove the recipients of old issues
    #[command(subcommand)]
    Store(store::Store),
    /// Show which processes are sending, and at what pace
    Workers(workers::Workers),
    /// Write a send's report as a web page
    Report(report::Report),
    /// Show drafts, running sends and results
    Status(status::Status),
    /// Show upcoming issues; skip or add dates
    Schedule(schedule::Schedule),
    /// Run the daemon: drafts, reminders and sends on schedule, feeds, bounces and public pages
    Serve,
    /// List past issues on the web, and correct them
    #[command(subcommand)]
    Archive(archive::Archive),
    /// What the public pages have for other sites
    #[command(subcommand)]
    Pages(pages::Pages),
    /// Check config, templates, database, relay and DNS, and say how to fix each problem; sends nothing
    Doctor(doctor::Doctor),
    /// Show every setting, its default, and where its value comes from
    Config(config::Config),
    /// Manage the subscriber list
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// Process bounces, complaints and unsubscribe requests
    #[command(subcommand)]
    Bounces(bounces::Bounces),
    /// Print a shell completion script
    Completions(packaging::Completions),
    /// Print the manual page, or write a page for each command
    Man(packaging::Man),
}

/// How a command ended, if it did not fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// 1: the check found errors.
    Found,
    /// 75: recipients are still waiting; run again later.
    Later,
    /// 130: interrupted before anything had started.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Later => 75,
            Exit::Interrupted => 130,
        })
    }
}

/// Parses the arguments, runs the command, and returns how it ended.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    start_log(&cli.global);
    let color = cli.global.colors(std::io::stderr().is_terminal());
    match dispatch(cli) {
        Ok(exit) => exit.into(),
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report_error(&error, color);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Init(command) => command.run(global),
        Command::Demo(command) => command.run(global),
        Command::News(command) => command.run(global),
        Command::Guides(command) => command.run(global),
        Command::Compose(command) => command.run(global),
        Command::Draft(command) => command.run(global),
        Command::Preview(command) => command.run(global),
        Command::Check(command) => command.run(global),
        Command::Diff(command) => command.run(global),
        Command::Render(command) => command.run(global),
        Command::Approve(command) => command.run(global),
        Command::Send(command) => command.run(global),
        Command::Stop(command) => command.stop(global),
        Command::Resume(command) => command.run(global),
        Command::Backup(command) => command.run(global),
        Command::Restore(command) => command.run(global),
        Command::Store(command) => command.run(global),
        Command::Workers(command) => command.run(global),
        Command::Report(command) => command.run(global),
        Command::Status(command) => command.run(global),
        Command::Schedule(command) => command.run(global),
        Command::Serve => serve::run(global),
        Command::Archive(command) => command.run(global),
        Command::Pages(command) => command.run(global),
        Command::Doctor(command) => command.run(global),
        Command::Config(command) => command.run(global),
        Command::Subscribers(command) => command.run(global),
        Command::Bounces(command) => command.run(global),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(global),
    }
}

/// A subscriber's address as it was typed.
fn address(text: &str) -> Result<Address, Notice> {
    Address::parse(text).map_err(|why| Notice::new(format!("`{text}`: {why}")))
}

/// A day as it was typed.
fn day(text: &str) -> Result<NaiveDate, String> {
    text.trim().parse().map_err(|_| "write year, month and day, such as 2026-11-25".to_owned())
}

/// A time with its zone; without one nobody knows which.
fn time(text: &str) -> Result<DateTime<chrono::FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text.trim())
        .map_err(|_| "write day, time and zone, such as 2026-11-25T06:00:00Z or 2026-11-25T07:00:00+01:00".to_owned())
}

impl Global {
    /// The publication that the flags name.
    fn site(&self) -> anyhow::Result<Site> {
        let site = Site::open(self.root(), &self.config, self.start())?;
        report_notices(self, site.subscribers().broken_import().as_slice());
        Ok(site)
    }

    fn root(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new(""))
    }

    /// A path as typed: relative to -C, like everything else.
    fn path(&self, typed: &Path) -> PathBuf {
        if typed == Path::new("-") { typed.to_path_buf() } else { self.root().join(typed) }
    }

    fn start(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the clock; --now rules everywhere else"
        )]
        self.now.map_or_else(Utc::now, |now| now.to_utc())
    }

    /// Whether to colour output, given whether the stream is a terminal. `NO_COLOR` is honoured (no-color.org).
    #[expect(clippy::disallowed_methods, reason = "the terminal's colours are no setting of the publication")]
    fn colors(&self, terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// Whether a progress bar may be drawn.
    fn progress(&self) -> bool {
        !self.no_progress && !self.quiet && std::io::stderr().is_terminal()
    }
}

/// Log lines go to stderr; `RUST_LOG` sets the level, -v and -q move it.
fn start_log(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "digest=info,warn",
        _ => "digest=debug,info",
    };
    let mut filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    // It logs the parameters of statements: addresses and tokens.
    if let Ok(quiet) = "tokio_postgres=warn".parse() {
        filter = filter.add_directive(quiet);
    }
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.with_ansi(global.colors(std::io::stderr().is_terminal())).without_time().init(),
    }
}
