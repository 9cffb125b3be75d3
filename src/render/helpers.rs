//! The helpers that templates have beside Handlebars' own: `wrap` and `underline` for text, `dir_of` and `fill` for HTML. Pure; know no
//! draft.

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, JsonRender, Output, RenderContext};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{language, words};

/// The width of plain text in display columns.
pub const COLUMNS: usize = 72;

/// A helper that prints the result of a function of its call and the direction.
struct Prints(fn(&Helper, &str) -> String);

impl HelperDef for Prints {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let dir = context.data().get("dir").and_then(Value::as_str).unwrap_or("ltr");
        Ok(out.write(&(self.0)(h, dir))?)
    }
}

/// `{{wrap VALUE… [rest="  "]}}`: the values run together, broken at 72 columns.
fn wrap(h: &Helper, dir: &str) -> String {
    on_each_line(words::wrap(&line(h, dir), COLUMNS, &hash(h, "rest")))
}

/// `{{underline VALUE… with="-"}}`: the same with a line of the character under it, as wide as its widest line.
fn underline(h: &Helper, dir: &str) -> String {
    let text = on_each_line(words::wrap(&line(h, dir), COLUMNS, ""));
    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let mark = hash(h, "with").chars().next().unwrap_or('-').to_string();
    format!("{text}\n{}", mark.repeat(width))
}

/// `<h3{{dir_of VALUE}}>`: the attributes that turn a text which runs against the direction, or nothing. Written
/// out, since Outlook on Windows knows neither `dir="auto"` nor `text-align: start`. With `inline=true` for words within a line,
/// which stays where it is.
fn dir_of(h: &Helper, dir: &str) -> String {
    let side = |own: &str, align: &str| match h.hash_get("inline") {
        Some(_) => format!(" dir=\"{own}\""),
        None => format!(" dir=\"{own}\" align=\"{align}\""),
    };
    match words::direction(&joined(h)) {
        Some("rtl") if dir == "ltr" => side("rtl", "right"),
        Some("ltr") if dir == "rtl" => side("ltr", "left"),
        _ => String::new(),
    }
}

/// `{{fill words.only edition=title}}`: a line of words with `{edition}` replaced by the title, escaped.
fn fill(h: &Helper, dir: &str) -> String {
    let values: Vec<(&str, String)> = h.hash().iter().map(|(name, value)| (*name, value.value().render())).collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::escape(&language::fill(&joined(h), &values, dir))
}

/// A line of plain text. In a right-to-left line, values that run from left to right are isolated (UAX #9), so that a name at the start does not
/// turn the whole line around.
fn line(h: &Helper, dir: &str) -> String {
    let values: Vec<String> = h.params().iter().map(|param| param.value().render()).collect();
    let runs = |value: &String, way: &str| words::direction(value) == Some(way);
    if dir != "rtl" || !values.iter().any(|value| runs(value, "rtl")) {
        return values.concat();
    }
    values.iter().map(|value| if runs(value, "ltr") { language::isolated(value) } else { value.clone() }).collect()
}

/// The text with every isolate closed at the end of its line and opened again on the next, since each line is laid out separately.
fn on_each_line(text: String) -> String {
    if !text.contains(ISOLATES) {
        return text;
    }
    let mut open: Vec<char> = Vec::new();
    let lines = text.lines().map(|line| {
        let before: String = open.iter().collect();
        for c in line.chars() {
            match c {
                '\u{2069}' => drop(open.pop()),
                c if ISOLATES.contains(&c) => open.push(c),
                _ => {}
            }
        }
        format!("{before}{line}{}", "\u{2069}".repeat(open.len()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The characters that open an isolate (UAX #9).
const ISOLATES: [char; 3] = ['\u{2066}', '\u{2067}', '\u{2068}'];

fn joined(h: &Helper) -> String {
    h.params().iter().map(|param| param.value().render()).collect()
}

fn hash(h: &Helper, name: &str) -> String {
    h.hash_get(name).map(|value| value.value().render()).unwrap_or_default()
}

/// Names of the helpers for text, and for HTML.
pub const TEXT: &[&str] = &["underline", "wrap"];
pub const HTML: &[&str] = &["dir_of", "fill"];

/// Adds the helpers for text to a registry.
pub fn register_text(registry: &mut Handlebars) {
    registry.register_helper("wrap", Box::new(Prints(wrap)));
    registry.register_helper("underline", Box::new(Prints(underline)));
}

/// Adds the helpers for HTML to a registry.
pub fn register_html(registry: &mut Handlebars) {
    registry.register_helper("dir_of", Box::new(Prints(dir_of)));
    registry.register_helper("fill", Box::new(Prints(fill)));
}

#[cfg(test)]
mod tests {
    use super::on_each_line;

    #[test]
    fn an_isolate_ends_on_the_line_where_it_begins() {
        let text = "\u{2068}one\ntwo \u{2066}three\nfour\u{2069}\u{2069} five\nsix".to_owned();
        let lines = "\u{2068}one\u{2069}\n\u{2068}two \u{2066}three\u{2069}\u{2069}\n\u{2068}\u{2066}four\u{2069}\u{2069} five\nsix";
        assert_eq!(on_each_line(text), lines);
        assert_eq!(on_each_line("one\ntwo\n".into()), "one\ntwo\n");
    }
}
