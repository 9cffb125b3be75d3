//! How the HTML looks in every state: colours in all modes, directions, widths, weight.

use std::collections::BTreeMap;

use super::*;
use crate::render::draw;

fn html(draft: &Draft, name: &str) -> String {
    draw(draft, name).fill(Part::Html, &Ann)
}

fn look(name: &str) -> BTreeMap<String, String> {
    draw::look(name, &Templates::builtin()).unwrap()
}

fn channels(colour: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()))
}

fn linear(channel: f64) -> f64 {
    let c = channel / 255.0;
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// WCAG 2 relative luminance of a `#rrggbb` colour.
fn luminance(colour: &str) -> f64 {
    let [red, green, blue] = channels(colour).map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The luminance of the colour that a forced inversion makes of this one: CIELAB lightness mirrored between black, which
/// becomes white, and white, which becomes #333333 (lightness 21.25). Hue moves luminance no further.
fn inverted(colour: &str) -> f64 {
    let bent = |y: f64| if y > 0.008_856 { y.cbrt() } else { 7.787 * y + 16.0 / 116.0 };
    let lightness = 116.0 * bent(luminance(colour)) - 16.0;
    let mirrored = (100.0 - lightness) * (100.0 - 21.25) / 100.0 + 21.25;
    let t = (mirrored + 16.0) / 116.0;
    if t > 0.206_893 { t.powi(3) } else { (t - 16.0 / 116.0) / 7.787 }
}

fn ratio(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_stands_out_in_light_in_dark_and_inverted() {
    type Mode = (&'static str, fn(&str) -> f64);
    let modes: [Mode; 3] = [("", luminance), ("dark_", luminance), ("", inverted)];
    for edition in ["midweek", "sunday"] {
        let look = look(edition);
        for (number, (mode, light)) in modes.into_iter().enumerate() {
            let pair = |text: &str, ground: &str| {
                ratio(light(&look[&format!("{mode}{text}")]), light(&look[&format!("{mode}{ground}")]))
            };
            for ground in ["card", "tint", "paper"] {
                for text in ["ink", "soft", "muted", "accent"] {
                    let ratio = pair(text, ground);
                    assert!(ratio >= 4.5, "{edition}, mode {number}: {text} on {ground} has {ratio:.2}");
                }
            }
            assert!(pair("on_accent", "accent") >= 4.5, "{edition}, mode {number}: on_accent");
        }
    }
}

/// The tags of a page with their attributes, without comments and style sheets.
fn tags(html: &str) -> Vec<&str> {
    let body = &html[html.find("<body").unwrap()..];
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<!--") { rest.find("-->").unwrap() + 3 } else { rest.find('>').unwrap() + 1 };
        if rest.as_bytes()[1].is_ascii_alphabetic() {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}

fn attribute<'t>(tag: &'t str, name: &str) -> &'t str {
    let start = format!(" {name}=\"");
    tag.find(&start).map_or("", |at| tag[at + start.len()..].split('"').next().unwrap_or_default())
}

#[test]
fn every_colour_of_text_and_ground_has_a_dark_one() {
    // Paper is the body's colour; mj-text's inner div is styled by `.pad > div`, and a section's parts by the section's class.
    let text = ["ink", "soft", "muted", "accent", "fill"];
    let ground = ["card", "tint", "box", "fill", "paper"];
    for (state, draft, edition) in states::all() {
        let html = html(&draft, edition);
        for tag in tags(&html) {
            let style = attribute(tag, "style");
            let classes: Vec<&str> = attribute(tag, "class").split(' ').collect();
            let has = |known: &[&str]| classes.iter().any(|class| known.contains(class));
            let colour = style.split(';').find_map(|d| d.trim().strip_prefix("color:"));
            if colour.is_some() && !style.starts_with("font-family:") {
                assert!(
                    has(&text) || tag.contains("style=\"color:") && tag.starts_with("<a class=\"accent\""),
                    "{state}: {tag}"
                );
            }
            if style.contains("background:") && !tag.starts_with("<table") {
                assert!(has(&ground), "{state}: {tag}");
            }
        }
        // Every colour is a token's.
        let look: Vec<String> = look(edition).into_values().collect();
        for (at, _) in
            html.match_indices('#').filter(|(at, _)| html[at + 1..].chars().take(6).all(|c| c.is_ascii_hexdigit()))
        {
            let colour = &html[at..at + 7];
            assert!(!html[..at].ends_with(':') || look.iter().any(|value| value == colour), "{state}: {colour}");
        }
    }
}

#[test]
fn nothing_is_wider_than_the_screen() {
    for (state, draft, edition) in states::all() {
        let html = html(&draft, edition);
        for tag in tags(&html) {
            let style = attribute(tag, "style");
            for declaration in style.split(';').map(str::trim) {
                if let Some(width) = declaration.strip_prefix("width:") {
                    assert!(width == "100%" || width == "36px", "{state}: {tag}");
                }
                // What must not break is short: a level, a day, a word with an arrow, a link of the footer.
                let short = ["<span", "<a", "<td"].iter().any(|start| tag.starts_with(start));
                assert!(declaration != "white-space:nowrap" || short, "{state}: {tag}");
            }
            // Every cell that holds text breaks a word that is longer than the line.
            if tag.starts_with("<td") && attribute(tag, "class") == "pad" {
                assert!(style.contains("word-break:break-word"), "{state}: {tag}");
            }
        }
        assert!(html.contains("class=\"pad\"") && html.contains("max-width:600px"), "{state}");
        let columns = html.matches("mj-column-per-100").count();
        assert!(columns > 0 && !html.contains("mj-column-per-50"), "{state}: one column");
    }
}

#[test]
fn line_heights_grow_with_the_text() {
    for (state, draft, edition) in states::all() {
        for tag in tags(&html(&draft, edition)) {
            let style = attribute(tag, "style");
            let fixed =
                style.split(';').filter_map(|d| d.strip_prefix("line-height:")).any(|height| height.ends_with("px"));
            assert!(!fixed, "{state}: {tag}");
        }
    }
}

#[test]
fn an_arabic_issue_runs_from_the_right() {
    let html = html(&states::arabic(), "midweek");
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\""));
    assert!(!html.contains("direction:ltr") && html.contains("direction:rtl"));
    // The footer is centred, and the link to the web copy is at the other end.
    assert_eq!(html.matches("text-align:left").count() - html.matches("font-size:0px;text-align:left").count(), 1);
    // The cell inside overrides MJML's column styles.
    assert!(html.contains("<td align=\"right\" class=\"pad\"") && html.contains("text-align:right"));
    for (text, turned) in [
        ("GPT-4o mini replaces", true),
        ("لاما 3.1", false),
        ("صباح", false),
        ("405 billion", true),
        ("1 Example Street", true),
    ] {
        let at = html[html.find("<body").unwrap()..].find(text).unwrap() + html.find("<body").unwrap();
        let before = &html[..at];
        let near = &before[before.len().saturating_sub(330)..];
        assert_eq!(near.contains("dir=\"ltr\" align=\"left\""), turned, "{text}: {near}");
    }
    assert!(html.contains("border-right:3px solid") && !html.contains("border-left:"), "bars stand where lines begin");
    assert!(!html.contains("letter-spacing:1"), "letters of Arabic are joined");
}

#[test]
fn one_hebrew_story_is_turned_and_nothing_else() {
    let html = html(&states::one_in_hebrew(), "midweek");
    assert!(html.contains("dir=\"ltr\" class=\"paper\"") || html.contains("lang=\"en\" dir=\"ltr\""));
    assert_eq!(html.matches("dir=\"rtl\" align=\"right\"").count(), 3, "title, summary and note");
    assert!(html.contains("border-left:3px solid") && !html.contains("border-right:"));
    assert!(!self::html(&states::midweek(), "midweek").contains("rtl"));
}

#[test]
fn what_is_missing_leaves_no_trace() {
    for edition in ["midweek", "sunday"] {
        let html = html(&states::bare(), edition);
        for empty in
            ["href=\"\"", "\"></p>", "\"></h2>", "\"></h3>", "\"></a>", "\"></td>", "<tr></tr>", "<img", "&mdash;"]
        {
            assert!(!html.contains(empty), "{empty}");
        }
        assert_eq!(html.matches("Read the story at").count(), 0, "the lead has no address");
        assert!(!html.contains("Read the guide") && !html.contains("See the source"));
        for gone in ["/10", "Hello", "Reply", "Forward", "Past issues", "Sign up", "The next ", "No 61", "useful?"] {
            assert!(!html.contains(gone), "{gone}");
        }
        let text = draw(&states::bare(), edition).fill(Part::Text, &Ann);
        assert!(!text.contains("[0]") && !text.contains("Level: \n") && !text.contains("\n\n\n\n"), "{text}");
    }
}

#[test]
fn headings_say_what_follows_once() {
    for (state, draft, edition) in states::all() {
        let html = html(&draft, edition);
        let levels: Vec<u8> = html
            .match_indices("<h")
            .filter_map(|(at, _)| html.as_bytes().get(at + 2))
            .copied()
            .filter(u8::is_ascii_digit)
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == b'1').count(), 1, "{state}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{state}: a level is left out: {levels:?}");
        assert_eq!(html.matches("role=\"presentation\"").count(), html.matches("<table").count(), "{state}");
    }
}

