//! What is HTML and what only looks like it; what becomes of lists, tables and code.

use proptest::prelude::*;

use super::*;

#[test]
fn markup_is_told_from_words_that_look_like_it() {
    for text in [
        "<p>First sentence.</p><p>Second, with a <a href=\"https://a.example/\">link</a>.</p>",
        "A <b>bold</b> claim",
        "one line.<br>another",
        "one line<br/> another",
        "<p>Never closed",
        "See <a href='x'>this",
        "<img src=\"x.png\"> A picture",
        "<DIV CLASS=\"x\">Y</DIV>",
        "<ul><li>One<li>Two</ul>",
        "a < b, <i>really</i>",
    ] {
        assert!(is_html(text), "{text}");
    }
    for text in [
        "A look at Vec<T> and Option<Box<T>> in practice.",
        "a < b and b > c",
        "if a<b and c>d then",
        "if a<b && c=d>e then",
        "How the <b> tag came to be",
        "<template> and <dialog> arrive in all browsers",
        "<p> considered harmful",
        "Use <br>, not <br>",
        "Write `<p>words</p>` by hand",
        "i <3 u, u <3 i",
        "x <i think> y",
        "std::vector<std::map<int, std::string>> is slow",
        "Tom &amp; Jerry",
        "<!doctype html> turns 30",
        "HashMap<K, V> beats BTreeMap<K, V>",
        "",
    ] {
        assert!(!is_html(text), "{text}");
        assert_eq!(from_plain(text, Breaks::All), None);
    }
}

#[test]
fn html_becomes_its_text_with_the_lines_that_mean_something() {
    for (html, all, lists) in [
        ("<p>One  two.</p><p>Three.</p>", "One two.\n\nThree.", "One two. Three."),
        ("a<b>b</b>c<br>d", "abc\nd", "abc d"),
        (
            "<p>See:</p><ul><li>one</li><li><p>two</p></li></ul><p>End.</p>",
            "See:\n\n- one\n- two\n\nEnd.",
            "See:\n- one\n- two\nEnd.",
        ),
        ("<ol start=\"24\"><li>Dezember<li>und 25.</ol>", "24. Dezember\n25. und 25.", "24. Dezember\n25. und 25."),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c", "- a\n  - b\n- c"),
        (
            "<table><tr><th>Store</th><th>ms</th></tr><tr><td>sqlite</td><td>3</td></tr></table>",
            "Store | ms\nsqlite | 3",
            "Store | ms\nsqlite | 3",
        ),
        ("x<pre>def f():\n    return 1\n</pre>y", "x\n\ndef f():\n    return 1\n\ny", "x\ndef f():\n    return 1\ny"),
        ("a<script>b</script>c<style>d</style>", "a c", "a c"),
        ("Q&amp;A &lt;b&gt; &#8230;", "Q&A <b> …", "Q&A <b> …"),
        ("<dl><dt>A</dt><dd>B</dd></dl>", "A\nB", "A\nB"),
        (" <p> </p> ", "", ""),
    ] {
        assert_eq!((text(html, Breaks::All).trim_end(), text(html, Breaks::Lists).trim_end()), (all, lists), "{html}");
        assert!(!text(html, Breaks::None).contains('\n'), "{html}");
    }
}

#[test]
fn what_is_no_element_stays_in_a_text_that_is_html() {
    for (plain, expected) in [
        ("<p>Vec<T> and <b>x</b></p>", "Vec<T> and x"),
        ("<p>if a<b and c>d</p>", "if a<b and c>d"),
        ("<p>Write `<br>` here</p>", "Write `<br>` here"),
    ] {
        assert_eq!(from_plain(plain, Breaks::All).as_deref(), Some(expected), "{plain}");
    }
}

proptest! {
    /// Whatever is not between angle brackets is there afterwards, and in its order.
    #[test]
    fn no_word_outside_tags_is_lost(words in prop::collection::vec("[a-zäß0-9]{1,8}", 1..12), tags in prop::collection::vec("</?(p|b|li|ul|ol|tr|td|table|br|div|i|T|x-y)( a=\"b\")?/?>", 12)) {
        let html = words.iter().zip(&tags).fold(String::new(), |html, (word, tag)| html + tag + word + " ");
        for breaks in [Breaks::None, Breaks::Lists, Breaks::All] {
            let text = text(&html, breaks);
            let mut rest = text.as_str();
            for word in &words {
                let at = rest.find(word.as_str());
                prop_assert!(at.is_some(), "{word} of {html} is not in {text:?}");
                rest = &rest[at.unwrap_or_default() + word.len()..];
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic_or_slow(text in "(<|>|/|=|\"|'|-|!| |a|b|p|li|<!--|-->|<script|</script|<p>|é|&|&lt;|`|\n){0,60}") {
        let _ = (from_plain(&text, Breaks::All), super::text(&text, Breaks::Lists), is_html(&text));
    }
}
