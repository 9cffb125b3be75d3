//! Table tests, a rule each.

use super::*;

pub fn draft(composition: &Composition) -> &Draft {
    composition.draft.as_ref().unwrap()
}

pub fn with(items: Vec<Item>) -> Case {
    Case { items, ..Case::default() }
}

pub fn about(mut item: Item, topics: &[&str]) -> Item {
    item.topics = topics.iter().map(|t| (*t).to_owned()).collect();
    item
}

#[test]
fn of_duplicates_the_best_worth_enough_stays() {
    let mut twin = fresh("twin", 7.0);
    twin.url = Some("https://example.org/story".into());
    let mut better = fresh("better", 8.0);
    better.url = Some("https://EXAMPLE.org/story/?utm_medium=mail#".into());
    let mut c = with(vec![twin, better, fresh("x", 6.0), fresh("x", 9.0)]).run();
    assert_eq!(ids(&c), ["x", "better"]);
    assert_eq!(draft(&c).news[0].score, Some(9.0));
    c.left_out.sort_by(|a, b| a.id.cmp(&b.id));
    let carried: Vec<_> = c.left_out.iter().map(|l| (l.reason.as_str(), l.duplicate_of.as_deref())).collect();
    assert_eq!(
        carried,
        [
            ("the same URL as \"milizoge sekugisi vamiduza better\"", Some("better")),
            ("the same id as \"lodegafo pufizisi renugava x\"", Some("x"))
        ]
    );
    assert!(c.notices.iter().any(|n| n.message.starts_with("1 item had the same id as another item")));
}

#[test]
fn the_same_long_headline_from_two_sources_is_one_story() {
    let [mut a, mut b, mut c, mut d] = ["a", "b", "c", "d"].map(|id| fresh(id, 8.0));
    a.title = "A new model reads a million tokens at once, says its maker".into();
    b.title = "A New Model Reads a Million Tokens at Once, Says Its Maker".into();
    c.title = "Weekly update".into();
    d.title = "Weekly update".into();
    let composition = with(vec![a, b, c, d]).run();
    assert_eq!(ids(&composition), ["a", "c", "d"]);
    let left = composition.left_out.iter().find(|left| left.id == "b").unwrap();
    assert_eq!(left.duplicate_of.as_deref(), Some("a"));
    assert!(left.reason.starts_with("tells the same story as \"A new model reads a million tokens at once, says its maker\": they have one headline"), "{}", left.reason);
    let also = &draft(&composition).news[0].also;
    assert_eq!(also.iter().map(|a| (a.id.as_str(), a.source.as_str())).collect::<Vec<_>>(), [("b", "source of b")]);
}

#[test]
fn scores_come_from_the_item_else_its_source_and_must_reach_the_minimum() {
    let mut case = with(vec![
        fresh("own", 8.0),
        fresh("low", 4.0),
        fresh("base", 0.0),
        fresh("none", 0.0),
        fresh("nan", f64::NAN),
    ]);
    case.items[2].score = None;
    case.items[2].source = "OpenAI Blog".into();
    case.items[3].score = None;
    case.feeds = Feeds::of([("openai blog", Feed { base_score: Some(6.5), primary: false })]);
    let c = case.run();
    assert_eq!(ids(&c), ["own", "base"]);
    assert!(
        draft(&c).news[1].why.starts_with("score 6.5 (its source's base score), 1 day old"),
        "{}",
        draft(&c).news[1].why
    );
    assert_eq!(reason(&c, "low"), "score 4 is under the edition's minimum of 5");
    assert_eq!(reason(&c, "none"), "no score, and no base score for source of none");
    assert_eq!(reason(&c, "nan"), "no score, and no base score for source of nan");
}

#[test]
fn age_halves_what_a_score_counts() {
    let mut case = with(vec![item("old-8", 8.0, "2026-11-18T08:00:00Z"), fresh("new-5", 5.0), fresh("new-6", 6.0)]);
    case.edition.half_life = std::time::Duration::from_hours(7 * 24);
    assert_eq!(ids(&case.run()), ["new-6", "new-5", "old-8"]);
    case.edition.half_life = std::time::Duration::ZERO;
    assert_eq!(ids(&case.run()), ["old-8", "new-6", "new-5"], "no half-life, no decay");
}

