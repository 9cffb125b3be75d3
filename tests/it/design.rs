//! The mail's design as a person sees it: its size on the wire, the number of the week, a theme in two files.

use crate::house::Test;
use crate::sample;

/// This many items of a week, each like the sample's.
fn news(items: usize) -> String {
    let lines: Vec<&str> = sample::NEWS.lines().collect();
    let one = |n: usize| {
        let line = lines[n % 10];
        let start = line.split("\",\"title\":\"").next().unwrap();
        line.replacen(&format!("{start}\",\"title\":\""), &format!("{start}-{n}\",\"title\":\"({n}) "), 1).replacen(
            "\"url\":\"https://",
            &format!("\"url\":\"https://n{n}."),
            1,
        )
    };
    (0..items).map(|n| one(n) + "\n").collect()
}

/// A Sunday with exactly these items: as composed, but without the caps, which would exclude some.
fn sunday(items: usize) -> Test {
    let config = format!(
        "\n[editions.big]\ntitle = \"Sunday\"\nsend = \"Sun 08:00\"\ntemplate = \"sunday\"\nnews = {items}\nguides = 3\nbench = 0\n\
         by_topic = true\nmin_score = 0.0\nwindow = \"14d\"\n\n[compose]\nmax_per_source = 0\nmax_per_topic = 0\nstory_threshold = 1.0\n"
    );
    let test = Test::new().sample().news(&news(items)).config(&config);
    test.run_at("2026-11-29T06:00:00Z", "compose big --date 2026-11-29").success();
    test.run("render 2026-11-29-big").success();
    let shown = test.read("issues/2026-11-29-big/issue.toml").matches("[[news]]\n").count();
    assert!(shown >= items, "{shown} of {items} items are in the issue");
    test
}

#[test]
fn a_sunday_is_light_on_the_wire() {
    let test = sunday(12);
    let html = test.read("issues/2026-11-29-big/issue.html").len();
    let wire = test.read("issues/2026-11-29-big/issue.eml").len();
    println!("12 items: {html} bytes of HTML, {wire} on the wire");
    assert!(html <= 45_000 && wire <= 60_000, "12 items: {html} bytes of HTML, {wire} on the wire");
}

#[test]
fn sixty_items_stay_under_gmails_clip() {
    let test = sunday(60);
    let html = test.read("issues/2026-11-29-big/issue.html").len();
    println!("60 items: {html} bytes of HTML");
    assert!(html < 102_400, "60 items: {html} bytes of HTML");
}

#[test]
fn the_number_of_the_week_survives_a_compose_and_shows_in_diff_and_mail() {
    let test = Test::new().sample().composed();
    let path = "issues/2026-11-25-midweek/issue.toml";
    let text = test.read(path);
    let number = "[number]\nvalue = \"11\"\nlabel = \"languages that a tram in Graz speaks\"\nurl = \"https://civic.example/eleven\"\n";
    test.write(path, &(text + "\n" + number));
    test.run("compose midweek --date 2026-11-25").success();
    assert!(test.read(path).contains(number), "{}", test.read(path));
    test.run("diff 2026-11-25-midweek").success().stdout_has("+label = \"languages that a tram in Graz speaks\"");
    test.run("render 2026-11-25-midweek").success();
    let html = test.read("issues/2026-11-25-midweek/issue.html");
    assert!(html.contains("Number of the week") && html.contains(">11<") && html.contains("civic.example/eleven"));
    let text = test.read("issues/2026-11-25-midweek/issue.txt");
    assert!(text.contains("11: languages that a tram in Graz speaks ["), "{text}");
    test.run("check 2026-11-25-midweek").success();
}

#[test]
fn a_theme_is_the_lines_that_differ() {
    let test = Test::new().sample().composed();
    test.write("templates/tokens/base.toml", "accent = \"#123456\"\n");
    test.write("templates/partials/byline.mjml.hbs", "<i>As told by {{source}}</i>");
    test.run("render 2026-11-25-midweek").success();
    let html = test.read("issues/2026-11-25-midweek/issue.html");
    assert!(html.contains("#123456") && html.contains("As told by ") && html.contains("Guide to keep"));
    test.write("templates/partials/byline.mjml.hbs", "<i>\n  {{sorce}}</i>");
    test.run("render 2026-11-25-midweek")
        .code(1)
        .stderr_has("byline.mjml.hbs:2: column")
        .stderr_has("did you mean `source`?");
}

#[test]
fn plain_text_has_its_addresses_where_the_config_says() {
    let test = Test::new().sample().composed();
    test.run("render 2026-11-25-midweek").success();
    assert!(test.read("issues/2026-11-25-midweek/issue.txt").contains("\nLinks\n-----\n"));
    let test = test.env("DIGEST_EDITIONS__MIDWEEK__TEXT_LINKS", "inline");
    test.run("render 2026-11-25-midweek").success();
    let text = test.read("issues/2026-11-25-midweek/issue.txt");
    assert!(!text.contains("\nLinks\n") && text.contains("\nhttps://larch.example/blog/larch-3\n"), "{text}");
    test.run("check 2026-11-25-midweek").success();
}

#[test]
fn the_demos_editor_speaks_of_the_stories_that_are_there_and_both_issues_are_light() {
    let test = Test::new();
    test.run("demo shown").success();
    for (issue, noted, most) in
        [("2024-07-31-midweek", "meta-ai-sam-2", 25_000), ("2024-08-04-sunday", "ec-ai-act-enters-into-force", 45_000)]
    {
        let draft: toml_edit::DocumentMut = test.read(&format!("shown/issues/{issue}/issue.toml")).parse().unwrap();
        let said = |key: &str, entry: &toml_edit::Table| entry[key].as_str().unwrap_or_default().to_owned();
        let entries = draft["news"].as_array_of_tables().unwrap();
        let with_note: Vec<String> =
            entries.iter().filter(|entry| !said("note", entry).is_empty()).map(|entry| said("id", entry)).collect();
        assert_eq!(with_note, [noted], "{issue}: fit src/pipeline/demo/ to the stories that compose chooses now");
        let html = test.read(&format!("shown/issues/{issue}/issue.html"));
        assert!(html.contains("Number of the week") && html.contains("mark.png"), "{issue}");
        assert!(html.len() <= most, "{issue}: {} bytes of HTML", html.len());
    }
}
