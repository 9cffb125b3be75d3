//! A publication's own look: one partial, one token, one edition, without a copy of the rest.

use super::*;

fn themed(files: &[(&str, &str)]) -> Templates {
    let place = |templates: Templates, (name, source): &(&str, &str)| {
        templates.with(name, &Path::new("templates").join(name), (*source).to_owned())
    };
    files.iter().fold(Templates::builtin(), place)
}

fn html(templates: &Templates, name: &str) -> String {
    draw_with(&states::midweek(), name, templates).unwrap_or_else(|n| panic!("{n}")).fill(Part::Html, &Ann)
}

#[test]
fn one_partial_is_replaced_and_the_rest_stays() {
    let own = themed(&[("partials/byline.mjml.hbs", "<i>From {{source}}</i>")]);
    for name in ["midweek", "sunday"] {
        let html = html(&own, name);
        assert!(html.contains("<i>From Meta AI</i>") && html.contains("Number of the week"), "{name}");
    }
}

#[test]
fn a_partial_in_a_folder_named_as_the_template_is_for_that_edition_alone() {
    let own = themed(&[("partials/sunday/byline.mjml.hbs", "<i>Sunday says {{source}}</i>")]);
    assert!(html(&own, "sunday").contains("Sunday says Meta AI"));
    assert!(!html(&own, "midweek").contains("Sunday says"));
}

#[test]
fn one_token_is_enough() {
    let own = themed(&[("tokens/base.toml", "accent = \"#123456\"\n")]);
    for name in ["midweek", "sunday"] {
        // A publication's colour for all editions overrides the one that an edition ships with.
        let html = html(&own, name);
        assert!(html.contains("color:#123456") && html.contains("#1d1c1a") && !html.contains("#7a2e5d"), "{name}");
    }
    let own = themed(&[("tokens/sunday.toml", "accent = \"#123456\"\n"), ("tokens/base.toml", "ink = \"#000000\"\n")]);
    let (midweek, sunday) = (html(&own, "midweek"), html(&own, "sunday"));
    assert!(sunday.contains("color:#123456") && sunday.contains("color:#000000") && sunday.contains("#f7ecf2"));
    assert!(!midweek.contains("#123456") && midweek.contains("color:#000000"));
}

#[test]
fn an_edition_of_ones_own_has_its_tokens_and_needs_two_templates() {
    let issue = |part: &str| {
        let name = format!("issue/midweek.{part}.hbs");
        Templates::builtin_files().find(|(file, _)| *file == name).unwrap().1
    };
    let own = themed(&[
        ("issue/monthly.mjml.hbs", issue("mjml")),
        ("issue/monthly.txt.hbs", issue("txt")),
        ("tokens/monthly.toml", "accent = \"#123456\""),
    ]);
    assert!(html(&own, "monthly").contains("color:#123456"));
}

#[test]
fn a_token_for_a_template_of_ones_own_is_welcome_and_a_misspelt_one_is_told() {
    let own = themed(&[
        ("partials/byline.mjml.hbs", "<i style=\"color:{{@root.look.brand}}\">{{source}}</i>"),
        ("tokens/base.toml", "brand = \"#123456\""),
    ]);
    assert!(html(&own, "midweek").contains("<i style=\"color:#123456\">"));
    let told = complaint("tokens/base.toml", "# mine\n\nacent = \"#123456\"\n");
    assert!(told.contains("mine.hbs:3") && told.contains("no template reads the token `acent`"), "{told}");
    assert!(told.contains("did you mean `accent`?"), "{told}");
    let told = complaint("tokens/midweek.toml", "line = \"red\"\naccent = red\n");
    assert!(told.contains("mine.hbs:2"), "{told}");
}

#[test]
fn every_built_in_template_says_what_it_is_for() {
    for (name, source) in Templates::builtin_files() {
        let toml = name.starts_with("tokens/") || name.starts_with("words/");
        assert!(source.starts_with(if toml { "# " } else { "{{!-- " }), "{name}");
        if name.starts_with("partials/") {
            assert!(source.contains("Gets: ") || source.contains("Gets what "), "{name} does not say what it is given");
        }
    }
}
