//! Fills in the names in braces in a line of words. Knows no file of words.

use super::super::words;

/// Replaces each `{name}` in `text` with its value, in one pass, so braces in a value are left alone. A value that runs in the opposite direction
/// is isolated (UAX #9), so that it does not reorder the text around it. In a right-to-left text, a command in backticks is isolated as a whole,
/// so that it can be copied and run.
pub fn fill(text: &str, values: &[(&str, &str)], dir: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((prose, command, after)) = first_command(rest) {
        push_filled(&mut out, prose, values, |out, value| push_isolated(out, value, dir));
        push_command(&mut out, command, values, dir);
        rest = after;
    }
    push_filled(&mut out, rest, values, |out, value| push_isolated(out, value, dir));
    out
}

/// Splits a text at its first command in backticks: what comes before it, the command, and what comes after it.
fn first_command(text: &str) -> Option<(&str, &str, &str)> {
    let (prose, rest) = text.split_once('`')?;
    let (command, after) = rest.split_once('`')?;
    Some((prose, command, after))
}

/// Commands are written from left to right in every language.
fn push_command(out: &mut String, command: &str, values: &[(&str, &str)], dir: &str) {
    let (open, close) = if dir == "rtl" { ("\u{2066}`", "`\u{2069}") } else { ("`", "`") };
    out.push_str(open);
    push_filled(out, command, values, String::push_str);
    out.push_str(close);
}

fn push_filled(out: &mut String, text: &str, values: &[(&str, &str)], push: impl Fn(&mut String, &str)) {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let named =
            |(name, _): &&(&str, &str)| rest[at + 1..].strip_prefix(*name).is_some_and(|after| after.starts_with('}'));
        if let Some((name, value)) = values.iter().find(named) {
            push(out, value);
            rest = &rest[at + name.len() + 2..];
        } else {
            out.push('{');
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
}

fn push_isolated(out: &mut String, value: &str, dir: &str) {
    if words::direction(value).is_none_or(|own| own == dir) {
        out.push_str(value);
    } else {
        out.push_str(&isolated(value));
    }
}

/// The text in isolates (UAX #9): it keeps its own direction and does not affect the text around it.
pub fn isolated(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}
