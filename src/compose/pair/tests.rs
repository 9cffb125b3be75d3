//! Tests of pairing: one rule a test, on a small library of our own.

use proptest::prelude::*;

use super::super::tests::{fresh, guide};
use super::*;
use crate::model::{Faq, Published, Section};

const LONG: &str = "A model reads the question, takes notes, and writes an answer. Later it checks the answer against \
    the notes, and asks for more when something is missing. People find this useful at work, in the city and on the road.";

/// Guides on six subjects of one field, long and short.
fn shelf() -> Vec<Guide> {
    let make = |slug: &str, topic: &str, tldr: &str, text: &str| {
        let mut guide = guide(slug, topic);
        guide.title = format!("{topic}, explained");
        guide.tldr = tldr.into();
        guide.sections = vec![Section { heading: "How it works".into(), text: text.into() }];
        guide
    };
    vec![
        make("agents", "AI agents", "An agent is a model that calls tools in a loop.", LONG),
        make("gpt-4o", "GPT-4o", "One model for text, sound and pictures.", "Latency fell when speech went in whole."),
        make("images", "Image generation", "Diffusion turns noise into pictures.", "A prompt steers every step."),
        make("rag", "Retrieval-augmented generation", "Look it up first, then write.", LONG),
        make("search", "Vector search", "Nearest neighbours of an embedding.", "An index such as HNSW saves time."),
        make("voice", "Voice cloning", "A voice from a minute of speech.", "Watermarks tell real from made."),
    ]
}

fn about(title: &str, summary: &str) -> Item {
    let mut item = fresh("a", 8.0);
    item.title = title.into();
    item.summary = summary.into();
    item
}

fn fit_in(guides: &[Guide], item: &Item) -> Fit {
    Library::of(guides, &Weights::default()).fit(item, &mut Vec::new())
}

fn fit(title: &str, summary: &str) -> Fit {
    fit_in(&shelf(), &about(title, summary))
}

#[test]
fn a_guide_whose_name_stands_in_the_item_is_paired_whatever_its_hyphens_and_capitals() {
    for title in ["OpenAI opens GPT-4o to everyone", "openai opens gpt 4o to everyone", "OpenAI's GPT‑4o is here"] {
        let fit = fit(title, "It answers in a third of a second.");
        assert_eq!(fit.slug.as_deref(), Some("gpt-4o"), "{title}");
        assert!(
            fit.reason.starts_with("paired with \"GPT-4o, explained\": names the guide's topic GPT-4o (0."),
            "{}",
            fit.reason
        );
    }
    let run_together = fit("OpenAI opens gpt4o to everyone", "");
    assert_eq!(run_together.slug.as_deref(), Some("gpt-4o"));
    assert!(run_together.reason.contains("shares the word gpt4o"), "{}", run_together.reason);
}

#[test]
fn the_whole_name_counts_more_than_its_words_apart_and_a_part_of_another_word_nothing() {
    let whole = fit("New image generation from a small lab", "").score;
    let apart = fit("Image of a new generation from a small lab", "");
    let apart = apart.options.iter().find(|choice| choice.slug == "images").map_or(apart.score, |choice| choice.score);
    assert!(whole > apart && apart > 0.0, "{whole} {apart}");
    assert!(fit("A ragtime revival", "").options.iter().all(|choice| choice.slug != "rag"));
}

#[test]
fn every_part_of_a_guide_counts_the_name_most_and_then_the_tldr() {
    let word = "zeppelin";
    let item = about("A zeppelin crosses the ocean", "");
    let score = |put: fn(&mut Guide, &str)| {
        let mut guides = shelf();
        put(&mut guides[0], word);
        let fit = Library::of(&guides, &Weights::default()).ranking(&item, 9);
        assert_eq!(fit[0].slug, "agents");
        fit[0].score
    };
    let heading = score(|guide, word| guide.sections[0].heading = word.into());
    let text = score(|guide, word| guide.sections[0].text += &format!(" {word}"));
    let takeaway = score(|guide, word| guide.takeaways = vec![word.into()]);
    let faq = score(|guide, word| guide.faq = vec![Faq { question: word.into(), answer: String::new() }]);
    let tldr = score(|guide, word| guide.tldr += &format!(" {word}"));
    let title = score(|guide, word| guide.title += &format!(" {word}"));
    let topic = score(|guide, word| guide.topic = word.into());
    assert!(
        [heading, text, takeaway, faq].iter().all(|score| *score < tldr),
        "{heading} {text} {takeaway} {faq} {tldr}"
    );
    assert!(tldr < title && title < topic, "{tldr} {title} {topic}");
}

