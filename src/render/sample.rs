//! Sample drafts: one with everything, one with the minimum, and a hostile one. Templates are checked
//! against them; the preview shows them. Knows no file.

use std::sync::LazyLock;

use chrono::NaiveDate;

use super::Setting;
use crate::model::{Card, Covered, Draft, Edition, Entry, Figure, IssueName, Level, Picture, Publication, Published};

/// The sample publication.
pub fn publication() -> &'static Publication {
    static PUBLICATION: LazyLock<Publication> = LazyLock::new(|| Publication {
        name: "Call Me Almanac".into(),
        url: "https://almanac.example/".into(),
        from: "Call Me Almanac <almanac@almanac.example>".into(),
        postal_address: "1 Example Street, 75011 Paris, France".into(),
        mark: Some(Picture { width: 44, height: Some(44), ..picture("mark.png", "A sun with a face") }),
        ..Publication::default()
    });
    &PUBLICATION
}

/// An edition with every optional part, under which every name that templates may use has a value.
pub fn edition() -> &'static Edition {
    static EDITION: LazyLock<Edition> =
        LazyLock::new(|| Edition { template: "sunday".into(), by_topic: true, guides_by_story: true, ..filled() });
    &EDITION
}

/// An edition with every optional part and nothing else of its own.
pub fn filled() -> Edition {
    Edition {
        show_score: true,
        greeting: "Hello {name}.".into(),
        signature: "Ada Reed, editor".into(),
        poll: "Was this issue useful?".into(),
        reply: true,
        forward: true,
        next_date: true,
        ..Edition::default()
    }
}

/// The setting of the sample publication, with pages.
pub fn setting(edition: &Edition) -> Setting<'_> {
    Setting { pages: Some("https://almanac.example"), next: Some(day(8, 7)), ..Setting::new(publication(), edition) }
}

fn picture(file: &str, alt: &str) -> Picture {
    Picture { url: None, file: Some(file.to_owned()), width: 600, height: Some(200), alt: alt.to_owned() }
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, month, day).unwrap_or_default()
}

fn draft(subject: &str) -> Draft {
    Draft {
        name: IssueName { date: day(7, 31), edition: "midweek".into() },
        subject: subject.to_owned(),
        preheader: String::new(),
        intro: String::new(),
        language: String::new(),
        issue_number: None,
        picture: None,
        number: None,
        window: None,
        waive: Vec::new(),
        waive_why: String::new(),
        news: Vec::new(),
        guides: Vec::new(),
        guides_bench: Vec::new(),
        bench: Vec::new(),
    }
}

/// An entry from its parts: score, source, day of July 2024 (from 32 on, of August), title, summary, first topic.
fn entry(score: f64, source: &str, at: u32, title: &str, summary: &str, topic: &str) -> Entry {
    let slug = crate::model::topic_key(title).chars().take(24).collect::<String>();
    let published = Published::Day(if at > 31 { day(8, at - 31) } else { day(7, at) });
    Entry {
        score: Some(score),
        url: Some(format!("https://news.example/{slug}")),
        summary: summary.to_owned(),
        topics: vec![topic.to_owned()],
        ..Entry::bare(slug, title.to_owned(), source.to_owned(), published)
    }
}

fn telling(source: &str, title: &str, url: Option<&str>) -> Covered {
    let id = crate::model::topic_key(title);
    Covered { id, source: source.to_owned(), title: title.to_owned(), url: url.map(str::to_owned) }
}

fn card(slug: &str, title: &str, level: Level, tldr: &str) -> Card {
    Card {
        slug: slug.to_owned(),
        title: title.to_owned(),
        level,
        tldr: tldr.to_owned(),
        url: Some(format!("https://almanac.example/guides/{slug}")),
        why: String::new(),
        pinned: false,
        banned: false,
    }
}

/// Everything that a draft can hold: intro, notes, paired guides, topics, cards.
pub fn full() -> Draft {
    let mut issue = draft("An open model catches up, and two maths proofs nobody expected");
    issue.preheader = "Llama 3.1 arrives with 405 billion parameters; a prover earns silver.".into();
    issue.intro = "Good morning. Open weights had their best week yet, and a machine sat the hardest exam in school \
        mathematics. We also say [how we score the news](https://almanac.example/scores), since many of you asked."
        .into();
    issue.issue_number = Some(61);
    issue.picture = Some(picture("hills.png", "A sun rises over three hills; the moon sets"));
    issue.number = Some(Figure {
        value: "405 billion".into(),
        label: "parameters in the largest model whose weights anyone may fetch, four times as many as in spring."
            .into(),
        url: Some("https://news.example/parameters".into()),
    });
    issue.news = stories();
    issue.news[0].note = "The licence now allows training *other* models on its output. That may matter more than \
        the benchmarks."
        .into();
    issue.news[0].also = vec![
        telling("The Weekly Model", "Open weights reach the frontier", Some("https://weekly.example/open-weights")),
        telling("Radio Lab Notes", "A free rival to the big ones", None),
    ];
    issue.news[1].picture = Some(picture("proof.png", "A proof in chalk on a blackboard"));
    issue.news[1].follow_up = "2024-07-21-sunday".parse().ok();
    issue.news[0].guide = Some("open-weights".to_owned());
    issue.news[3].guide = Some("gpt-4o".to_owned());
    issue.guides = vec![
        card(
            "open-weights",
            "Open weights, explained",
            Level::Beginner,
            "What you get when a lab publishes a model's weights, what you do not get, and how to read the licence.",
        ),
        card(
            "gpt-4o",
            "GPT-4o and its small sibling",
            Level::Intermediate,
            "One network for text, sound and pictures: what changed inside, and when the small one is enough.",
        ),
    ];
    issue
}

