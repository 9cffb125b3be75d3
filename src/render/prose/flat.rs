//! Reduces Markdown to what a mail's prose supports: headings become paragraphs, pictures their description, tables and code
//! become lines. Removes raw HTML tags, and the address of an unsafe link.

use comrak::Arena;
use comrak::nodes::{Node, NodeCode, NodeValue};

use super::super::words;
use crate::text::html::{self, Breaks};
use crate::text::markdown;

/// The separator between the cells of a table row.
const CELLS: &str = " | ";

pub fn flatten<'a>(root: Node<'a>, arena: &'a Arena<'a>) {
    let nodes: Vec<Node<'a>> = root.descendants().collect();
    for node in nodes {
        let value = node.data().value.clone();
        match value {
            NodeValue::CodeBlock(code) => code_lines(node, &code.literal, arena),
            NodeValue::HtmlBlock(block) => {
                let words = html::text(&html::with_known_tags(&block.literal), Breaks::All);
                lines(node, words.lines().map(|line| NodeValue::Text(line.to_owned().into())), arena);
            }
            NodeValue::Table(_) => rows(node, arena),
            value => {
                if let Some(flat) = flat(value) {
                    node.data_mut().value = flat;
                }
            }
        }
    }
}

fn flat(value: NodeValue) -> Option<NodeValue> {
    match value {
        NodeValue::Heading(_) | NodeValue::ThematicBreak => Some(NodeValue::Paragraph),
        NodeValue::HtmlInline(tag) => Some(NodeValue::Text(markdown::literal(&tag).into())),
        NodeValue::Image(_) => Some(NodeValue::Emph),
        NodeValue::Link(mut link) => match words::href(&link.url) {
            Some(url) => {
                link.url = url;
                link.title.clear();
                Some(NodeValue::Link(link))
            }
            None => Some(NodeValue::Emph),
        },
        _ => None,
    }
}

/// Code as a paragraph of lines; spaces that a browser would collapse become no-break spaces.
fn code_lines<'a>(node: Node<'a>, code: &str, arena: &'a Arena<'a>) {
    let line = |line: &str| {
        let words = line.trim_start_matches([' ', '\t']);
        let indent: usize = line.chars().take(line.len() - words.len()).map(|c| if c == '\t' { 4 } else { 1 }).sum();
        let literal = format!("{}{}", "\u{a0}".repeat(indent), words.replace("  ", " \u{a0}"));
        NodeValue::Code(NodeCode { num_backticks: 1, literal })
    };
    lines(node, code.trim_end().lines().map(line), arena);
}

/// The rows of a table as lines of one paragraph; the line of dashes between head and body is not a row.
fn rows<'a>(table: Node<'a>, arena: &'a Arena<'a>) {
    let rows: Vec<Node<'a>> = table.children().collect();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            table.append(new(NodeValue::LineBreak, arena));
        }
        let cells: Vec<Node<'a>> = row.children().collect();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                table.append(new(NodeValue::Text(CELLS.into()), arena));
            }
            let inner: Vec<Node<'a>> = cell.children().collect();
            for inner in inner {
                table.append(inner);
            }
        }
        row.detach();
    }
    table.data_mut().value = NodeValue::Paragraph;
}

fn lines<'a>(node: Node<'a>, lines: impl Iterator<Item = NodeValue>, arena: &'a Arena<'a>) {
    for (at, line) in lines.enumerate() {
        if at > 0 {
            node.append(new(NodeValue::LineBreak, arena));
        }
        node.append(new(line, arena));
    }
    node.data_mut().value = NodeValue::Paragraph;
}

fn new<'a>(value: NodeValue, arena: &'a Arena<'a>) -> Node<'a> {
    arena.alloc(value.into())
}
