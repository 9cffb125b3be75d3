use super::super::tests::well_formed;
use super::super::{Medium, PageSetting, Setting, Templates, fragment, page, render, sample};
use super::*;
use crate::model::{Draft, Edition, Fill, Notices, Part, Slot};

fn setting() -> PageSetting<'static> {
    PageSetting::new(sample::publication(), "https://almanac.example/news")
}

fn article_of(draft: &Draft, edition: &Edition) -> Article {
    article_with(draft, edition, &Templates::builtin()).unwrap_or_else(|notices| panic!("{notices}"))
}

fn article_with(draft: &Draft, edition: &Edition, templates: &Templates) -> Result<Article, Notices> {
    crate::render::article(draft, &sample::setting(edition), templates)
}

fn issue_page(article: &Article) -> String {
    let issue = IssuePage {
        published: DateTime::UNIX_EPOCH,
        ..IssuePage::new(ArchiveLine::sample(), article, &setting().base(), setting().public_url)
    };
    page(&issue, "issue", setting(), &Templates::builtin()).expect("a page")
}

#[test]
fn an_article_by_snapshot() {
    let article = article_of(&sample::full(), sample::edition());
    insta::assert_snapshot!(article.html);
    assert_eq!((article.picture.as_str(), article.language.as_str()), ("/pictures/hills.png", "en"));
    assert_eq!(article.length, "6 stories, 2 guides, 2 min");
    let cards = Edition { guides_by_story: false, by_topic: false, ..sample::edition().clone() };
    let html = article_of(&sample::full(), &cards).html;
    assert!(html.contains("<h2 dir=\"auto\"><a href=") && !html.contains("class=\"topic\" dir"), "one run: {html}");
    assert!(html.contains("<div class=\"guide\"><h3 dir=\"auto\">"), "{html}");
}

/// A subscriber with no values set.
struct Nobody;

impl Fill for Nobody {
    fn value(&self, _: &Slot) -> &'static str {
        ""
    }
}

#[test]
fn an_article_is_nobodys_and_true_for_years() {
    for edition in [sample::edition().clone(), Edition { show_score: true, ..sample::filled() }] {
        let html = article_of(&sample::full(), &edition).html;
        for gone in [
            "Hello",
            "days ago",
            "yesterday",
            " style=",
            "class=\"accent\"",
            "Was this issue useful",
            "mailto:",
            "Forward",
            "next Midweek",
            "You get",
            "slot",
            "unsubscribe",
            "preferences",
        ] {
            assert!(!html.contains(gone), "{gone}: {html}");
        }
        assert!(html.contains("<time dir=\"auto\" datetime=\"2024-07-23\">23 July 2024</time>"), "{html}");
        assert!(html.contains("What happened since our issue of 21 July 2024"), "{html}");
        assert!(html.contains("9/10") && html.contains("Radio Lab Notes"), "{html}");
    }
    // A mail of the same draft keeps its personal links.
    let mail = render(&sample::full(), &sample::setting(sample::edition()), &Templates::builtin()).expect("a mail");
    let text = mail.fill(Part::Text, &Nobody);
    assert!(text.contains("8 days ago") && text.contains("since our issue of 21 July\n"), "{text}");
    assert_eq!(mail.article.expect("an article"), article_of(&sample::full(), sample::edition()));
}

#[test]
fn links_of_an_article_are_direct_where_the_mail_counts_them() {
    let counted = Setting { clicks: Some("https://almanac.example"), ..sample::setting(sample::edition()) };
    assert_eq!(counted.medium, Medium::Mail);
    let rendered = render(&sample::full(), &counted, &Templates::builtin()).expect("a mail");
    let article = rendered.article.expect("an article").html;
    assert!(!article.contains("/go/") && article.contains("href=\"https://news.example/"), "{article}");
}

#[test]
fn nothing_in_a_draft_breaks_out() {
    let article = article_of(&sample::hostile(), sample::edition());
    let shown = issue_page(&article);
    well_formed(&article.html);
    for html in [&article.html, &shown] {
        for never in ["<script", "javascript:", "onclick", "<style>*", "<!-- ", " style="] {
            assert!(!html.contains(never), "{never}: {html}");
        }
    }
    // Text that looks like the path of one of our pictures is left alone.
    let mut draft = sample::full();
    draft.intro = "Write `<img src=\"/pictures/x.png\">` for a picture.".into();
    draft.picture.as_mut().expect("a picture").file = Some("../secret.png".into());
    let article = article_of(&draft, sample::edition());
    assert!(issue_page(&article).contains("&lt;img src=\"/pictures/x.png\"&gt;"), "{}", article.html);
    assert!(!article.html.contains("secret"), "{}", article.html);
}