#[test]
fn caps_hold_and_say_what_beat_the_item() {
    let mut case = with((1..=8).map(|n| fresh(&format!("i{n}"), 10.0 - f64::from(n) / 2.0)).collect());
    case.edition.news = 3;
    case.edition.bench = 1;
    case.weights.max_per_source = 2;
    case.items[..4].iter_mut().for_each(|i| i.source = "OpenAI Blog".into());
    let c = case.run();
    assert_eq!(ids(&c), ["i1", "i2", "i5"]);
    assert_eq!(
        reason(&c, "i3"),
        "on the bench: source cap: 2 items of OpenAI Blog rank higher (\"vefimali zufaroze kokugiko i1\", \"zukamemu guratezo gofovotu i2\")"
    );
    assert_eq!(
        reason(&c, "i4"),
        "source cap: 2 items of OpenAI Blog rank higher (\"vefimali zufaroze kokugiko i1\", \"zukamemu guratezo gofovotu i2\")"
    );
    assert_eq!(reason(&c, "i6"), "rank 6 of 8: the issue has room for 3");
    let bench = &draft(&c).bench;
    assert_eq!(bench.len(), 1);
    assert!(bench[0].why.starts_with("next best: rank 3, score 8.5, 1 day old; source cap"), "{}", bench[0].why);
}

#[test]
fn a_short_week_is_a_short_issue_unless_the_caps_give_way() {
    let mut case = with((1..=5).map(|n| fresh(&format!("i{n}"), 9.0 - f64::from(n) / 2.0)).collect());
    case.edition.news = 6;
    case.edition.thin_below = 1;
    case.weights.top = 0;
    case.weights.max_per_topic = 1;
    case.weights.max_per_source = 1;
    case.items[0].source = "s".into();
    case.items[3].source = "s".into();
    case.items[0] = about(case.items[0].clone(), &["GPT-4o"]);
    case.items[1] = about(case.items[1].clone(), &["GPT-4o"]);
    let c = case.run();
    assert_eq!(ids(&c), ["i1", "i3", "i5"]);
    assert_eq!(
        reason(&c, "i2"),
        "on the bench: topic cap: 1 item of GPT-4o ranks higher (\"vefimali zufaroze kokugiko i1\")"
    );
    assert!(
        c.notices.iter().any(|n| n.message == "3 places stay empty, since caps keep 2 items out"),
        "{:?}",
        c.notices
    );
    case.weights.caps_give_way = true;
    let c = case.run();
    let whys: Vec<&str> = draft(&c).news.iter().map(|e| e.why.trim_end_matches("; no guide fits")).collect();
    assert_eq!(
        whys,
        [
            "score 8.5, 1 day old, first on GPT-4o",
            "score 8, 1 day old, second on GPT-4o, beyond the topic cap because the issue was short",
            "score 7.5, 1 day old",
            "score 7, 1 day old, beyond the source cap because the issue was short",
            "score 6.5, 1 day old",
        ]
    );
}

#[test]
fn a_site_a_firm_and_a_topic_take_a_third_and_what_all_share_is_not_capped() {
    let mut case = with((1..=9).map(|n| fresh(&format!("i{n}"), 10.0 - f64::from(n) / 2.0)).collect());
    case.edition.min_score = 0.0;
    case.edition.news = 5;
    assert_eq!(ids(&case.run()).len(), 5, "one site for all tells nothing apart");
    for n in 0..4 {
        case.items[n].url = Some(format!("https://blog{n}.larch.example/{n}"));
    }
    let c = case.run();
    assert_eq!(ids(&c), ["i1", "i2", "i5", "i6"], "two of each of two sites");
    case.items[6..].iter_mut().for_each(|item| item.url = None);
    let c = case.run();
    assert_eq!(ids(&c), ["i1", "i2", "i5", "i6", "i7"]);
    assert_eq!(
        reason(&c, "i3"),
        "on the bench: site cap: 2 items of larch.example rank higher (\"vefimali zufaroze kokugiko i1\", \"zukamemu guratezo gofovotu i2\")"
    );
    for n in 4..8 {
        case.items[n].title = format!("Anthropic {}", case.items[n].title);
    }
    assert_eq!(ids(&case.run()), ["i1", "i2", "i5", "i6", "i9"]);
    case.items.iter_mut().for_each(|item| item.topics = vec!["Larches".into()]);
    assert_eq!(ids(&case.run()), ["i1", "i2", "i5", "i6", "i9"], "the publication's own subject is under no cap");
}

