//! Renders every template with every sample, and checks for what must never appear in a mail.

mod clicks;
mod exact;
mod languages;
mod looks;
mod plain;
mod states;
mod themes;

use std::path::Path;

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::model::{Edition, Fill, Part, Publication, Segment, Slot};

struct Ann;

impl Fill for Ann {
    fn value(&self, slot: &Slot) -> &str {
        match slot {
            Slot::Name => "Ann",
            Slot::Email => "ann@reader.example",
            Slot::UnsubscribeUrl => "https://almanac.example/unsubscribe/3f9c1d5a7b2e4f60",
            Slot::PreferencesUrl => "https://almanac.example/preferences/3f9c1d5a7b2e4f60",
            Slot::WebCopyUrl => "https://almanac.example/archive/2024-07-31",
            Slot::Field(_) => "Paris",
        }
    }
}

fn edition(name: &str) -> Edition {
    let sunday = name == "sunday";
    Edition { template: name.into(), by_topic: sunday, guides_by_story: sunday, show_score: false, ..sample::filled() }
}

fn draw(draft: &Draft, name: &str) -> Rendered {
    draw_with(draft, name, &Templates::builtin()).unwrap_or_else(|notices| panic!("{notices}"))
}

/// The setting with every optional part, or with none for a draft that has none.
fn draw_with(draft: &Draft, name: &str, templates: &Templates) -> Result<Rendered, Notices> {
    let mut draft = draft.clone();
    draft.name.edition = name.into();
    let full = edition(name);
    let bare = Edition {
        template: name.into(),
        by_topic: full.by_topic,
        guides_by_story: full.guides_by_story,
        ..Edition::default()
    };
    let publication = Publication { mark: None, ..sample::publication().clone() };
    let setting = match draft.issue_number {
        Some(_) => sample::setting(&full),
        None => Setting::new(&publication, &bare),
    };
    let fields = ["city", "First Name", "home.town/x"].map(str::to_owned);
    render(&draft, &Setting { fields: &fields, ..setting }, templates)
}

/// The error for a template mistake, with `source` in place of the built-in `name`.
fn complaint(name: &str, source: &str) -> String {
    let templates = Templates::builtin().with(name, Path::new("mine.hbs"), source.to_owned());
    draw_with(&sample::full(), "midweek", &templates).unwrap_err().to_string()
}

/// Tags that open and close in order, with every attribute in double quotes; the text outside tags. Panics otherwise.
pub(super) fn well_formed(html: &str) -> String {
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with("<!--") { rest.find("-->").unwrap() + 3 } else { rest.find('>').unwrap() + 1 };
        let tag = &rest[1..end - 1];
        rest = &rest[end..];
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name.trim()), "closed out of order");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "a quote stands alone in <{tag}>");
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!name.is_empty() && name != "script", "<{tag}>");
        if name == "style" {
            rest = &rest[rest.find("</style>").unwrap() + 8..];
        } else if !["meta", "br", "img"].contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<String>::new(), "left open");
    text
}

