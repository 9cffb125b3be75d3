//! Kinds of news by their cues: a table of headlines, and what a file of one's own may get wrong.

use super::*;
use crate::compose::Feed;
use crate::compose::tests::fresh;

fn item(source: &str, url: &str, title: &str) -> Item {
    let url = (!url.is_empty()).then(|| format!("https://{url}"));
    Item { source: source.into(), url, title: title.into(), summary: String::new(), ..fresh("x", 5.0) }
}

#[test]
fn a_kind_is_told_by_host_and_path_then_by_one_strong_cue_or_two_weak_ones() {
    let feeds = Feeds::of([("Larch Labs", Feed { base_score: None, primary: true })]);
    for (source, url, title, kind) in [
        ("arXiv", "arxiv.org/abs/2607.01234", "OpenAI sues everybody", "research"),
        ("arXiv", "arxiv.org/abs/2607.01234", "A Survey of Larch Cultivation", "survey"),
        ("arXiv", "arxiv.org/abs/2607.01234", "LarchBench: a benchmark of bark", "dataset"),
        ("GitHub", "github.com/larch/bark", "Bark", "tool"),
        ("bark", "larch.github.io/bark/", "Bark", "project"),
        ("Hugging Face", "huggingface.co/larch/bark-7b", "bark-7b", "page"),
        ("The Batch", "www.deeplearning.ai/the-batch/issue-1", "Larch 3, a Court Case, Robots", "round-up"),
        ("The Paper", "example.org/opinion/larch", "Larch 3 launches", "opinion"),
        ("The Paper", "example.org/a", "Larch Labs launches Claude 9, its newest model", "model"),
        ("Larch Labs", "example.org/a", "Introducing Gemini 9", "model"),
        ("Larch Labs", "example.org/a", "Gemini 9 Pro", "model"),
        ("The Paper", "example.org/a", "Author sues Larch Labs over training data", "law"),
        ("The Paper", "example.org/a", "Chief of Larch Labs steps down", "people"),
        ("The Paper", "example.org/a", "Larch Labs delays its voice mode", "incident"),
        ("The Paper", "example.org/a", "Larch Labs raises $40 million", "money"),
        ("The Paper", "example.org/a", "Larch Labs launches a voice mode", "release"),
        ("The Paper", "example.org/a", "Larch Labs says nobody will notice", "statement"),
        ("Larch Labs", "example.org/a", "On our gardens in winter", "note"),
        ("Larch Labs", "example.org/a", "How Acme uses Larch 3 for its invoices", "customer"),
        ("Larch Labs", "example.org/docs/a", "Larch 3", "tutorial"),
        ("The Paper", "example.org/a", "How to prune a larch", "tutorial"),
        ("The Paper", "example.org/a", "Why nobody prunes larches", "opinion"),
        ("Larch Labs", "example.org/a", "Larch Labs partners with the city of Ghent", "partner"),
        ("Larch Labs", "example.org/a", "Meet the winners of our hackathon", "event"),
        ("A Poster", "x.com/poster/status/1", "A trick with pruned vectors", "post"),
        ("The Paper", "theguardian.com/a", "A garden in spring", "off subject"),
        ("The Paper", "example.org/a", "Elm is testing a feature for hedges", "speculation"),
        ("The Paper", "example.org/a", "Elm may come to Ghent after all", "speculation"),
        ("The Paper", "example.org/a", "A new timetable won't delay the elm", "speculation"),
        ("The Paper", "example.org/a", "Elm upgrades its hedges", "release"),
        ("The Paper", "example.org/a", "A bet on hedges is to drive upgrades", ""),
        ("The Paper", "example.org/a", "Announcing new hedges, and other elm updates", "round-up"),
        // One weak word tells nothing.
        ("The Paper", "example.org/a", "A new garden", ""),
        ("The Paper", "example.org/a", "Larch concerns", ""),
        ("The Paper", "example.org/a", "Larch concerns and threat of beetles", "incident"),
    ] {
        let item = item(source, url, title);
        let found = Cues::shipped().kind(&item, &feeds);
        let name = found.as_ref().map_or("", |found| found.kind.name.as_str());
        assert_eq!(name, kind, "{title} at {url}: {found:?}");
        assert!(found.is_none_or(|found| !found.cue.is_empty()), "{title}: a kind has a cue that can be told");
    }
}

#[test]
fn a_firm_is_no_prefix_of_another_word() {
    assert_eq!(Cues::shipped().firms("Meta-learning for gardens"), Vec::<&str>::new());
    assert_eq!(Cues::shipped().firms("A model of Meta's"), ["Meta"]);
    assert_eq!(Cues::shipped().firms("Gardeners sue Meta"), ["Meta"]);
}

