//! What the rules stand on: colours, CSS, the page as elements.

use proptest::prelude::*;

use crate::check::cascade::{Mode, looks};
use crate::check::color::{BLACK, Color, WHITE};
use crate::check::css::{self, Stylesheet};
use crate::check::page::Page;

#[test]
fn colors_and_their_contrast() {
    let parse = |text: &str| Color::parse(text).map(|(color, _)| color.to_string());
    let table = [
        ("#fff", Some("#ffffff")),
        ("#0f766e", Some("#0f766e")),
        ("RGB(15, 118, 110)", Some("#0f766e")),
        ("rgb(100% 0% 0% / 50%)", Some("#ff0000")),
        ("Navy", Some("#000080")),
        ("#ffff00ff", Some("#ffff00")),
        ("hsl(1,2%,3%)", None),
        ("rgb(nan,1,2)", None),
        ("#12", None),
        ("#éé", None),
        ("", None),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).as_deref(), expected, "{text}");
    }
    assert_eq!(Color::parse("rgba(0,0,0,.5)").map(|(_, alpha)| alpha), Some(0.5));
    assert_eq!(BLACK.over(0.5, WHITE).to_string(), "#808080");
    // Reference values: black on white is 21; #767676 is the lightest grey that passes on white.
    assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
    assert!(Color::hex(0x76_76_76).contrast(WHITE) >= 4.5 && Color::hex(0x77_77_77).contrast(WHITE) < 4.5);
}

#[test]
fn style_sheets_become_rules_under_their_conditions() {
    let css = css::without_comments(
        "@import 'a.css'; /* no { */ a, .b > c { color: red; background: url(x;y) !important }
         @media (min-width: 9px) { @media print { .d { order: 1 } } p{} } @font-face { src: url(f) } .e{",
    );
    let sheet = Stylesheet::read(&css);
    let rules: Vec<(usize, &str)> = sheet.rules.iter().map(|rule| (rule.conditions.len(), rule.selectors)).collect();
    assert_eq!(rules, [(0, "a, .b > c"), (2, ".d"), (1, "p"), (0, ".e")]);
    let names: Vec<&str> = sheet.at_rules.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["import", "media", "media", "font-face"]);
    let found: Vec<css::Declaration> = css::declarations(sheet.rules[0].block).collect();
    assert_eq!((found.len(), found[1].value, found[1].important), (2, "url(x;y)", true));
    let selectors: Vec<css::Selector> = css::selectors(sheet.rules[0].selectors).collect();
    assert_eq!(css::selectors("a]\u{1e92c}, [x]\u{1e92c}").count(), 1, "what is no selector is left out");
    assert_eq!((selectors[0].specificity, selectors[1].specificity), ((0, 0, 1), (0, 1, 1)));
}

#[test]
fn elements_know_their_bytes_and_words() {
    let html = "<body><p title='a > b'>One <b>two</b><p>three<br>four</body><style>p > a {}</style>";
    let page = Page::read(html);
    let shown: Vec<(&str, &str)> = page.elements.iter().map(|e| (e.name(), &html[e.start..e.end])).collect();
    assert_eq!(shown[0], ("body", "<body><p title='a > b'>One <b>two</b><p>three<br>four</body>"));
    assert_eq!(shown[2], ("b", "<b>two</b>"));
    assert_eq!((page.text(1), page.text(3)), ("One two".into(), "three four".into()));
    assert_eq!(page.css, "p > a {}");
}

/// How the last element of `body` looks under a style sheet: colour, ground, size, bold, hidden.
fn looked(css: &str, body: &str, mode: Mode) -> String {
    let page = Page::read(&format!("<html><body bgcolor='#eeeeee'>{body}</body></html>"));
    let look = looks(&page, &Stylesheet::read(css), mode).pop().unwrap();
    let name = |color: Option<Color>| color.map_or("?".into(), |color| color.to_string());
    let (bold, hidden) = (if look.bold { " bold" } else { "" }, if look.hidden { " hidden" } else { "" });
    format!("{} on {} {}px{bold}{hidden}", name(look.color), name(look.ground), look.size)
}

