//! Titles and summaries arrive as they were written: every word of sixty awkward strings, and of any string, in both parts.

use super::*;
use crate::model::TextFormat;

/// Plain text that Markdown, HTML, a template or a mail program might take for something else.
const AWKWARD: &[&str] = &[
    "24. Dezember ist der letzte Tag mit einer Ausgabe.",
    "1984. That is the whole title, and everybody knows it.",
    "2026) A year in brackets",
    "0. Nothing comes first",
    "999999999. A long number",
    "A look at Vec<T> and Option<Box<T>> in practice.",
    "HashMap<K, V> beats BTreeMap<K, V>",
    "std::vector<std::map<int, std::string>> is slow",
    "a < b and b > c, so a <> c",
    "if a<b and c>d then",
    "i <3 u, u <3 i",
    "How the <b> tag came to be, and <i> too",
    "<template> and <dialog> arrive in all browsers",
    "<!doctype html> turns 30",
    "<name@host.example> was spoofed",
    "x << 2 >> 1",
    "A *star* and **two** and ***three***",
    "* a star at the start",
    "2 * 3 * 4 = 24",
    "_under_ and __double__ and snake_case_name",
    "`code` and ``more`` and ``` three",
    "~~struck~~ and ~one~",
    "# not a heading",
    "#hashtag and C# and F#",
    "- not a list",
    "+ nor this",
    "== not underlined ==",
    "--- three hyphens",
    "[link] and [x](y) and ![z]",
    "[1]: https://a.example/ is a reference",
    "See [the docs](https://docs.example/a_(b)) for more",
    "<https://a.example/> is an address",
    "https://a.example/?a=1&b=2 is another",
    "\\ and \\* and \\\\server\\share",
    "C:\\new\\table\\u0041",
    "\"Quoted\" and 'single' and “curly” and ‘both’",
    "It's 5 o'clock -- don't \"panic\"...",
    "AT&T, R&D, Q&A; &c.",
    "&amp; and &lt;b&gt; and &#8217; and &copy",
    "{{subscriber.email}} and {{{raw}}} and {% if %}",
    "${HOME} and $x^2$ and \\(y\\) and $\\mathcal{O}(n)$",
    "100 % of 5% is 5 ‰",
    "TK Maxx opens ten stores; TODO lists are back",
    "أخبار C++\u{200f} هذا الأسبوع",
    "\u{200e}Otter Notes 3 for phones is out",
    "שלום לעולם, world",
    "می\u{200c}خواهم",
    "👩\u{200d}🔬 wins, 👨\u{200d}👩\u{200d}👧\u{200d}👦 too, 🏳\u{fe0f}\u{200d}🌈",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} beats 🇩🇪",
    "Zeile mit weichem Trenn\u{ad}strich",
    "10\u{a0}km und 5\u{202f}%",
    "e\u{301}te\u{301} and été",
    "日本語の見出し、すべての文字が残る。",
    "ﬁne ligatures and ½ and ①",
    "naïve café, Łódź, Ærø, İstanbul",
    "= | pipes | and | more | =",
    "a -> b => c <- d <= e >= f != g",
    "f(x) = {x | x > 0}",
    ":smile: and :-) and ;-)",
    "@someone and #42 and !important",
    "/etc/passwd and ~/.bashrc and ./run --now",
    "Trailing backslash \\",
];

fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// What a browser shows of the HTML, as words.
fn html_words(html: &str) -> Vec<String> {
    let body = html.split_once("<body").map_or(html, |(_, body)| body);
    plain_words(&crate::text::html::text(body, crate::text::html::Breaks::All))
}

fn has(words: &[String], wanted: &[String]) -> bool {
    wanted.is_empty() || words.windows(wanted.len()).any(|window| window == wanted)
}

fn both_parts_have(title: &str, summary: &str) {
    for edition in ["midweek", "sunday"] {
        let mut draft = sample::full();
        for entry in &mut draft.news[..2] {
            (entry.title, entry.summary, entry.format) = (title.into(), summary.into(), TextFormat::Text);
        }
        let rendered = draw(&draft, edition);
        let html = html_words(&rendered.fill(Part::Html, &Ann));
        let text = plain_words(&rendered.fill(Part::Text, &Ann));
        for wanted in [title, summary] {
            let wanted = plain_words(wanted);
            assert!(has(&html, &wanted), "{edition}: not all of {wanted:?} is in the HTML");
            assert!(has(&text, &wanted), "{edition}: not all of {wanted:?} is in the text");
        }
    }
}

