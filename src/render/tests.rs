//! Renders every template with every sample, and looks for what must never be in a mail.

use super::*;
use crate::model::{Fill, Part, Slot};

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
    Edition { template: name.into(), by_topic: name == "sunday", ..Edition::default() }
}

fn draw(draft: &Draft, name: &str) -> Rendered {
    let (edition, mut draft) = (edition(name), draft.clone());
    draft.name.edition = name.into();
    let setting = Setting {
        publication: sample::publication(),
        edition_title: "",
        edition: &edition,
        guides: &[],
        fields: &["city".to_owned()],
    };
    render(&draft, &setting, &Templates::builtin()).unwrap_or_else(|notices| panic!("{notices}"))
}

#[test]
fn look_at_it() {
    #[allow(clippy::disallowed_methods)] // only a person who wants to look sets it
    let Ok(dir) = std::env::var("DIGEST_LOOK") else { return };
    let dir = std::path::Path::new(&dir);
    let mut midweek = sample::full();
    midweek.news.truncate(5);
    midweek.guides.truncate(1);
    let mut twelve = sample::full();
    let more = twelve.news.clone();
    twelve.news.extend(more);
    twelve.news.sort_by_key(|entry| entry.topics.clone());
    let mut many = twelve.clone();
    many.news.extend(twelve.news.clone());
    many.news.push(twelve.news[0].clone());
    many.news.sort_by_key(|entry| entry.topics.clone());
    for (file, draft, name) in [
        ("midweek", midweek, "midweek"),
        ("sunday", sample::full(), "sunday"),
        ("sunday12", twelve, "sunday"),
        ("sunday25", many, "sunday"),
        ("hostile", sample::hostile(), "midweek"),
        ("minimal", sample::minimal(), "sunday"),
    ] {
        let rendered = draw(&draft, name);
        let html = rendered.fill(Part::Html, &Ann);
        println!("{file}: {} items, {} bytes of HTML", draft.news.len(), html.len());
        std::fs::write(dir.join(format!("{file}.html")), html).unwrap();
        std::fs::write(dir.join(format!("{file}.txt")), rendered.fill(Part::Text, &Ann)).unwrap();
    }
}