#[test]
fn the_ways_out_are_wide_enough_for_a_thumb() {
    let html = html(&states::midweek(), "midweek");
    for way in ["Unsubscribe</a>", "Preferences</a>", "Read on the web</a>"] {
        let at = html.rfind(way).unwrap();
        let before = &html[..at];
        // 13 px text, 1.6 high, and 10 px above and below: 40 px, in a cell of its own.
        assert!(before[before.rfind("<a ").unwrap()..].contains("display:inline-block;padding:10px 0"), "{way}");
        assert!(before[before.rfind("<td ").unwrap()..].starts_with("<td style=\"padding:0 6px;"), "{way}");
    }
}

#[test]
fn a_guide_stands_once_and_says_what_it_explains() {
    let mut draft = states::of(12);
    for entry in &mut draft.news {
        entry.guide = Some("open-weights".into());
    }
    draft.news[1].guide = Some("gpt-4o".into());
    for (edition, told) in [
        ("midweek", "Helps with stories 1, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 12"),
        ("sunday", "Also helps with 10 more stories"),
    ] {
        let rendered = draw(&draft, edition);
        for part in [Part::Html, Part::Text] {
            let out = rendered.fill(part, &Ann);
            let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(told), "{edition}: {out}");
            for guide in &draft.guides {
                assert_eq!(out.matches(&guide.title).count(), 1, "{edition}: {}", guide.title);
            }
        }
    }
    // On Sunday a guide with a story is shown there, and the others at the end.
    let html = html(&draft, "sunday");
    let shelf = html.find("From the shelf").unwrap();
    assert!(html.find("Open weights, explained").unwrap() < shelf && html.find("Machine proofs").unwrap() > shelf);
    draft.guides.truncate(2);
    assert!(!self::html(&draft, "sunday").contains("From the shelf"), "an empty shelf");
    draft.news[2].banned = true;
    assert!(self::html(&draft, "midweek").contains("Helps with stories 1, 3, 4, 5, 6, 7, 8, 9, 10 and 11"));
}