#[test]
fn sixty_awkward_strings_arrive_as_they_were_written() {
    assert!(AWKWARD.len() >= 60);
    for awkward in AWKWARD {
        both_parts_have(awkward, awkward);
    }
}

#[test]
fn html_in_plain_text_becomes_its_words() {
    let summary =
        "<p>First sentence of the story.</p><p>Second, with a <a href=\"https://paper.example/\">link</a>.</p>";
    let mut links = prose::Links::default();
    let read = prose::summary(TextFormat::Text, summary, &mut links);
    assert_eq!(read.text, "First sentence of the story.\n\nSecond, with a link.");
    assert_eq!(prose::title(TextFormat::Text, "A <b>bold</b> claim"), "A bold claim");
    assert_eq!(prose::title(TextFormat::Markdown, "A **bold** claim about Vec<T>"), "A bold claim about Vec<T>");
}

#[test]
fn tables_lists_and_code_keep_their_lines() {
    for (format, summary, lines) in [
        (TextFormat::Text, "| Store | ms |\n|---|---|\n| sqlite | 3 |", "| Store | ms |\n|---|---|\n| sqlite | 3 |"),
        (TextFormat::Text, "Two:\n- one\n- two", "Two:\n- one\n- two"),
        (TextFormat::Text, "def f():\n    return  1", "def f():\n    return\u{a0} 1"),
        (TextFormat::Text, "a\tb\nc\td", "a\u{a0}\u{a0}\u{a0} b\nc\u{a0}\u{a0}\u{a0} d"),
        (TextFormat::Text, "One.\n\n\nTwo.", "One.\n\nTwo."),
        (TextFormat::Markdown, "| Store | ms |\n|---|---|\n| sqlite | 3 |", "Store | ms\nsqlite | 3"),
        (TextFormat::Markdown, "```\ndef f():\n    return 1\n```", "def f():\n\u{a0}\u{a0}\u{a0}\u{a0}return 1"),
        (TextFormat::Markdown, "24. Dezember\n25. Dezember", "24. Dezember\n25. Dezember"),
        (TextFormat::Markdown, "1984. A novel", "1984. A novel"),
        (TextFormat::Markdown, "Vec<T> and <u>d</u>", "Vec<T> and d"),
        (TextFormat::Markdown, "<div>In a block</div>", "In a block"),
    ] {
        let mut links = prose::Links::default();
        let read = prose::summary(format, summary, &mut links);
        assert_eq!(read.text, lines, "{summary}");
        let shown = crate::text::html::text(&read.html, crate::text::html::Breaks::All);
        let plain = |text: &str| text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(plain(&shown), plain(lines), "{summary}: {}", read.html);
        let breaks = read.html.matches("<br />").count() + read.html.matches("</p>").count().max(1) - 1
            + read.html.matches("</li>").count().max(1)
            - 1;
        assert_eq!(breaks, lines.replace("\n\n", "\n").matches('\n').count(), "{}", read.html);
    }
}

#[test]
fn a_subject_is_without_marks_of_direction_and_the_headline_keeps_them() {
    let mut draft = sample::full();
    draft.subject = "\u{200e}Otter \u{200f}Notes\u{61c} 3".into();
    draft.news[0].title = draft.subject.clone();
    let rendered = draw(&draft, "midweek");
    assert_eq!(rendered.subject, "Otter Notes 3");
    assert!(rendered.fill(Part::Text, &Ann).contains("\u{200e}Otter \u{200f}Notes\u{61c} 3"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any words without HTML markup or direction marks, none longer than a line.
    #[test]
    fn no_word_is_missing_and_none_is_changed(
        title in prop::collection::vec(r#"[a-zA-Z0-9äß\*_`~#\[\]()|.,:;!?'"\\{}$%&=+/^@-]{1,24}|<T>|[0-9]{1,4}\.|漢|مرحبا"#, 1..8),
        summary in prop::collection::vec(r#"[a-zA-Z0-9äß\*_`~#\[\]()|.,:;!?'"\\{}$%&=+/^@-]{1,24}|<T>|<K,|V>|[0-9]{1,4}\.|漢|مرحبا"#, 1..30),
        ends in prop::collection::vec("( |\n|\n\n)", 30),
    ) {
        let summary = summary.iter().zip(&ends).fold(String::new(), |text, (word, end)| text + word + end);
        both_parts_have(&title.join(" "), &summary);
    }
}
