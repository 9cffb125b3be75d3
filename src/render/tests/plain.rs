//! The plain text: its width by what a terminal shows, its links, its headings.

use super::*;
use crate::model::TextLinks;

fn text(draft: &Draft, name: &str) -> String {
    draw(draft, name).fill(Part::Text, &Ann)
}

/// The same with inline addresses.
fn inline(draft: &Draft, name: &str) -> String {
    let edition = Edition { text_links: TextLinks::Inline, ..edition(name) };
    render(draft, &sample::setting(&edition), &Templates::builtin()).unwrap().fill(Part::Text, &Ann)
}

#[test]
fn no_line_is_wider_than_72_columns_but_an_address() {
    for (state, draft, edition) in states::all() {
        for text in [text(&draft, edition), inline(&draft, edition)] {
            for line in text.lines() {
                let line = line.trim_start();
                let address = line
                    .split_once("] ")
                    .map_or(line, |(_, rest)| rest)
                    .trim_start_matches("4. ")
                    .trim_start_matches("because you signed up at ");
                let whole = (address.contains("://") || address.starts_with("mailto:")) && !address.contains(' ');
                assert!(whole || line.width() <= 72, "{state}: {} columns: {line}", line.width());
            }
            assert!(!text.lines().any(|line| line.ends_with(' ')), "{state}");
            assert!(!text.contains('\t') && !text.contains("\n\n\n\n"), "{state}");
        }
    }
}

#[test]
fn numbers_in_brackets_lead_to_the_list() {
    for (state, draft, edition) in states::all() {
        let text = text(&draft, edition);
        let Some((body, list)) = text.split_once("\nLinks\n-----\n") else {
            assert_eq!(state, "minimal");
            continue;
        };
        let listed: Vec<&str> = list.lines().filter(|line| line.starts_with('[')).collect();
        for (at, line) in listed.iter().enumerate() {
            let to = [format!("[{}] http", at + 1), format!("[{}] mailto:", at + 1)];
            assert!(to.iter().any(|to| line.starts_with(to)), "{state}: {line}");
            assert!(body.contains(&format!("[{}]", at + 1)), "{state}: [{}] leads nowhere", at + 1);
        }
        assert!(!body.contains(&format!("[{}]", listed.len() + 1)) && !body.contains("[0]"), "{state}");
    }
}

#[test]
fn inline_addresses_stand_alone_under_what_they_belong_to() {
    let text = inline(&states::midweek(), "midweek");
    assert!(!text.contains("\nLinks\n") && !text.contains("[1]"), "{text}");
    for said in [
        "1. Llama 3.1 brings an open model of 405 billion parameters\nhttps://news.example/llama31bringsanopenmodel\nMeta AI",
        "how we score the\nnews <https://almanac.example/scores>, since",
        "- The Weekly Model\n  https://weekly.example/open-weights\n- Radio Lab Notes",
        "Open weights, explained\nhttps://almanac.example/guides/open-weights\nLevel: Beginner",
        "\nhttps://news.example/parameters\n",
    ] {
        assert!(text.contains(said), "{said}\n\n{text}");
    }
    // Both forms have the same addresses.
    let numbered = self::text(&states::midweek(), "midweek");
    for address in numbered.split_whitespace().filter(|word| word.starts_with("http")) {
        assert!(text.contains(address), "{address}");
    }
}

#[test]
fn headings_are_lines_of_their_own_with_hyphens_under_them() {
    let text = text(&states::of(12), "sunday");
    let lines: Vec<&str> = text.lines().collect();
    let mut headings = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.len() > 2 && line.chars().all(|c| c == '-')) {
        assert_eq!(line.width(), lines[at - 1].width());
        assert!(at == 1 || lines[at - 2].is_empty(), "{}", lines[at - 1]);
        headings.push(lines[at - 1]);
    }
    let wanted = [
        "Call Me Almanac: Sunday",
        "Story of the week",
        "1. Models",
        "2. Products",
        "3. Science",
        "Number of the week",
        "From the shelf",
        "Links",
        "About this mail",
    ];
    assert_eq!(headings, wanted);
    // What a screen reader would spell out.
    for noise in ["===", "***", "●", "○", "&nbsp;", "&#"] {
        assert!(!text.contains(noise), "{noise}");
    }
}

#[test]
fn breaks_fall_where_subscribers_of_the_script_expect_them() {
    // No line begins with closing punctuation or a small kana, none ends with an opening bracket.
    assert_eq!(words::wrap("漢字漢。字", 6, ""), "漢字\n漢。字");
    assert_eq!(words::wrap("漢字「漢」", 6, ""), "漢字\n「漢」");
    assert_eq!(words::wrap("カタッカ", 4, ""), "カ\nタッ\nカ");
    // Chinese after a Latin word goes on the same line.
    assert_eq!(words::wrap("GPT 漢字漢字", 8, ""), "GPT 漢字\n漢字");
    // Characters made of several stay whole: a family, a flag of two letters, a skin tone, England's flag.
    for whole in ["👨‍👩‍👧‍👦", "🇫🇷", "👍🏽", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "e\u{301}"]
    {
        let wrapped = words::wrap(&whole.repeat(12), 8, "");
        for line in wrapped.lines() {
            assert_eq!(line.replace(whole, ""), "", "{whole} is torn: {wrapped:?}");
            assert!(line.width() <= 8, "{line}");
        }
        assert!(wrapped.lines().count() > 1, "{whole}");
    }
}

#[test]
fn flags_and_joined_emoji_come_out_as_they_are_in_both_parts() {
    let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
    let mut draft = states::midweek();
    draft.news[0].title = format!("{england} wins");
    draft.news[0].summary = format!("So {england} did, 👨‍👩‍👧‍👦 watched.");
    draft.subject = draft.news[0].title.clone();
    let rendered = draw(&draft, "midweek");
    let html = read_back(
        &rendered.fill(Part::Html, &Ann).replace("&nbsp;", " ").replace("&zwnj;", "").replace("&middot;", ""),
    );
    for out in [&html, &rendered.fill(Part::Text, &Ann)] {
        assert!(out.contains(&format!("{england} wins")) && out.contains(&format!("So {england} did, 👨‍👩‍👧‍👦")), "{out}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn wrapping_loses_nothing_and_keeps_the_width(text in r"([a-zäж漢かッ。「」👍🏽👨‍👩‍👧🇫🇷e\u{301}ש ]|[a-z]{30}){0,80}", width in 8_usize..80) {
        let wrapped = words::wrap(&text, width, "");
        let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(squeezed(&wrapped), squeezed(&text));
        for line in wrapped.lines() {
            prop_assert!(line.width() <= width, "{} columns: {}", line.width(), line);
        }
    }
}