#[test]
fn every_story_has_a_link_that_is_seen() {
    for (draft, edition) in [(states::midweek(), "midweek"), (states::of(12), "sunday")] {
        let html = html(&draft, edition);
        for entry in &draft.news {
            let start = format!("href=\"{}\"", entry.url.as_ref().unwrap());
            let links: Vec<&str> = html.split("<a ").filter(|link| link.contains(&start)).collect();
            assert!(links[0].contains("text-decoration:underline\">"), "{edition}: {}", links[0]);
            assert!(links[0].contains(&words::escape(&entry.title)), "{edition}: {}", entry.title);
        }
    }
}

#[test]
fn scores_are_shown_where_an_edition_asks_for_them() {
    let draft = states::midweek();
    let edition = Edition { show_score: true, ..edition("midweek") };
    let rendered = render(&draft, &sample::setting(&edition), &Templates::builtin()).unwrap();
    assert!(rendered.fill(Part::Html, &Ann).contains(">9/10</b>"));
    assert!(rendered.fill(Part::Text, &Ann).contains("\n9/10, Meta AI"));
    assert!(!html(&draft, "midweek").contains("/10"));
}

#[test]
fn topics_make_groups_only_where_the_edition_says_so() {
    let flat = Edition { by_topic: false, ..edition("sunday") };
    let rendered = render(&states::of(12), &sample::setting(&flat), &Templates::builtin()).unwrap();
    let text = rendered.fill(Part::Text, &Ann);
    assert!(!text.contains("Models\n---") && text.contains("12. AlphaProof"), "{text}");
}