#[test]
fn the_title_of_the_news_counts_more_than_its_summary_and_a_topic_repeated_in_the_title_once() {
    let library = shelf();
    let library = Library::of(&library, &Weights::default());
    let best = |title: &str, summary: &str| library.ranking(&about(title, summary), 1)[0].clone();
    assert_eq!(best("Watermarks everywhere", "Diffusion, too").slug, "voice");
    assert_eq!(best("Diffusion everywhere", "Watermarks, too").slug, "images");
    // Whether the title repeats the topic or says other words changes little: the text's length, no more.
    let score = |title: &str| {
        let mut guides = shelf();
        guides[1].title = title.into();
        fit_in(&guides, &about("OpenAI opens GPT-4o to everyone", "")).score
    };
    assert!((score("GPT-4o") - score("")).abs() < 1e-9);
}

#[test]
fn news_from_elsewhere_finds_no_guide_though_it_shares_common_words() {
    for (title, summary) in [
        (
            "Mayor opens a bridge",
            "People of the northern districts now reach the harbour on foot; the old ferry retires.",
        ),
        ("Storm hits the coast", "Later something went missing at sea; a minute of warning saved time."),
        ("", ""),
        ("?!", "…"),
    ] {
        let fit = fit(title, summary);
        assert_eq!((fit.slug, fit.reason.as_str(), fit.score), (None, "no guide fits", 0.0), "{title}");
    }
}

#[test]
fn one_threshold_serves_a_library_of_one_and_of_a_thousand() {
    let item = about("OpenAI opens GPT-4o to everyone", "It answers in a third of a second, by text or by speech.");
    let alone = fit_in(&shelf()[1..2], &item).score;
    let mut many = shelf();
    for n in 0..1_000 {
        let mut other = guide(&format!("other-{n}"), &format!("Subject {n}"));
        other.tldr = format!("Word{n} and word{} of another field.", n + 1);
        many.push(other);
    }
    let crowd = fit_in(&many, &item);
    assert_eq!(crowd.slug.as_deref(), Some("gpt-4o"));
    assert!((alone - crowd.score).abs() < 0.1, "{alone} {}", crowd.score);
}

#[test]
fn a_word_that_every_guide_holds_tells_less_than_one_that_a_single_guide_holds() {
    let mut guides = shelf();
    for guide in &mut guides {
        guide.tldr += " For our newsletter.";
    }
    let library = Library::of(&guides, &Weights::default());
    let best = |title: &str| library.ranking(&about(title, ""), 1)[0].score;
    assert!(best("The newsletter of a zeppelin") < best("The neighbours of a zeppelin"));
}

#[test]
fn one_word_in_common_pairs_only_when_it_is_the_name_or_fits_very_well() {
    let mut guides = shelf();
    guides[0].sections[0].text += " Agents are the future, and the future is a program of sandboxes.";
    let fit = |title: &str, summary: &str| fit_in(&guides, &about(title, summary));
    let lone = fit("The future of bakeries", "");
    let nearest = "no guide fits well enough; the nearest is \"AI agents, explained\" (0.60)";
    assert_eq!((lone.slug, lone.reason.as_str()), (None, nearest));
    let score = lone.options[0].score;
    assert!(lone.options[0].slug == "agents" && score > 0.55, "the editor is still offered it: {score}");
    assert_eq!(
        fit("The future of sandboxes in bakeries", "").slug.as_deref(),
        Some("agents"),
        "two words, one of them rare"
    );
    assert_eq!(fit("A program of future bakeries", "").slug, None, "two words, both common");
    assert!(fit("Agents in bakeries", "").reason.contains("shares the word agent (0."), "one that fits very well");
    assert_eq!(fit("The future of Vector Search", "").slug.as_deref(), Some("search"), "a name");
}

#[test]
fn a_guide_on_a_name_is_named_where_the_item_says_what_it_is_about_and_a_common_word_more_than_in_passing() {
    let mut guides = shelf();
    guides.push(guide("reasoning", "Reasoning"));
    guides.push(guide("llama", "Llama"));
    let fit = |title: &str, summary: &str| fit_in(&guides, &about(title, summary)).slug;
    let rest = "Bakers in four towns may try it on their own ovens. A second version is due in autumn.";
    assert_eq!(fit("Llama bakes bread", rest).as_deref(), Some("llama"));
    assert_eq!(
        fit("A model bakes bread", &format!("Its oven is old. It knows Llama. {rest}")),
        None,
        "a name, elsewhere"
    );
    assert_eq!(fit("Reasoning in bakeries", rest).as_deref(), Some("reasoning"));
    assert_eq!(
        fit("A model bakes bread", &format!("Its reasoning about dough and heat is sound. {rest}")),
        None,
        "in passing"
    );
}

