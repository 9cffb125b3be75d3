use std::path::Path;

use super::*;

fn read_with(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    read(Path::new("config.toml"), text, pairs).map_err(|notices| notices.to_string())
}

#[test]
fn an_empty_file_ships_both_editions() {
    let config = read_with("", &[]).expect("defaults");
    assert_eq!(config.editions.keys().collect::<Vec<_>>(), ["midweek", "sunday"]);
    assert_eq!((config.editions["midweek"].news, config.editions["sunday"].news), (5, 12));
    assert_eq!(config.edition_title("sunday"), "Sunday");
}

#[test]
fn the_shipped_file_says_what_the_defaults_are() {
    let shipped = read_with(include_str!("../../config.toml"), &[]).expect("the shipped config.toml");
    let empty = read_with("", &[]).expect("defaults");
    assert_eq!(shipped.compose, empty.compose);
    assert_eq!(shipped.delivery, empty.delivery);
    assert_eq!(shipped.store, empty.store);
    assert_eq!(shipped.editions, empty.editions);
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let told = read_with(
        "[publication]\nnam = \"x\"\nlanguage = 3\n\n[editions.midweek]\nnews = \"five\"\nsend = \"Wedn 7\"\n\n\
         [delivery.smtp]\nprot = 25\n\n[stor]\nurl = \"x\"\n",
        &[],
    )
    .expect_err("five mistakes");
    for line in [
        "config.toml:2: unknown key `publication.nam`",
        "did you mean `name`?",
        "config.toml:3: `publication.language`",
        "config.toml:6: `editions.midweek.news`",
        "config.toml:7: `editions.midweek.send`",
        "config.toml:10: unknown key `delivery.smtp.prot`",
        "did you mean `port`?",
        "config.toml:12: unknown key `stor`",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
}

#[test]
fn broken_toml_names_its_line() {
    let told = read_with("[publication]\nname = \"x\nurl = 3\n", &[]).expect_err("broken");
    assert!(told.starts_with("config.toml:2:"), "{told}");
}

#[test]
fn the_environment_overrides_and_its_mistakes_name_the_variable() {
    let config = read_with(
        "",
        &[
            ("DIGEST_DELIVERY__SMTP__PORT", "2525"),
            ("DIGEST_DELIVERY__SMTP__PASSWORD", "12345"),
            ("DIGEST_PUBLICATION__NAME", "2001"),
            ("DIGEST_DELIVERY__RETRY", "[\"1s\"]"),
            ("DIGEST_TEST_SINK", "ignored"),
        ],
    )
    .expect("overrides");
    assert_eq!(config.delivery.smtp.port, 2525);
    assert_eq!(config.delivery.smtp.password, "12345");
    assert_eq!(config.publication.name, "2001");
    assert_eq!(config.delivery.retry, [std::time::Duration::from_secs(1)]);
    assert!(!format!("{config:?}").contains("12345"));
    let told = read_with("", &[("DIGEST_DELIVERY__SMTP__PORT", "many")]).expect_err("no port");
    assert!(told.starts_with("DIGEST_DELIVERY__SMTP__PORT: "), "{told}");
}

#[test]
fn a_password_in_the_file_is_refused_unprinted() {
    let told = read_with("[delivery.smtp]\npassword = \"hunter2\"\n", &[]).expect_err("a password");
    assert!(told.starts_with("config.toml:2:") && !told.contains("hunter2"), "{told}");
}