fn stories() -> Vec<Entry> {
    let models = "Models";
    vec![
        entry(
            9.0,
            "Meta AI",
            23,
            "Llama 3.1 brings an open model of 405 billion parameters",
            "The largest openly available model so far reads 128,000 tokens at once and comes close to the best closed \
             ones on most public tests. Smaller versions of 8 and 70 billion parameters were renewed with it.",
            models,
        ),
        entry(
            7.5,
            "Mistral AI",
            24,
            "Mistral Large 2 answers a day later with a third of the size",
            "At 123 billion parameters it fits on a single server node and is strong in code and mathematics. The weights \
             are free for research; business use needs a licence.",
            models,
        ),
        entry(
            7.0,
            "Google DeepMind",
            31,
            "Gemma 2 2B puts a capable chat model on a laptop",
            "Two billion parameters, trained on the answers of a larger model, score above GPT-3.5 in a public arena of \
             human votes.",
            models,
        ),
        entry(
            8.0,
            "OpenAI",
            18,
            "GPT-4o mini replaces GPT-3.5 at a fraction of the price",
            "It costs 15 cents for a million input tokens, sees pictures, and beats the model it replaces on every test \
             that OpenAI shows.",
            "Products",
        ),
        entry(
            6.5,
            "OpenAI",
            25,
            "SearchGPT: a search engine that answers with its sources",
            "A prototype for ten thousand testers sets links to publishers beside each answer. Publishers can appear there \
             and still keep their pages out of training.",
            "Products",
        ),
        entry(
            8.5,
            "Nature",
            25,
            "AlphaProof and AlphaGeometry 2 reach silver at the Mathematical Olympiad",
            "Together they solved four of six problems, one point short of gold, with proofs that a computer checked line \
             by line. Some took minutes, one took three days.",
            "Science",
        ),
    ]
}

/// The least that a draft can hold: one item, without link, summary, score or topic.
pub fn minimal() -> Draft {
    let mut issue = draft("One thing");
    let mut only = entry(5.0, "A letter", 30, "Something happened", "", "");
    (only.url, only.score) = (None, None);
    only.topics.clear();
    issue.news = vec![only];
    issue
}

/// Text that tries to break out: markup, template tags, quotes, backslashes, right-to-left and joined characters.
pub fn hostile() -> Draft {
    let evil = "\"><script>alert('x')</script>{{subscriber.email}}{{{intro_html}}} \\u{41}\\ </mj-text>";
    let mut issue = draft(&format!("{evil}\r\nBcc: all@example.org"));
    issue.preheader = evil.into();
    issue.intro = format!(
        "# {evil}\n\n<b onclick=x>bold</b> [a](javascript:alert(1)) ![p](data:x) `{evil}`\n\n{}",
        ">".repeat(20)
    );
    let long = "unbreakable".repeat(45);
    let titles = [
        evil,
        "שלום \u{202e}txt.exe\u{202c} مرحبا",
        "family 👨‍👩‍👧‍👦 and flag 🏳️‍🌈",
        "東京の研究者が、新しい小型言語モデルを公開し、誰でも無料で使えるようにしたと発表した。性能は従来の大型モデルに並ぶ",
        "line one\nline two\ttab\u{a0}nbsp\u{ad}soft",
        &long,
    ];
    issue.number = Some(Figure { value: evil.into(), label: evil.into(), url: Some("javascript:alert(1)".into()) });
    issue.news = titles.iter().map(|title| entry(8.0, evil, 30, title, evil, evil)).collect();
    issue.news[0].url = Some("https://example.org/?a=\"'<>\\`{{b}}&c=ü\u{200d}".to_owned());
    issue.news[1].url = Some("javascript:alert(1)".to_owned());
    issue.news[2].note = "</div></td><style>*{display:none}</style> <!-- ".into();
    issue.guides = vec![card("evil", evil, Level::Advanced, evil)];
    issue.news[3].guide = Some("evil".to_owned());
    issue
}