#[test]
fn styles_cascade_as_in_a_browser() {
    let light = [
        ("", "<p>", "#000000 on #eeeeee 16px"),
        ("", "<h1><b style='font-size:50%'>", "#000000 on #eeeeee 16px bold"),
        ("", "<div style='color:red'><a href=x>", "#0000ee on #eeeeee 16px"),
        ("", "<h1 style='font-size:2em'>", "#000000 on #eeeeee 32px bold"),
        ("", "<div style='color:#123'><a href=x style='color:inherit'>", "#112233 on #eeeeee 16px"),
        (".x { display: none } .y { display: block }", "<p class='x y'>", "#000000 on #eeeeee 16px"),
        ("", "<div style='display:none'><p style='display:block'>", "#000000 on #eeeeee 16px hidden"),
        ("", "<div style='color:#111;background:#222;font-weight:700'><i>", "#111111 on #222222 16px bold"),
        ("", "<p style='background:rgba(0,0,0,0.5)'>", "#000000 on #777777 16px"),
        ("", "<p style='background:url(a.png) #fff'>", "#000000 on ? 16px"),
        ("", "<p style='color:hsl(1,2%,3%);display:none'>", "? on #eeeeee 16px hidden"),
        // Inline beats the sheet, !important beats inline, the more specific beats the less, the later the earlier.
        ("p { color: red }", "<p style='color:#010101'>", "#010101 on #eeeeee 16px"),
        ("p { color: #f00 !important }", "<p style='color:#010101'>", "#ff0000 on #eeeeee 16px"),
        (".a { color: #aaa } p { color: #bbb }", "<p class='b a'>", "#aaaaaa on #eeeeee 16px"),
        ("p { color: #aaa } p { color: #bbb }", "<p>", "#bbbbbb on #eeeeee 16px"),
        ("#i { color: #aaa } .a.b[c='d'] { color: #bbb }", "<p id=i class='a b' c=d>", "#aaaaaa on #eeeeee 16px"),
        ("div > p { color: #aaa } div p { font-size: 2em }", "<div><b><p>", "#000000 on #eeeeee 32px bold"),
        ("div > p { color: #aaa }", "<div><p>", "#aaaaaa on #eeeeee 16px"),
        ("b + p, b ~ p { color: #aaa } p:hover { color: #bbb }", "<b></b><p>", "#000000 on #eeeeee 16px"),
        ("@media (min-width: 480px) { p { color: #aaa } }", "<p>", "#aaaaaa on #eeeeee 16px"),
        ("@media (max-width: 480px) { p { color: #aaa } }", "<p>", "#000000 on #eeeeee 16px"),
        ("@media print { p { color: #aaa } }", "<p>", "#000000 on #eeeeee 16px"),
        ("@media (prefers-color-scheme: dark) { p { color: #aaa } }", "<p>", "#000000 on #eeeeee 16px"),
    ];
    for (css, body, expected) in light {
        assert_eq!(looked(css, body, Mode::Light), expected, "{css} {body}");
    }
    let dark = [
        ("@media (prefers-color-scheme: dark) { p { color: #aaa } }", "<p>", "#aaaaaa on #eeeeee 16px"),
        ("@media (prefers-color-scheme: light) { p { color: #aaa } }", "<p>", "#000000 on #eeeeee 16px"),
        (":root { color-scheme: light dark }", "<p>", "#ffffff on #eeeeee 16px"),
        (":root { color-scheme: light dark }", "<a href=x>", "#9e9eff on #eeeeee 16px"),
    ];
    for (css, body, expected) in dark {
        assert_eq!(looked(css, body, Mode::Dark), expected, "{css} {body}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parsers(text in "\\PC{0,60}[<>{}()\\[\\]@:;!/*#.,\"' +~%-]{0,40}\\PC{0,20}") {
        let page = Page::read(&text);
        for element in &page.elements {
            prop_assert!(element.start <= element.end && element.end <= text.len());
        }
        let sheet = Stylesheet::read(&text);
        for rule in &sheet.rules {
            css::selectors(rule.selectors).for_each(drop);
            css::declarations(rule.block).for_each(drop);
        }
        let _ = Color::parse(&text);
    }
}