#[test]
fn a_thin_week_shrinks_skips_or_fills_but_never_lowers_the_bar() {
    let mut case = with(vec![fresh("one", 8.0), fresh("low", 3.0)]);
    assert_eq!(ids(&case.run()), ["one"]);
    case.edition.thin = Thin::Skip;
    let c = case.run();
    assert_eq!(c.draft, None);
    assert_eq!(reason(&c, "one"), "the issue is skipped: it needs 3 and found 1");
    assert!(c.notices.iter().any(|n| n.message.contains("there is no issue")));
    case.edition.thin = Thin::FillWithGuides;
    case.items[0].topics = vec!["GPT-4o".into()];
    case.items[0].title = "OpenAI opens GPT-4o to everyone".into();
    let mut near = guide("voice", "Voice");
    near.related_topics = vec!["gpt 4o".into()];
    case.guides = vec![guide("gpt-4o", "GPT-4o"), near, guide("other", "Gardens")];
    let c = case.run();
    let cards: Vec<_> = draft(&c).guides.iter().map(|g| (g.slug.as_str(), g.why.as_str())).collect();
    let filled = ("other", "fills in for news in a thin week");
    assert_eq!(cards, [("voice", "near GPT-4o, which the issue is about"), filled]);
    assert_eq!(draft(&c).news[0].guide.as_deref(), Some("gpt-4o"), "which is shown with its item, and once");
}

#[test]
fn pairing_asks_the_newsroom_then_the_topic_then_the_words() {
    let mut retired = guide("old", "Old");
    retired.status = Status::Retired;
    let mut search = guide("vector-search", "Vector search");
    search.tldr = "Vector search finds the nearest neighbours of an embedding.".into();
    let mut own = about(fresh("own", 8.0), &["GPT-4o"]);
    own.guides = vec!["missing".into(), "old".into(), "vector-search".into()];
    let mut words = fresh("words", 7.0);
    words.title = "Vector search gets faster nearest neighbours".into();
    let mut topic = about(fresh("topic", 7.5), &["x", "gpt 4o"]);
    topic.title = "GPT 4o opens to everyone".into();
    let mut case = with(vec![own, topic, words, fresh("none", 6.0)]);
    case.edition.guides = 0;
    case.guides = vec![guide("gpt-4o", "GPT-4o"), search, retired];
    let c = case.run();
    let paired: Vec<_> = draft(&c).news.iter().map(|e| e.guide.as_deref()).collect();
    assert_eq!(paired, [Some("vector-search"), Some("gpt-4o"), None, None], "each guide once");
    let whys: Vec<&str> = draft(&c).news.iter().map(|e| e.why.split_once("; ").unwrap().1).collect();
    assert_eq!(whys[0], "paired with \"Vector search\": the newsroom's own pairing");
    assert!(
        whys[1].starts_with("paired with \"GPT-4o\": same topic, names the guide's topic GPT-4o (0."),
        "{}",
        whys[1]
    );
    assert!(
        whys[2].starts_with("paired with \"Vector search\": names the guide's topic Vector search (0."),
        "{}",
        whys[2]
    );
    assert!(whys[2].ends_with("; the guide is shown with an item above"), "{}", whys[2]);
    assert_eq!(whys[3], "no guide fits");
    let carried: Vec<&str> = c.notices.iter().map(|n| n.message.as_str()).collect();
    for told in [
        " own\" asks for the guide `missing`, which does not exist",
        " own\" asks for the guide `old`, which is retired, not live",
    ] {
        assert!(carried.iter().any(|message| message.ends_with(told)), "{told}: {carried:?}");
    }
}

