use super::super::{PageSetting, Templates, page, sample};
use super::*;
use crate::model::Segment;

fn rendered() -> Rendered {
    let shared = |text: &str| Segment::Shared(text.into());
    Rendered {
        subject: "Words".into(),
        preheader: String::new(),
        html: vec![
            shared("<html><head><title>x</title></head><body class=\"a\"><p>Dear "),
            Segment::Slot(Slot::Name),
            shared(" at "),
            Segment::Slot(Slot::Email),
            shared(" in "),
            Segment::Slot(Slot::Field("city".into())),
            shared("</p><a href=\""),
            Segment::Slot(Slot::UnsubscribeUrl),
            shared("\">out</a><a href=\""),
            Segment::Slot(Slot::PreferencesUrl),
            shared("\">choose</a><a href=\""),
            Segment::Slot(Slot::WebCopyUrl),
            shared("\">web</a></body></html>\n"),
        ],
        text: Vec::new(),
        tracking: None,
        poll: None,
    }
}

fn frame(corrections: &[(DateTime<Utc>, String)]) -> CopyFrame<'_> {
    CopyFrame {
        publication: "Almanac & Co",
        language: "en",
        base: "https://news.example",
        issue: "2026-11-25-midweek",
        noindex: false,
        name_fallback: "reader",
        zone: Tz::Europe__Paris,
        corrections,
    }
}

#[test]
fn the_slots_are_filled_for_nobody_in_particular() {
    let page = web_copy(&rendered(), &frame(&[]));
    assert!(page.contains("<p>Dear reader at your address in </p>"), "{page}");
    assert!(
        page.contains("<a href=\"https://news.example/\">out</a><a href=\"https://news.example/\">choose</a>"),
        "{page}"
    );
    assert!(page.contains("<a href=\"https://news.example/archive/2026-11-25-midweek\">web</a>"), "{page}");
    assert!(page.contains("rel=\"canonical\" href=\"https://news.example/archive/2026-11-25-midweek\""), "{page}");
    assert!(page.contains("An issue of Almanac &amp; Co.") && !page.contains("Corrected") && !page.contains("noindex"));
    assert!(web_copy(&rendered(), &CopyFrame { noindex: true, ..frame(&[]) }).contains("content=\"noindex\""));
}

#[test]
fn corrections_are_shown_with_day_and_note_in_page_and_feed() {
    let at = |ms| DateTime::from_timestamp_millis(ms).expect("a time");
    let all = [(at(1_764_054_000_000), "2 > 1, <b>not</b> less".to_owned()), (at(1_764_140_400_000), String::new())];
    for html in [web_copy(&rendered(), &frame(&all)), feed_content(&rendered(), &frame(&all))] {
        assert!(html.contains("25 November 2025</time></b>: 2 &gt; 1, &lt;b&gt;not&lt;/b&gt; less</p>"), "{html}");
        assert!(html.contains("26 November 2025</time></b></p>"), "{html}");
    }
}

#[test]
fn a_feed_gets_what_stands_between_the_bodys_tags() {
    let content = feed_content(&rendered(), &frame(&[]));
    assert!(content.starts_with("<p>Dear reader") && content.ends_with("web</a>"), "{content}");
    let bare = Rendered { html: vec![Segment::Shared("no tags".into())], ..rendered() };
    assert_eq!(feed_content(&bare, &frame(&[])), "no tags");
    assert_eq!(web_copy(&bare, &frame(&[])), "no tags");
}

#[test]
fn the_index_by_snapshot_and_empty() {
    let setting = PageSetting { publication: sample::publication(), base: "/news" };
    let draw = |archive: &ArchivePage| page(archive, "archive", setting, &Templates::builtin()).expect("a page");
    insta::assert_snapshot!(draw(&ArchivePage::sample()));
    let empty = draw(&ArchivePage::default());
    assert!(empty.contains("No issue has been sent yet"), "{empty}");
}
