//! How results, errors and notices are printed.
#![expect(clippy::print_stderr, reason = "cli is the room that prints")]

use std::io::{IsTerminal, Write};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::Global;
use crate::model::{Notice, Notices};

/// Maximum number of errors that are printed one by one.
const MOST: usize = 50;

/// Prints an error, or each of several, as `error: …` with its remedy.
pub fn report_error(error: &anyhow::Error, color: bool) {
    let label = if color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    match error.downcast_ref::<Notices>() {
        Some(Notices(notices)) => {
            for notice in notices.iter().take(MOST) {
                eprintln!("{label}: {}", printable(&notice.to_string()));
            }
            if notices.len() > MOST {
                eprintln!("{label}: and {} more like these", notices.len() - MOST);
            }
        }
        None => eprintln!("{label}: {}", printable(&told_once(error))),
    }
}

/// An error and its causes, without those that an outer message already contains.
fn told_once(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        _ if told.contains(&cause) => told,
        _ => format!("{told}: {cause}"),
    })
}

/// Prints notices to stderr, unless -q.
pub fn report_notices(global: &Global, notices: &[Notice]) {
    if global.quiet {
        return;
    }
    for notice in notices.iter().take(MOST) {
        eprintln!("note: {}", printable(&notice.to_string()));
    }
    if notices.len() > MOST {
        eprintln!("note: and {} more like these", notices.len() - MOST);
    }
}

/// A time as people read it: in the publication's zone, as in `Wed 25 Nov 2026 07:00 CET`.
pub fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %d %b %Y %H:%M %Z").to_string()
}

/// Prints a line of the result.
pub fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", printable(text))?;
    Ok(())
}

/// Prints a result as JSON for people and programs.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints one object on one line.
pub fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Outside text must not control the terminal: control characters except line ends are replaced by a symbol.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Whether the reader of stdout has closed it, as `head` does: not a failure of ours.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind)
            .or_else(|| cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind))
    });
    io == Some(std::io::ErrorKind::BrokenPipe)
}

/// Asks a question on the terminal; anything but y or yes means no.
pub fn confirm(question: &str) -> anyhow::Result<bool> {
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// `1 item`, `2 items`.
pub fn count(n: usize, noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if n == 1 => format!("1 {noun}"),
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {noun}s"),
    }
}

/// Text cut to a width, with an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Text cut or padded to a width in columns: a Chinese character takes two, an emoji joiner none.
pub fn pad(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let text = cut(text, width);
    let missing = width.saturating_sub(text.width());
    text + &" ".repeat(missing)
}

/// How many columns are left on the terminal after `used` ones, at least 20; unlimited if stdout is not a terminal.
pub fn room(used: usize) -> usize {
    let terminal = Some(std::io::stdout()).filter(IsTerminal::is_terminal);
    let width = terminal.and_then(terminal_size::terminal_size_of).map(|(width, _)| usize::from(width.0));
    width.map_or(usize::MAX, |width| width.saturating_sub(used).max(20))
}