#[test]
fn a_kind_of_news_says_which_guides_stand_with_it() {
    let mut guides = shelf();
    guides.push(guide("llama", "Llama"));
    let library = Library::of(&guides, &Weights::default());
    let fit = |title: &str, kind| library.fit_of_kind(&about(title, ""), kind, &mut Vec::new()).slug;
    let slug = |slug: &str| Some(slug.to_owned());
    let (llama, search) = ("Llama in bakeries", "Vector Search in bakeries");
    assert_eq!((fit(llama, KindGuides::Named), fit(search, KindGuides::Named)), (slug("llama"), slug("search")));
    assert_eq!((fit(llama, KindGuides::NoProduct), fit(search, KindGuides::NoProduct)), (None, slug("search")));
    assert_eq!(fit("Agents in bakeries", KindGuides::Any), slug("agents"));
    assert_eq!(fit("Agents in bakeries", KindGuides::Named), None, "a single word that is no name");
}

#[test]
fn what_speaks_for_every_guide_speaks_for_none() {
    let mut guides = shelf();
    let item = about("A field guide to agents", "Agents, and a newsletter.");
    let before = fit_in(&guides, &item).score;
    for guide in &mut guides[1..] {
        guide.takeaways = vec!["Agents read the newsletter.".into()];
    }
    assert!(fit_in(&guides, &item).score < before * 0.9, "{before} {}", fit_in(&guides, &item).score);
    // Two guides on one subject do not rule each other out.
    let mut twins = shelf()[1..2].to_vec();
    twins.push(Guide { slug: "gpt-4o-again".into(), ..twins[0].clone() });
    assert_eq!(fit_in(&twins, &about("OpenAI opens GPT-4o to everyone", "")).slug.as_deref(), Some("gpt-4o"));
}

