//! Counted links: the rules judge the pages that they lead to, and the size of the mail as it goes out.

use super::*;

fn counted(draft: &Draft) -> Rendered {
    let clicks = Some("https://almanac.example");
    let setting = Setting { clicks, ..Setting::new(sample::publication(), sample::edition()) };
    render::render(draft, &setting, &Templates::builtin()).unwrap()
}

#[test]
fn a_counted_issue_has_the_findings_of_the_same_issue_without() {
    let mut bad = sample::full();
    bad.news[0].url = Some("http://a.example/x?utm_source=us".into());
    bad.news[1].url = Some("https://bit.ly/x".into());
    bad.guides[0].url = bad.news[2].url.clone();
    bad.news[3].url = Some("javascript:alert(1)".into());
    for draft in [sample::full(), sample::minimal(), sample::hostile(), bad] {
        let (with, without) = (run(&draft, &counted(&draft)), run(&draft, &drawn(&draft)));
        assert_eq!(with.findings, without.findings);
    }
}

#[test]
fn the_weight_is_that_of_the_mail() {
    let mut draft = sample::full();
    draft.news[0].url = Some(format!("https://a.example/{}", "x".repeat(2_000)));
    let rendered = counted(&draft);
    let report = run(&draft, &rendered);
    assert_eq!(report.html_bytes, rendered.fill(Part::Html, &Typical).len());
    assert_eq!(report.text_bytes, rendered.fill(Part::Text, &Typical).len());
    assert!(report.html_bytes + 2_000 < run(&draft, &drawn(&draft)).html_bytes);
    assert_eq!(report.blocks.iter().map(|block| block.bytes).sum::<usize>(), report.html_bytes);
}

#[test]
fn a_text_without_a_counted_link_is_still_noticed() {
    let draft = sample::full();
    let mut rendered = counted(&draft);
    let key = rendered.tracking.as_ref().unwrap().links[0].key.clone();
    for segment in &mut rendered.text {
        if let Segment::Shared(text) = segment {
            *text = text.replace(&key, "zzzzzzzz");
        }
    }
    assert!(codes(&run(&draft, &rendered)).contains(&"text-links-differ"));
}
