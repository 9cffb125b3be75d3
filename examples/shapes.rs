//! How long hostile feeds take to read: one shape repeated to 1, 2, 4 and 8 MB. What is linear takes twice as long for twice as much.
//! `cargo run --example shapes [WORD…]` takes all shapes, or those with a word in their name.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::path::Path;
use std::time::Instant;

use chrono::DateTime;
use digest::sources::{Origin, read_feed};

const START: &str = "<rss xmlns:a=\"b\"><channel><title>W</title><item><title>T</title>";

/// A name, what stands before, and what is repeated.
type Shape = (&'static str, String, String);

fn shapes() -> Vec<Shape> {
    let mut out = Vec::new();
    let mut add = |name, before: &str, again: &str| {
        out.push((name, format!("{START}{before}"), again.to_owned()));
    };
    add("bare <", "<description>", "<");
    add("bare < and blank", "<description>", "< ");
    add("&", "<description>", "&");
    add("& and words", "<description>", "& a");
    add("&amp;", "<description>", "&amp;");
    add("&nbsp;", "<description>", "&nbsp;");
    add("&nbsp; in many items", "", "</item><item><title>&nbsp;&deg;&eacute;&hellip;a</title>");
    add("&lt;", "<description>", "&lt;");
    add("&x;", "<description>", "&x;");
    add("&#60;", "<description>", "&#60;");
    add("<![CDATA[", "<description>", "<![CDATA[");
    add("<![CDATA[]]>", "<description>", "<![CDATA[]]>");
    add("<!--", "<description>", "<!--");
    add("<!---->", "<description>", "<!---->");
    add("<!", "<description>", "<!");
    add("<?", "<description>", "<?");
    add("<!DOCTYPE a[", "<description>", "<!DOCTYPE a[");
    add("<!DOCTYPE a>", "<description>", "<!DOCTYPE a>");
    add("<a", "<description>", "<a ");
    add("<a>", "<description>", "<a>");
    add("<a></a>", "<description>", "<a></a>");
    add("</a>", "<description>", "</a>");
    add("</item>", "", "</item>");
    add("unclosed items", "", "<item>");
    add("<a:b/>", "", "<a:b/>");
    add("xml:base", "<x xml:base='https://w.example/BASE/'>", "<a xml:base='a'/>");
    add("one attribute name", "<a ", "a ");
    add("attributes, one name", "<a ", "a='b' ");
    add("attributes, bad", "<a ", "=' ");
    add("attributes with &", "<a ", "a='&amp;' ");
    add("xmlns", "", "<a:b xmlns:c='http://purl.org/dc/elements/1.1/'/>");
    add("one huge xmlns", "<a xmlns:b='", "purl.org/rss/");
    add("one huge attribute", "<link href='", "&amp;");
    add("one huge name", "<", "a");
    add("guids", "", "<guid>http://[</guid>");
    add("links", "", "<link>javascript:a</link>");
    add("categories", "", "<category>a</category>");
    add("blank titles", "</item><item>", "<title> </title>");
    add("dates", "</item><item>", "<pubDate>x</pubDate>");
    add("escaped markup", "", "</item><item><title>t</title><description>&lt;b&gt;a&lt;/b&gt; </description>");
    add("spaces", "<description>", " ");
    add("controls", "<description>", "\u{85}");
    add("accents", "<description>a", "\u{301}");
    let mut cdata = |name, one: fn(usize) -> String| {
        // Each text has 190 kB, just under what is kept of one.
        let mut text = String::from("</item><item><title>t</title><description><![CDATA[");
        for n in 0.. {
            if text.len() > 190_000 {
                break;
            }
            text.push_str(&one(n));
        }
        out.push((name, START.to_owned(), text + "]]></description>"));
    };
    cdata("html: attributes", |n| if n == 0 { "<b".into() } else { format!(" {n:x}") });
    cdata("html: attributes of one name", |n| if n == 0 { "<b".into() } else { " a".into() });
    cdata("html: tags", |_| "<b>".into());
    cdata("html: <", |_| "<".into());
    cdata("html: </", |_| "</".into());
    cdata("html: <!--", |_| "<!--".into());
    cdata("html: <!", |_| "<!".into());
    cdata("html: <script>", |_| "<script>".into());
    cdata("html: <script><!--", |_| "<script><!--".into());
    cdata("html: <title></", |n| if n == 0 { "<title>".into() } else { "</".into() });
    cdata("html: &", |_| "&".into());
    cdata("html: &n", |_| "&notit".into());
    cdata("html: &#", |_| "&#1".into());
    cdata("html: &#9...", |_| "9".into());
    cdata("html: words", |_| "word. ".into());
    cdata("html: The post", |_| "The post ".into());
    cdata("html: Read more", |_| "Read more".into());
    cdata("html: controls", |_| "\u{85}a".into());
    let json = r#"{"version":"https://jsonfeed.org/version/1","items":["#;
    for (name, again) in [
        ("json: items", r#"{"title":"a"},"#),
        ("json: [", "["),
        ("json: deep", r#"{"a":"#),
        ("json: strings", r#""\""#),
        ("json: keys", r#""a":1,"#),
    ] {
        out.push((name, json.to_owned(), again.to_owned()));
    }
    out
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    println!("{:<32}{:>8}{:>8}{:>8}{:>8}  ms for 1, 2, 4, 8 MB", "", 1, 2, 4, 8);
    for (name, start, again) in shapes() {
        if !only.is_empty() && !only.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        print!("{name:<32}");
        let end = match name {
            "one huge name" => ">",
            _ if name.contains("attribute") => "'/>",
            _ => "",
        };
        for size in [1, 2, 4, 8] {
            let start = start.replace("BASE", &"b/".repeat(1_900));
            let feed = start + &again.repeat(size * 1_000_000 / again.len()) + end;
            let now = DateTime::from_timestamp(1_795_586_400, 0).unwrap_or_default();
            let origin = Origin { source: Some("W"), topics: &[], base: None, charset: None, now, latest: now };
            let begun = Instant::now();
            let _ = read_feed(Path::new("w"), feed.as_bytes(), &origin);
            print!("{:>8}", begun.elapsed().as_millis());
        }
        println!();
    }
}