#[test]
fn cards_explain_two_items_or_more_and_rest_after_they_were_shown() {
    let with_guide = |id: &str, score: f64, slug: &str| Item { guides: vec![slug.into()], ..fresh(id, score) };
    let mut case = with(vec![with_guide("a", 9.0, "one"), with_guide("b", 8.0, "two"), with_guide("c", 7.0, "two")]);
    case.guides = vec![guide("one", "One"), guide("two", "Two")];
    let card =
        |case: &Case| draft(&case.run()).guides.iter().map(|g| (g.slug.clone(), g.why.clone())).collect::<Vec<_>>();
    assert_eq!(card(&case), [("two".to_owned(), "explains 2 of the 3 items".to_owned())]);
    // Each guide stands in one place: a card's with no item, the other with its item.
    let c = case.run();
    let paired: Vec<_> = draft(&c).news.iter().map(|entry| entry.guide.as_deref()).collect();
    assert_eq!(paired, [Some("one"), None, None]);
    assert!(draft(&c).news[1].why.ends_with("; the guide is a card of the issue"), "{}", draft(&c).news[1].why);
    let mut shown = past("2026-11-18-midweek", "2026-11-18T07:00:00Z", "2026-11-18T07:00:00Z");
    shown.guides = vec!["two".into()];
    case.past = vec![shown];
    assert_eq!(card(&case), [], "no card is better than one again");
    let c = case.run();
    let paired: Vec<_> = draft(&c).news.iter().map(|entry| entry.guide.as_deref()).collect();
    assert_eq!(paired, [Some("one"), Some("two"), None], "of a guide that is no card the first item");
    case.guides.push(guide("three", "Three"));
    let shelf = "from the shelf: a guide worth reading, about none of the stories";
    assert_eq!(card(&case), [("three".to_owned(), shelf.to_owned())]);
    case.edition.guides = 2;
    assert_eq!(card(&case).len(), 1);
}

#[test]
fn strange_texts_do_no_harm() {
    for title in [
        "x".repeat(10_000),
        "שלום עולם ".repeat(900),
        "👩‍👩‍👧‍👦".repeat(2_000),
        "\u{0}\u{202e}\r\n".into(),
        "日本語".repeat(900),
    ] {
        let mut case = with(vec![about(fresh("a", 9.0), &[&title]), about(fresh("b", 9.0), &[&title, ""])]);
        case.items.iter_mut().for_each(|i| i.title.clone_from(&title));
        case.edition.by_topic = true;
        let c = case.run();
        assert!(draft(&c).subject.chars().count() <= 90, "{}", draft(&c).subject);
        assert!(draft(&c).preheader.chars().count() <= 110);
        assert!(!draft(&c).subject.ends_with("\u{200d}…"));
        assert!(draft(&c).news.iter().all(|e| e.why.chars().count() < 400));
    }
}

#[test]
fn a_hundred_thousand_items_and_two_thousand_guides_are_no_burden() {
    let mut case = Case::default();
    for n in 0..100_000_u32 {
        let mut item =
            item(&format!("id-{n}"), f64::from(n % 11), &format!("2026-11-{:02}T0{}:00:00Z", 1 + n % 28, n % 10));
        item.topics = vec![format!("topic {}", n % 300)];
        item.source = format!("source {}", n % 500);
        case.items.push(item);
    }
    for n in 0..2_000 {
        let mut guide = guide(&format!("guide-{n}"), &format!("topic {n}"));
        guide.tldr = "what an embedding is and how a model makes one of words, images and sounds ".repeat(5);
        case.guides.push(guide);
    }
    let c = case.run();
    assert_eq!(draft(&c).news.len(), 5);
}

#[test]
fn the_stop_list_can_be_searched() {
    use super::super::words::{LONGEST_STOP, STOP};
    assert!(STOP.is_sorted());
    assert_eq!(STOP.iter().map(|word| word.len()).max(), Some(LONGEST_STOP));
}

#[test]
fn weights_refuse_what_they_do_not_know() {
    assert_eq!(toml::from_str::<Weights>("").unwrap(), Weights::default());
    assert!(toml::from_str::<Weights>("max_per_surce = 3").is_err());
    assert_eq!(toml::from_str::<Weights>("guide_stale = \"90d\"").unwrap().guide_stale.as_secs(), 90 * 86_400);
    assert!(toml::from_str::<Weights>("guide_stale = \"ninety days\"").is_err());
    assert_eq!(at("2026-11-25T07:00:00Z").to_utc(), utc("2026-11-25T07:00:00Z"));
}

#[test]
fn a_draft_becomes_past_without_what_its_editor_banned() {
    let mut draft = with(vec![fresh("a", 9.0), fresh("b", 8.0)]).run().draft.unwrap();
    draft.news[0].banned = true;
    let past = PastIssue::from(&draft);
    assert_eq!(
        (&past.stories[0].ids, &past.stories[0].urls),
        (&vec!["b".to_owned()], &vec!["https://example.org/b".to_owned()])
    );
    assert_eq!(past.stories.len(), 1);
    assert_eq!(past.window, draft.window);
}