#[test]
fn the_next_best_are_told_three_at_most_and_never_the_paired_one() {
    let fit = fit("AI agents that do image generation", "A voice, vector search and retrieval help the agent.");
    assert_eq!(fit.options.len(), 3);
    assert!(fit.options.iter().all(|choice| Some(&choice.slug) != fit.slug.as_ref()));
    assert!(fit.options.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert!(fit.score >= fit.options[0].score);
    assert!(
        !fit.reason.contains("runner-up") || fit.reason.contains("; runner-up: \"Image generation, explained\" ("),
        "{}",
        fit.reason
    );
    // The newsroom's choice stands, and the best by words is an option.
    let mut own = about("AI agents everywhere", "");
    own.guides = vec!["voice".into()];
    let fit = fit_in(&shelf(), &own);
    assert_eq!((fit.slug.as_deref(), fit.options[0].slug.as_str()), (Some("voice"), "agents"));
    assert_eq!(fit.reason, "paired with \"Voice cloning, explained\": the newsroom's own pairing");
}

#[test]
fn of_guides_on_one_topic_the_best_fitting_comes_first() {
    let mut guides = shelf();
    for slug in ["agents-a", "agents-z"] {
        let mut other = guide(slug, "ai agents");
        other.tldr = if slug == "agents-z" { "Agents that book travel." } else { "Agents that write code." }.into();
        guides.push(other);
    }
    let mut item = about("A startup lets software book your travel", "");
    item.topics = vec!["AI Agents".into()];
    let fit = fit_in(&guides, &item);
    assert!(fit.reason.starts_with("paired with \"ai agents\": same topic, shares the words "), "{}", fit.reason);
    assert_eq!(fit.explains, ["agents-z"], "a topic that the item does not name explains nothing");
    let mut item = about("An AI agent to book your travel", "");
    item.topics = vec!["AI Agents".into()];
    assert_eq!(fit_in(&guides, &item).explains.len(), 3);
}

#[test]
fn a_guide_much_older_than_the_news_is_paired_and_says_so() {
    let at = |updated: &str, stale: &str| {
        let mut guides = shelf();
        guides[1].updated = Some(updated.parse().unwrap());
        let weights: Weights = toml::from_str(&format!("guide_stale = \"{stale}\"")).unwrap();
        let mut item = about("OpenAI opens GPT-4o to everyone", "");
        item.topics = vec!["GPT-4o".into()];
        item.published = Published::parse("2026-11-24").unwrap();
        let fit = Library::of(&guides, &weights).fit(&item, &mut Vec::new());
        assert_eq!(fit.slug.as_deref(), Some("gpt-4o"));
        (fit.stale, fit.reason.split_once(')').map(|(_, age)| age.to_owned()).unwrap())
    };
    assert_eq!(at("2025-11-24", "365d"), (false, String::new()));
    assert_eq!(at("2025-11-23", "365d"), (true, ", last updated 12 months before this news".into()));
    assert_eq!(at("2025-09-20", "365d"), (true, ", last updated 14 months before this news".into()));
    assert_eq!(at("2020-01-01", "365d"), (true, ", last updated 6 years before this news".into()));
    assert_eq!(at("2026-11-22", "1d"), (true, ", last updated 2 days before this news".into()));
    assert_eq!(at("2020-01-01", "0s"), (false, String::new()));
    assert_eq!(at("2027-01-01", "1d"), (false, String::new()), "a guide newer than the news is never stale");
    assert!(!fit("OpenAI opens GPT-4o", "").stale, "a guide without a date is not called stale");
}

#[test]
fn sleeping_guides_and_old_versions_are_not_read() {
    let mut guides = shelf();
    guides[1].status = Status::Draft;
    let mut newer = guide("images", "Sculpture");
    newer.version = 2;
    guides.push(newer);
    let library = Library::of(&guides, &Weights::default());
    assert_eq!(library.guides().len(), 5);
    assert!(library.ranking(&about("GPT-4o", "diffusion"), 9).is_empty());
}

#[test]
fn what_the_news_is_only_measured_by_or_has_for_a_topic_is_not_its_subject() {
    let with_topic = |title: &str, summary: &str| {
        let mut item = about(title, summary);
        item.topics = vec!["GPT-4o".into()];
        fit_in(&shelf(), &item)
    };
    let named = with_topic("OpenAI opens GPT-4o to everyone", "It answers in a third of a second.");
    assert_eq!(named.slug.as_deref(), Some("gpt-4o"));
    assert!(
        named.reason.starts_with("paired with \"GPT-4o, explained\": same topic, names the guide's topic GPT-4o (0.")
    );
    for (title, summary) in [
        ("Rowan 2 beats GPT-4o at crosswords", "It is small."),
        ("A GPT-4o-style model from Kiel", "It is small."),
        ("Gull Labs opens an office in Lisbon", "Fifty people will work there."),
    ] {
        let fit = with_topic(title, summary);
        assert_eq!((fit.slug.as_deref(), fit.explains.len()), (None, 0), "{title}: {}", fit.reason);
    }
    // The newsroom may know better.
    let mut own = about("Gull Labs opens an office in Lisbon", "");
    own.guides = vec!["gpt-4o".into()];
    assert_eq!(fit_in(&shelf(), &own).slug.as_deref(), Some("gpt-4o"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_scores_from_0_to_1_the_same_in_any_order_best_first(
        title in "\\PC{0,60}|(gpt|4o|image|voice|the|generation|-| ){0,12}",
        summary in "\\PC{0,200}|((agents|model|index|speech|news)[ .]){0,40}",
        shuffled in Just(shelf()).prop_shuffle(),
        most in 0..8_usize,
    ) {
        let item = about(&title, &summary);
        let guides = shelf();
        let library = Library::of(&guides, &Weights::default());
        let other = Library::of(&shuffled, &Weights::default());
        let ranking = library.ranking(&item, most);
        prop_assert_eq!(&ranking, &other.ranking(&item, most));
        prop_assert!(ranking.len() <= most);
        prop_assert!(ranking.iter().all(|choice| choice.score > 0.0 && choice.score < 1.0));
        prop_assert!(ranking.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let fit = library.fit(&item, &mut Vec::new());
        prop_assert_eq!(&fit, &other.fit(&item, &mut Vec::new()));
        let best = library.ranking(&item, 1);
        let score = best.first().map_or(0.0, |choice| choice.score);
        prop_assert!(fit.slug.is_none() || fit.score >= LEAST && score >= fit.score);
        prop_assert!(fit.slug.is_some() || score < LONE, "{}", fit.reason);
    }

    #[test]
    fn strange_guides_do_no_harm(name in "\\PC{0,40}", text in "\\PC{0,200}", item in "\\PC{0,60}") {
        let mut guides = shelf();
        guides[0].title = name.clone();
        guides[0].topic = name;
        guides[0].tldr.clone_from(&text);
        guides[0].sections[0].text = text.clone();
        let fit = fit_in(&guides, &about(&item, &text));
        prop_assert!((0.0..1.0).contains(&fit.score));
        prop_assert!(!fit.reason.chars().any(char::is_control));
    }
}
