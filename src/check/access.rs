//! Accessibility rules: language, title, headings, tables, reading order.

use super::css::{self, Declaration};
use super::{At, Found, Issue};
use crate::model::topic_key;

pub fn rules(issue: &Issue, found: &mut Vec<Found>) {
    document(issue, found);
    headings(issue, found);
    tables(issue, found);
    if let Some(why) = reorders(issue).or_else(|| other_order(issue)) {
        let help = "put the source in the order in which it should be read";
        found.push(Found::warning("reading-order", At::Html, why, help));
    }
}

fn document(issue: &Issue, found: &mut Vec<Found>) {
    let lang = issue.page.named("html").find_map(|(_, html)| html.attr("lang"));
    if lang.is_none_or(str::is_empty) {
        let help = "write <mjml lang=\"{{lang}}\"> in the template: a screen reader picks its voice by it";
        found.push(Found::warning("page-lang", At::Html, "the page does not say in which language it is", help));
    }
    if issue.page.title.trim().is_empty() && !issue.rendered.subject.trim().is_empty() {
        let help = "write <mj-title>{{subject}}</mj-title> in the template";
        found.push(Found::warning("page-title", At::Html, "the page has no title", help));
    }
}

/// One h1, no skipped levels, no empty headings.
fn headings(issue: &Issue, found: &mut Vec<Found>) {
    let mut wrong = |message: String| {
        let help = "one h1 for the issue, h2 for its parts, h3 for stories: screen readers leap from one to the next";
        found.push(Found::warning("heading-order", At::Html, message, help));
    };
    let mut above = 0;
    let mut first = 0;
    for (number, element) in issue.page.elements.iter().enumerate().filter(|(_, element)| element.is_heading()) {
        let text = issue.page.text(number);
        let level = element.name()[1..].parse::<usize>().unwrap_or(1);
        first += usize::from(level == 1);
        if text.is_empty() {
            wrong(format!("an {} is empty", element.name()));
        }
        if level > above + 1 && above > 0 {
            wrong(format!("an h{level} follows an h{above}: \"{}\"", super::short(&text)));
        }
        above = level;
    }
    match first {
        1 => {}
        0 => wrong("the page has no h1".into()),
        n => wrong(format!("the page has {n} h1")),
    }
}

/// A layout table must say so, or screen readers announce its rows and columns. A table with `<th>` is a data table.
fn tables(issue: &Issue, found: &mut Vec<Found>) {
    let elements = &issue.page.elements;
    let layout = |(number, table): &(usize, &super::page::Element)| {
        let role = table.attr("role").unwrap_or_default();
        role != "presentation" && role != "none" && !elements[*number..=table.last].iter().any(|e| e.name() == "th")
    };
    let bare = issue.page.named("table").filter(layout).count();
    if bare > 0 {
        let tables = if bare == 1 { "a table has".to_owned() } else { format!("{bare} tables have") };
        let help = "add role=\"presentation\" to each table that only lays things out";
        found.push(Found::warning("table-role", At::Html, format!("{tables} no role"), help));
    }
}

/// Whether the visual order differs from the source order.
fn reorders(issue: &Issue) -> Option<String> {
    let moves = |d: Declaration| {
        let (property, value) = (d.property.to_ascii_lowercase(), d.value.to_ascii_lowercase());
        let moved = match property.as_str() {
            "order" => value != "0",
            "flex-direction" | "flex-flow" => value.contains("reverse"),
            "position" => value == "absolute" || value == "fixed",
            _ => false,
        };
        moved.then(|| format!("`{property}: {value}` shows something in a different order from the source"))
    };
    let sheet = css::Stylesheet::read(&issue.css);
    let in_sheet = || sheet.rules.iter().find_map(|rule| css::declarations(rule.block).find_map(moves));
    let inline = |element: &super::page::Element| {
        let style = element.attr("style").and_then(|style| css::declarations(style).find_map(moves));
        let tabs = || element.attr("tabindex").and_then(|index| index.parse::<i32>().ok()).filter(|index| *index > 0);
        style.or_else(|| tabs().map(|index| format!("`tabindex=\"{index}\"` jumps ahead of what comes before it")))
    };
    in_sheet().or_else(|| issue.page.elements.iter().find_map(inline))
}

/// Whether the two parts tell the stories in different orders.
fn other_order(issue: &Issue) -> Option<String> {
    let text = topic_key(&issue.text);
    let mut from = 0;
    for block in &issue.blocks {
        let Some(At::News(number, _)) = block.at else { continue };
        let entry = &issue.draft.news[number];
        let key = topic_key(&entry.title);
        match text[from..].find(&key) {
            Some(at) => from += at,
            None if text.contains(&key) => {
                let title = super::short(&entry.title);
                return Some(format!("the plain text has \"{title}\" in a different place from the HTML"));
            }
            None => {}
        }
    }
    None
}