#[test]
fn the_cue_is_told_as_it_stands() {
    for (url, title, cue) in [
        ("arxiv.org/abs/1", "Bark", "its address, arxiv.org/"),
        ("example.org/a", "Larch Labs delays its voice", "\"delays\""),
        ("example.org/a", "Larch concerns and threat of beetles", "\"threat\", \"concerns\""),
    ] {
        let item = item("The Paper", url, title);
        let found = Cues::shipped().kind(&item, &Feeds::default()).unwrap();
        assert_eq!(found.cue, cue, "{title}");
    }
}

#[test]
fn a_high_score_takes_the_edge_off_some_kinds() {
    let kind = |name: &str| Cues::shipped().kinds().iter().find(|kind| kind.name == name).unwrap();
    let at = |name: &str, score: f64| kind(name).at(score);
    assert_eq!((at("research", 6.9), at("research", 7.0)), (-1.0, 0.0));
    assert_eq!((at("tool", 6.9), at("tool", 7.0)), (-1.0, -0.5));
    assert_eq!((at("model", 6.9), at("model", 7.0)), (1.5, 1.5));
}

#[test]
fn the_first_firm_named_counts_and_houses_hold_several_sites() {
    let cues = Cues::shipped();
    assert_eq!(cues.firms("Claude beats GPT-5 at chess"), ["Anthropic", "OpenAI"]);
    assert!(cues.firms("Larches in autumn").is_empty());
    let house = |url: &str, source: &str| cues.house(&item(source, url, "t"));
    assert_eq!(house("www.wired.com/a", "Wired"), house("arstechnica.com/b", "Ars Technica"));
    assert_ne!(house("example.org/a", "A"), house("example.org/b", "B"));
    assert_eq!(house("", "The Wire"), house("", "the-wire"));
}

#[test]
fn a_site_is_the_registrable_domain() {
    for (url, domain) in [
        ("https://blog.example.org/a", "example.org"),
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://larch.github.io/x", "github.io"),
        ("http://localhost:8080/x", "localhost"),
        ("https://a.com", "a.com"),
        ("https://x.ai/a", "x.ai"),
    ] {
        let mut item = fresh("x", 5.0);
        item.url = Some(url.into());
        assert_eq!(site(&item).as_deref(), Some(domain), "{url}");
    }
}

#[test]
fn a_publication_in_another_field_brings_cues_of_its_own() {
    let own = "[names]\ntree = [\"larch\", \"fir\"]\n[[kinds]]\nname = \"planting\"\npoints = 2\nstrong = [\"{tree} planted\"]\n";
    let cues = Cues::parse(own).unwrap();
    let found = cues.kind(&item("The Paper", "", "A fir planted in Ghent"), &Feeds::default()).unwrap();
    assert_eq!((found.kind.name.as_str(), found.kind.points), ("planting", 2.0));
    assert!(cues.kind(&item("The Paper", "arxiv.org/abs/1", "Bark"), &Feeds::default()).is_none());
}

#[test]
fn a_mistake_in_the_cues_is_told_with_its_place() {
    for (text, told) in [
        ("[[kinds]]\nname = \"a\"\npoints = \"x\"\n", "the cues cannot be read"),
        ("[[kinds]]\nname = \"a\"\npoints = 11\n", "kind `a`: points must be from -10 to 10"),
        ("[[kinds]]\nname = \"a\"\npoints = 1\nstrong = [\"{tree}\"]\n", "`{tree}` is not under [names]"),
        ("[[kinds]]\nname = \"a\"\npoints = 1\nstrong = [\"a(\"]\n", "is not a regular expression"),
        ("[[kinds]]\nname = \"a\"\npoints = 1\nstrong = [{}]\n", "would match everything"),
        ("[[kinds]]\nname = \"a\"\npoints = 1\nstorng = []\n", "unknown field `storng`"),
        ("[firms]\nA = \"(\"\n", "firm `A`"),
    ] {
        let notice = Cues::parse(text).unwrap_err();
        assert!(notice.message.contains(told), "{text}: {}", notice.message);
    }
    let notice = Cues::parse("[[kinds]]\nname = \"a\"\npoints = \"x\"\n").unwrap_err();
    assert_eq!(notice.at.and_then(|place| place.line), Some(3));
}

#[test]
fn the_shipped_cues_are_regular_expressions_all_of_them() {
    Cues::parse(SHIPPED).unwrap();
}