/// Numeric and named references of [`words::escape`] read back.
fn read_back(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("&#");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap();
        out.push(char::from_u32(number.parse().unwrap()).unwrap());
        out.push_str(rest);
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn sound(draft: &Draft, name: &str) {
    let rendered = draw(draft, name);
    let html = rendered.fill(Part::Html, &Ann);
    let shown = read_back(&well_formed(&html));
    for entry in draft.news.iter().filter(|entry| !entry.banned) {
        let title = words::line(&entry.title);
        assert!(shown.contains(&title), "{title:?} is not in the HTML");
    }
    let text = rendered.fill(Part::Text, &Ann);
    for line in text.lines().filter(|line| !line.contains("://") && !line.contains("mailto:")) {
        assert!(line.width() <= 76, "{} columns: {line}", line.width());
    }
    for slot in [Slot::Email, Slot::UnsubscribeUrl, Slot::PreferencesUrl, Slot::WebCopyUrl] {
        for segments in [&rendered.html, &rendered.text] {
            assert!(segments.contains(&Segment::Slot(slot.clone())), "{slot:?}");
        }
    }
}

#[test]
fn every_template_renders_every_sample() {
    for name in ["midweek", "sunday"] {
        for draft in [sample::full(), sample::minimal(), sample::hostile()] {
            sound(&draft, name);
        }
    }
}

#[test]
fn the_built_in_templates_are_proven() {
    for name in ["midweek", "sunday"] {
        let edition = edition(name);
        prove(&Setting::new(sample::publication(), &edition), &Templates::builtin()).unwrap();
    }
    let on_disk = |dir: &str| std::fs::read_dir(Path::new("templates").join(dir)).unwrap().count();
    let files = ["issue", "letter/confirm", "letter/editors", "page", "partials", "tokens", "words"]
        .map(on_disk)
        .iter()
        .sum::<usize>();
    assert_eq!(Templates::builtin_files().count(), files, "a template is not in the table");
}

#[test]
fn topics_group_runs_and_gather_the_rest() {
    let mut draft = sample::full();
    for (entry, topic) in draft.news.iter_mut().zip(["Models", "models", "Law", "Chips", "chips", "Art"]) {
        entry.topics = vec![topic.into()];
    }
    let text = draw(&draft, "sunday").fill(Part::Text, &Ann);
    let text = text.split_once("Story of the week\n---").unwrap().1;
    let places: Vec<usize> =
        ["1. Models\n---", "Mistral", "2. Chips\n---", "GPT-4o mini", "3. In brief\n---", "Gemma", "AlphaProof"]
            .iter()
            .map(|words| text.find(words).unwrap_or_else(|| panic!("{words}: {text}")))
            .collect();
    assert!(places.is_sorted(), "{places:?}\n{text}");
}

#[test]
fn the_editions_look_as_reviewed() {
    for name in ["midweek", "sunday"] {
        let rendered = draw(&sample::full(), name);
        insta::assert_snapshot!(format!("{name}_html"), rendered.fill(Part::Html, &Ann));
        insta::assert_snapshot!(format!("{name}_text"), rendered.fill(Part::Text, &Ann));
    }
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    assert_eq!(draw(&sample::full(), "sunday"), draw(&sample::full(), "sunday"));
}

#[test]
fn nothing_is_fetched_but_the_pictures_that_were_asked_for() {
    for name in ["midweek", "sunday"] {
        let (full, bare) = (draw(&sample::full(), name), draw(&states::bare(), name));
        let (full, bare) = (full.fill(Part::Html, &Ann), bare.fill(Part::Html, &Ann));
        for outside in ["<link", "@import", "url(", "<script"] {
            assert!(!full.contains(outside), "{outside}");
        }
        assert!(!bare.contains("<img") && !bare.contains("src="));
        let pictures: Vec<&str> = full.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(
            pictures,
            ["mark.png", "hills.png", "proof.png"].map(|file| format!("https://almanac.example/pictures/{file}"))
        );
    }
}

#[test]
fn template_tags_in_content_come_out_as_they_are() {
    let mut draft = sample::full();
    draft.news[0].title = "{{subscriber.email}} {{{unsubscribe_url}}}".into();
    draft.intro = "Say {{name}}".into();
    let rendered = draw(&draft, "midweek");
    for part in [Part::Html, Part::Text] {
        let out = rendered.fill(part, &Ann).replace("&#123;", "{");
        assert!(out.contains("{{subscriber.email}} {{{unsubscribe_url}}}") && out.contains("Say {{name}}"));
    }
}

#[test]
fn banned_entries_and_cards_are_not_shown() {
    let mut draft = sample::full();
    draft.news[0].banned = true;
    draft.guides[0].banned = true;
    let text = draw(&draft, "midweek").fill(Part::Text, &Ann);
    assert!(!text.contains("Llama") && !text.contains("Open weights, explained"));
}

#[test]
fn merge_fields_are_slots() {
    let templates = Templates::builtin().with(
        "partials/intro.txt.hbs",
        Path::new("mine.hbs"),
        "Dear {{subscriber.name}} in {{subscriber.fields.city}}, {{subscriber.fields.[First Name]}}\
         {{#with subscriber}}{{fields.[home.town/x]}}{{/with}}.\n\n"
            .into(),
    );
    let rendered = draw_with(&sample::full(), "midweek", &templates).unwrap();
    let text = rendered.fill(Part::Text, &Ann);
    assert!(text.contains("Dear Ann in Paris,"), "{text}");
}

#[test]
fn mistakes_in_templates_are_told_with_their_place_and_the_nearest_name() {
    let name = "partials/item.mjml.hbs";
    for (source, line, wanted) in [
        ("<mj-text>\n{{titel}}</mj-text>", 2, "did you mean `title`?"),
        ("\n\n{{#if mising}}x{{/if}}", 3, "there is no `mising` here"),
        ("{{#if title}}x{{else}}{{sumary_html}}{{/if}}", 1, "`summary_html`"),
        ("{{#each topics}}{{/each}}{{#each titl}}{{/each}}", 1, "did you mean `title`?"),
        ("{{> metta}}", 1, "did you mean `meta`?"),
        ("{{guide.lvel}}", 1, "did you mean `level`?"),
        ("{{{title}}}", 1, "would print text unescaped"),
        ("{{wrap title}}", 1, "there is no helper `wrap` here"),
        ("{{log title}}", 1, "there is no helper `log` here"),
        ("{{@root.subscriber.fields.citty}}", 1, "did you mean `city`?"),
        ("{{@root.subscriber.fields.[First Nam]}}", 1, "did you mean `[First Name]`?"),
        ("{{#if title}}", 1, "column"),
        ("{{> item}}", 1, "includes itself"),
        ("{{title}}\n\n  <mj-txt>", 3, "column 4: `<mj-txt>` is no MJML component"),
        ("{{!-- <mj-old a='b'> é\n--}}<mj-txt>", 2, "column 6: `<mj-txt>`"),
        ("<mj-txt>{{title}}</mj-txt>", 1, "did you mean `mj-text`?"),
        ("<mj-text {{#if url}} colour=\"red\"{{/if}}>", 1, "did you mean `color`?"),
        ("<mj-text\n color='red'>", 2, "column 2: the value of `color` must stand in double quotes"),
        ("<mj-text padding=\"1px\n2px\">", 1, "in `padding` would be garbled"),
        ("<mj-text font-family=\"a\u{a0}b\">", 1, "in `font-family` would be garbled"),
    ] {
        let told = complaint(name, source);
        assert!(told.contains(&format!("mine.hbs:{line}: column")) && told.contains(wanted), "{source}: {told}");
    }
    let told = complaint(name, "<mj-text><b>{{title}}</mj-text>");
    assert!(told.contains("not well-formed"), "{told}");
    let told = complaint("tokens/midweek.toml", "accent = \"red;} body{x\"");
    assert!(told.contains("not a plain colour"), "{told}");
}

#[test]
fn an_unknown_template_names_those_there_are() {
    let told = draw_with(&sample::full(), "monthly", &Templates::builtin()).unwrap_err().to_string();
    assert!(told.contains("issue/monthly.mjml.hbs") && told.contains("midweek, sunday"), "{told}");
}

#[test]
fn prose_keeps_words_and_drops_what_a_mail_does_not_have() {
    let mut links = prose::Links::default();
    let markdown =
        "# Head\n\nA *b* [c](https://e.org/) <u>d</u> ![e](https://e.org/p.png)\n\n- one\n- two\n\n> said\n\n    code";
    let read = prose::read(markdown, &mut links);
    assert_eq!(read.text, "Head\n\nA b c [1] d e\n\n- one\n- two\n\n> said\n\ncode");
    for gone in ["<h1", "<u>", "<img", "<pre"] {
        assert!(!read.html.contains(gone), "{}", read.html);
    }
    assert_eq!(links.urls, ["https://e.org/"]);
}

#[test]
fn endless_nesting_is_plain_text_and_quick() {
    for deep in [
        ">".repeat(5_000),
        "> ".repeat(5_000) + "x",
        "<div>".repeat(100_000),
        "*a **b ".repeat(2_000),
        "[".repeat(9_000),
    ] {
        let mut draft = sample::minimal();
        draft.news[0].summary = deep;
        draw(&draft, "midweek");
    }
}

#[test]
fn wrapping_counts_columns_and_hangs_lists() {
    assert_eq!(words::wrap("aaa bbb ccc", 7, ""), "aaa bbb\nccc");
    assert_eq!(words::wrap("- aaa bbb", 7, ""), "- aaa\n  bbb");
    assert_eq!(words::wrap("> aaa bbb", 7, ""), "> aaa\n> bbb");
    assert_eq!(words::wrap("漢字漢字", 5, ""), "漢字\n漢字");
    assert_eq!(words::wrap("see https://e.org/long/path", 10, ""), "see\nhttps://e.org/long/path");
    assert_eq!(words::wrap("aaaa bbbb ccccc [12]", 16, ""), "aaaa bbbb ccccc\n[12]");
    assert_eq!(words::wrap("aaaa bbbb cc [1]", 15, ""), "aaaa bbbb\ncc [1]");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn hostile_text_never_breaks_out(
        title in r#"([a-z<>"'&\\{}\PC\n\t]|<script|</td>|<!--|\{\{|]]>|&#|" onload="){1,40}"#,
        prose in r#"([a-z<>"'&\\*_`#>\[\]()!\-\n {}\PC]|<script|</div>|<a href=|\[x\]\(javascript:|<!--){0,120}"#,
        url in r#"(https://e.org/)?[a-z"'<>\\{}\PC ]{0,30}"#,
    ) {
        let mut draft = sample::full();
        draft.subject = title.clone();
        draft.preheader = prose.clone();
        draft.intro = prose.clone();
        draft.news[1].title = title.clone();
        draft.news[1].source = title.clone();
        draft.news[1].url = Some(url);
        draft.news[1].summary = prose.clone();
        draft.news[1].note = prose;
        draft.news[2].topics = vec![title];
        sound(&draft, "midweek");
        sound(&draft, "sunday");
    }
}