#[test]
fn what_a_subscriber_may_do_leads_to_pages_or_else_to_a_mail() {
    let (draft, edition) = (states::midweek(), edition("midweek"));
    let draw = |pages| {
        let setting = Setting { pages, ..sample::setting(&edition) };
        render(&draft, &setting, &Templates::builtin()).unwrap().fill(Part::Html, &Ann)
    };
    let (served, alone) = (draw(Some("https://almanac.example/news")), draw(None));
    assert!(served.contains("https://almanac.example/news/archive\"") && served.contains("/news/pictures/mark.png"));
    let mail = "mailto:almanac@almanac.example?subject=Was%20this%20issue%20useful%3F%20No%20%28Midweek%2C%20Wed%2031%20Jul%29";
    assert!(
        alone.contains(mail) && !alone.contains("/poll/") && !alone.contains("<img") && !alone.contains("/archive\"")
    );
    for html in [&served, &alone] {
        assert!(
            html.contains("&amp;body=https://almanac.example/archive/2024-07-31\""),
            "the web copy is in the mail to a friend"
        );
        assert!(html.contains("Hello Ann.") && html.contains("The next Midweek comes on Wednesday 7 August."));
    }
}

#[test]
fn age_is_told_in_days_before_the_issue() {
    let mut draft = states::midweek();
    for (entry, day) in draft.news.iter_mut().zip(["2024-07-31", "2024-07-30", "2024-07-28", "2024-08-02"]) {
        entry.published = crate::model::Published::parse(day).unwrap();
    }
    let text = draw(&draft, "midweek").fill(Part::Text, &Ann);
    for said in ["Wed 31 Jul, today\n", "Tue 30 Jul, yesterday\n", "Sun 28 Jul, 3 days ago\n", "Fri 2 Aug\n"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn long_issues_stay_light() {
    let five = html(&states::midweek(), "midweek").len();
    assert!(five <= 25_000, "{five} bytes for 5 items");
    let twelve = html(&states::of(12), "sunday").len();
    assert!(twelve <= 45_000, "{twelve} bytes for 12 items");
    let sixty = html(&states::of(60), "sunday").len();
    // Gmail clips at 102,400 bytes.
    assert!(sixty < 102_400, "{sixty} bytes for 60 items");
}

#[test]
fn a_storys_picture_is_shown_from_the_web_or_from_the_pages_and_no_word_hangs_on_it() {
    use crate::model::Picture;
    let picture = |url: Option<&str>, file: Option<&str>| Picture {
        url: url.map(str::to_owned),
        file: file.map(str::to_owned),
        width: 480,
        height: Some(270),
        alt: "A \"ship\" & sea".into(),
    };
    for name in ["midweek", "sunday"] {
        let mut draft = states::midweek();
        let bare = html(&draft, name);
        draft.news[0].picture = Some(picture(Some("https://img.example/ship.jpg?w=480&h=270"), None));
        draft.news[2].picture = Some(picture(None, Some("ship.png")));
        let shown = html(&draft, name);
        for tag in [
            "<img src=\"https://img.example/ship.jpg?w=480&amp;h=270\" alt=\"A &#34;ship&#34; &amp; sea\" width=\"480\" height=\"270\"",
            "<img src=\"https://almanac.example/pictures/ship.png\"",
        ] {
            assert!(shown.contains(tag) || shown.contains(&tag.replace("&#34;", "&quot;")), "{name}: {tag}\n{shown}");
        }
        assert_eq!(well_formed(&shown), well_formed(&bare), "{name}: every word stands without the pictures");
        let edition = edition(name);
        let alone = Setting { pages: None, ..sample::setting(&edition) };
        let alone = render(&draft, &alone, &Templates::builtin()).unwrap().fill(Part::Html, &Ann);
        assert!(alone.contains("ship.jpg") && !alone.contains("ship.png"), "{name}: a file needs pages");
        draft.news[0].picture = Some(picture(Some("javascript:alert(1)"), None));
        assert!(!html(&draft, name).contains("javascript"), "{name}");
    }
}
