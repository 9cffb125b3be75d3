//! The text of Markdown, without its markup. Knows neither template nor draft.

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::html;

/// Markdown longer than this, in bytes, is returned unchanged: no title is this long.
const LONGEST: usize = 20_000;

/// The words of a title or another short text, on one line.
pub fn words(markdown: &str) -> String {
    if markdown.len() > LONGEST {
        return markdown.to_owned();
    }
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &Options::default());
    let mut out = String::new();
    for node in root.descendants() {
        push(node, &mut out);
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push(node: Node, out: &mut String) {
    match &node.data().value {
        NodeValue::Text(text) => out.push_str(text),
        NodeValue::Code(code) => out.push_str(&code.literal),
        NodeValue::CodeBlock(code) => out.push_str(&code.literal),
        NodeValue::HtmlInline(tag) => out.push_str(&literal(tag)),
        NodeValue::HtmlBlock(block) => {
            out.push_str(&html::text(&html::with_known_tags(&block.literal), html::Breaks::None));
        }
        // A number at the start of a title is not a list: "1984. A novel" is a title.
        NodeValue::Item(list) if list.list_type == comrak::nodes::ListType::Ordered => {
            out.push_str(&format!("{}. ", list.start));
        }
        NodeValue::SoftBreak | NodeValue::LineBreak | NodeValue::Paragraph => out.push(' '),
        _ => {}
    }
}

/// What is shown of something that looks like a tag: nothing of HTML's own, else all of it, as `<T>`.
pub fn literal(tag: &str) -> String {
    let is_markup = tag.strip_prefix('<').is_some_and(html::is_known_tag);
    if is_markup { String::new() } else { tag.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_in_markdown_is_its_words() {
        for (markdown, title) in [
            ("**Bold** move by `x_y`", "Bold move by x_y"),
            ("[A link](https://a.example) and *more*", "A link and more"),
            ("Vec<T> and <b>x</b>", "Vec<T> and x"),
            ("1984. A novel", "1984. A novel"),
            ("# A heading", "A heading"),
            ("a \\* b &amp; c", "a * b & c"),
        ] {
            assert_eq!(words(markdown), title, "{markdown}");
        }
    }
}
