//! Tests of what earlier issues showed: stories told again, and guides.

use super::cases::{draft, with};
use super::*;

/// What becomes of a later text when an issue told the earlier one so many days before: whether it stands as a follow-up, none
/// where it does not stand, and how many wait on the bench.
fn told_after(days: u64, earlier: (&str, &str), later: (&str, &str)) -> (Option<bool>, usize) {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap() - chrono::Days::new(days);
    let mut case = with(vec![fresh("later", 8.0)]);
    (case.items[0].title, case.items[0].summary) = (later.0.into(), later.1.into());
    let mut sunday = past("2026-11-15-sunday", "2026-11-15T07:00:00Z", "2026-11-15T07:00:00Z");
    sunday.stories = vec![CarriedStory {
        title: earlier.0.into(),
        summary: earlier.1.into(),
        published: Some(Published::Day(day)),
        ..CarriedStory::default()
    }];
    case.past = vec![sunday];
    case.edition.bench = 1;
    let c = case.run();
    (draft(&c).news.first().map(|entry| entry.follow_up.is_some()), draft(&c).bench.len())
}

#[test]
fn the_same_matter_within_three_days_waits_on_the_bench_unless_something_turned() {
    let earlier = (
        "Gull Labs opens its harbour model Tern 4 to researchers",
        "The start-up gives the weights of the harbour model to researchers who ask, and counts the downloads.",
    );
    let again = (
        "Teams from abroad fetch the harbour model",
        "Gull Labs gives the weights of its harbour model Tern 4 to researchers who ask, and counts the downloads.",
    );
    assert_eq!(told_after(2, earlier, again), (None, 1), "as likely another outlet's words");
    assert_eq!(told_after(6, earlier, again), (Some(true), 0), "a follow-up");
    let turned = ("Gull Labs withdraws its harbour model", again.1);
    assert_eq!(told_after(2, earlier, turned), (Some(true), 0), "taken back");
}

#[test]
fn a_matter_in_common_with_another_name_in_each_headline_is_another_story() {
    let earlier = (
        "Harbour Works gives away fine-tuning of Tern mini",
        "Fine-tuning of the model costs nothing for two months, and tuned models may be sold.",
    );
    let other = (
        "Fine-tuning comes to Lark 3 and costs nothing for two months",
        "Plover gives away fine-tuning of the model, and tuned models may be sold.",
    );
    assert_eq!(told_after(9, earlier, other), (Some(false), 0));
}

#[test]
fn a_guide_that_an_issue_showed_with_an_item_is_no_card_within_the_cooldown() {
    let mut case = with(vec![fresh("a", 8.0), fresh("b", 7.0)]);
    case.guides = vec![guide("agents", "Agents")];
    for item in &mut case.items {
        item.guides = vec!["agents".into()];
    }
    let cards = |case: &Case| draft(&case.run()).guides.iter().map(|card| card.slug.clone()).collect::<Vec<_>>();
    assert_eq!(cards(&case), ["agents"]);
    let mut sunday = draft(&case.run()).clone();
    sunday.name = issue("2026-11-22-sunday");
    sunday.guides.clear();
    sunday.news.truncate(1);
    sunday.news[0] = Entry { id: "old".into(), url: None, guide: Some("agents".into()), ..sunday.news[0].clone() };
    sunday.news[0].title = "Bark beetles leave the coast".into();
    sunday.window = None;
    case.past = vec![PastIssue::from(&sunday)];
    assert_eq!(cards(&case), Vec::<String>::new());
    case.weights.guide_cooldown = 0;
    assert_eq!(cards(&case), ["agents"]);
}

#[test]
fn a_card_explains_two_items_or_comes_from_the_shelf_the_easiest_and_last_updated_first() {
    let mut case = with(vec![fresh("a", 8.0), fresh("b", 7.0)]);
    let day = |text: &str| Some(text.parse().unwrap());
    case.guides = vec![
        Guide { level: Level::Advanced, updated: day("2026-11-01"), ..guide("kernels", "Kernels") },
        Guide { updated: day("2026-03-01"), ..guide("old", "Old growth") },
        Guide { updated: day("2026-09-01"), ..guide("young", "Young growth") },
        guide("agents", "Agents"),
    ];
    case.items[0].guides = vec!["agents".into()];
    let c = case.run();
    let card =
        |c: &Composition| draft(c).guides.iter().map(|card| (card.slug.clone(), card.why.clone())).next().unwrap();
    assert_eq!(card(&c), ("young".into(), "from the shelf: a guide worth reading, about none of the stories".into()));
    assert_eq!(draft(&c).news[0].guide.as_deref(), Some("agents"), "one item has it beside it");
    case.items[1].guides = vec!["agents".into()];
    assert_eq!(card(&case.run()), ("agents".into(), "explains 2 of the 2 items".into()));
}

#[test]
fn the_kind_of_news_says_which_guides_stand_with_it() {
    let mut case = with(vec![fresh("a", 8.0)]);
    case.edition.guides = 0;
    case.guides = vec![guide("agents", "Agents")];
    let paired = |case: &mut Case, title: &str| {
        case.items[0].title = title.into();
        draft(&case.run()).news[0].guide.clone()
    };
    assert_eq!(paired(&mut case, "Agents in the harbour").as_deref(), Some("agents"));
    assert_eq!(
        paired(&mut case, "Agents in the harbour raise $40 million"),
        None,
        "money, and a single word that is no name"
    );
}

#[test]
fn other_weeks_teach_which_words_make_no_two_entries_one_story() {
    let named = |id: &str, title: &str| Item { title: title.into(), ..fresh(id, 8.0) };
    let mut case =
        with(vec![named("a", "Kiel opens its harbour fair"), named("b", "Harbour fair in Lund draws a record crowd")]);
    case.weights.story_threshold = 1.0;
    let draft = draft(&case.run()).clone();
    let all = Weights { story_threshold: 0.999, doubt_threshold: 0.0, ..Weights::default() };
    let found = |items: &[Item]| twins(&draft, items, &all, Tz::UTC).len();
    let others: Vec<Item> = (0..300).map(|n| named(&format!("n{n}"), &format!("Harbour fair number {n}"))).collect();
    assert_eq!((found(&[]), found(&others)), (1, 0));
}