#[test]
fn who_signs_is_named_only_below_an_intro() {
    let html = article_of(&sample::full(), &sample::filled()).html;
    assert!(html.contains("class=\"signature\""), "{html}");
    let html = article_of(&Draft { intro: String::new(), ..sample::full() }, &sample::filled()).html;
    assert!(!html.contains("class=\"signature\""), "{html}");
}

#[test]
fn an_empty_issue_is_an_article_too() {
    let article = article_of(&sample::minimal(), &Edition::default());
    assert!(article.html.contains("Something happened") && article.picture.is_empty(), "{}", article.html);
    assert!(!article.html.contains("<a") && !article.html.contains("<img"), "{}", article.html);
}

#[test]
fn pictures_are_found_from_the_page_and_from_elsewhere() {
    let article = article_of(&sample::full(), sample::edition());
    let shown = issue_page(&article);
    assert!(shown.contains("<img src=\"/news/pictures/hills.png\""), "{shown}");
    let shared = "property=\"og:image\" content=\"https://almanac.example/news/pictures/hills.png\"";
    assert!(shown.contains(shared), "{shown}");
    let away = article.html_at("https://almanac.example/news");
    assert!(away.contains("<img src=\"https://almanac.example/news/pictures/proof.png\""), "{away}");
}

#[test]
fn an_issue_by_snapshot() {
    let drawn = page(&IssuePage::sample(), "issue", setting(), &Templates::builtin()).expect("a page");
    insta::assert_snapshot!(drawn);
    let first = IssuePage { newer: None, older: None, corrections: Vec::new(), ..IssuePage::sample() };
    let drawn = page(&first, "issue", setting(), &Templates::builtin()).expect("a page");
    assert!(!drawn.contains("<nav class=\"turn\"") && !drawn.contains("Corrected on"), "{drawn}");
}

#[test]
fn corrections_are_told_in_page_and_feed() {
    let at = |ms| DateTime::from_timestamp_millis(ms).expect("a time");
    let language = setting().language(&Templates::builtin()).expect("English");
    let corrections: Vec<CorrectionLine> = [(1_764_054_000_000, "2 > 1, <b>not</b> less"), (1_764_140_400_000, "")]
        .map(|(ms, note)| CorrectionLine::new(at(ms), note, Tz::Europe__Paris, &language))
        .to_vec();
    let issue = IssuePage { corrections: corrections.clone(), ..IssuePage::sample() };
    let entry = FeedEntry { corrections, ..FeedEntry::sample() };
    let templates = Templates::builtin();
    let entry = fragment(&entry, "issue", setting(), &templates).expect("an entry");
    assert!(
        !entry.contains("<html") && entry.ends_with("<div lang=\"en\" dir=\"ltr\">\n<p>A story</p>\n</div>\n"),
        "{entry}"
    );
    for html in [page(&issue, "issue", setting(), &templates).expect("a page"), entry] {
        assert!(html.contains("25 November 2025</time></b>: 2 &gt; 1, &lt;b&gt;not&lt;/b&gt; less</p>"), "{html}");
        assert!(html.contains("26 November 2025</time></b></p>"), "{html}");
    }
}

#[test]
fn a_mistake_in_the_articles_template_is_told_before_an_issue_is_approved() {
    let broken = |text: &str| {
        let templates =
            Templates::builtin().with("page/article.html.hbs", std::path::Path::new("mine.hbs"), text.into());
        render(&sample::full(), &sample::setting(sample::edition()), &templates).expect_err("a mistake").to_string()
    };
    assert!(broken("{{leed.title}}").contains("mine.hbs:1"), "{}", broken("{{leed.title}}"));
    // No subscriber's name appears.
    assert!(broken("\n{{subscriber.email}}").contains("mine.hbs:2"), "{}", broken("\n{{subscriber.email}}"));
}

#[test]
fn the_index_by_snapshot_and_empty() {
    let draw = |archive: &ArchivePage| page(archive, "archive", setting(), &Templates::builtin()).expect("a page");
    insta::assert_snapshot!(draw(&ArchivePage::sample()));
    let empty = draw(&ArchivePage::default());
    assert!(empty.contains("No issue has been sent yet"), "{empty}");
}
