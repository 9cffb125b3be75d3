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
    let mut shipped = read_with(include_str!("../../config.toml"), &[]).expect("the shipped config.toml");
    let empty = read_with("", &[]).expect("defaults");
    // The sample's letters have every optional part; without a line there is none.
    for edition in shipped.editions.values_mut() {
        for part in [&mut edition.description, &mut edition.greeting, &mut edition.signature, &mut edition.poll] {
            assert!(!std::mem::take(part).is_empty());
        }
        for part in [&mut edition.reply, &mut edition.forward, &mut edition.next_date] {
            assert!(std::mem::take(part));
        }
    }
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
    for (text, expected) in [
        ("[web]\nlisten = \"\"\n[web]\n", "config.toml:3: `web` appears twice"),
        ("[web]\nlisten = \"\"\nlisten = \"\"\n", "config.toml:3: `listen` appears twice"),
    ] {
        let told = read_with(text, &[]).expect_err("twice");
        assert!(told.starts_with(expected), "{told}");
    }
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

#[test]
fn what_makes_no_sense_is_told_where_it_stands() {
    for (text, told) in [
        ("[serve]\nlease = \"0s\"", "`serve.lease` must be at least a second"),
        ("[web]\nlisten = \"127.0.0.1\"", "`web.listen` must be an address and a port, found `127.0.0.1`"),
        ("[web]\nmetrics_listen = \":9464\"", "`web.metrics_listen` must be an address and a port, found `:9464`"),
        ("[web]\nlisten = \"[::1]:80\"\nmetrics_listen = \"[::1]:80\"", "is the same as `web.listen`"),
        ("[web]\npublic_url = \"javascript:alert(1)\"", "`web.public_url` must be a web address"),
        ("[publication]\nurl = \"ftp://x\"", "`publication.url` must be a web address"),
        ("[web]\nclient_header = \"x forwarded: for\"", "`web.client_header` must be the name of a header"),
        ("[editions.brief]\nwindow = \"0d\"", "`editions.brief.window` must not be 0"),
        ("[editions.brief]\ndraft_ahead = \"1h\"\nremind = \"2h\"", "must be no longer than `draft_ahead`"),
        ("[tracking]\nclick = true", "unknown key `tracking.click`"),
        ("[tracking]\nclicks = true", "`tracking.clicks` needs `web.public_url`"),
        (
            "[web]\nlisten = \"127.0.0.1:80\"\n[publication]\nurl = \"https://x.example\"\n[tracking]\nclicks = true",
            "`tracking.clicks` needs `web.public_url`",
        ),
        (
            "[web]\npublic_url = \"https://x.example\"\n[tracking]\nclicks = true",
            "`tracking.clicks` needs `web.listen`",
        ),
        ("[delivery]\nstop_at_refused = 5.0", "`delivery.stop_at_refused` must be a share from 0 to 1, found 5"),
        ("[delivery]\nwarm_up = [100, 200]", "`delivery.warm_up` has no first day"),
        ("[editors]\nnotify = [\"Ann <ann@desk.example>\"]", "`editors.notify` must hold addresses"),
        ("[editors]\ndesk = \"javascript:alert(1)\"", "`editors.desk` must be a web address"),
        ("[delivery]\nretry = \"5m\"", "`delivery.retry`: found string \"5m\", expected a list"),
        ("[publication]\ntimezone = \"Paris\"", "expected a time zone of the IANA database"),
    ] {
        let said = read_with(text, &[]).expect_err(text);
        assert!(said.starts_with("config.toml:") && said.contains(told), "{text}: {said}");
    }
}

#[test]
fn a_mistake_of_the_environment_is_not_blamed_on_the_file() {
    let file = "[delivery]\nretry = [\"5m\"]\n";
    let said = read_with(file, &[("DIGEST_DELIVERY__RETRY", "5m,15m")]).expect_err("no list");
    assert!(said.starts_with("DIGEST_DELIVERY__RETRY: "), "{said}");
    let said = read_with(file, &[("DIGEST_DELIVERY__RETRY", "[]")]).expect_err("an empty list");
    assert!(said.contains("at least one duration"), "{said}");
}

#[test]
fn clicks_are_counted_only_when_somebody_asks_for_it() {
    assert!(!read_with(include_str!("../../config.toml"), &[]).expect("the shipped file").tracking.clicks);
    let on = "[web]\nlisten = \"127.0.0.1:80\"\npublic_url = \"https://x.example\"\n[tracking]\nclicks = true";
    assert!(read_with(on, &[]).expect("all that it needs").tracking.clicks);
    assert!(!read_with(on, &[("DIGEST_TRACKING__CLICKS", "false")]).expect("the environment").tracking.clicks);
}

#[test]
fn a_typo_is_told_in_the_table_it_stands_in_however_deep() {
    let text = "[delivery.smtp]\nport = 25\n[delivery.smtp.timeouts]\n\nconect = \"5s\"\n[delivery.smtp.per_domain.big]\ndomains = [\"a.example\"]\nrat = 3\n";
    let told = read_with(text, &[]).expect_err("typos");
    for line in [
        "config.toml:5: unknown key `delivery.smtp.timeouts.conect`",
        "config.toml:8: unknown key `delivery.smtp.per_domain.big.rat`",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
}

#[test]
fn a_secret_in_the_wrong_variable_is_not_printed() {
    for name in [
        "DELIVERY__SMTP__PORT",
        "DELIVERY__SMTP__TLS",
        "DELIVERY__SMTP__TIMEOUTS__CONNECT",
        "DELIVERY__RETRY",
        "DELIVERY__TRANSPORT",
        "STORE__URL",
        "WEB__PUBLIC_URL",
        "WEB__LISTEN",
        "WEB__CLIENT_HEADER",
        "PUBLICATION__TIMEZONE",
        "EDITORS__NOTIFY",
        "EDITIONS__MIDWEEK__SEND",
        "FETCH__AT_ONCE",
        "DELIVERY",
        "FEEDS",
    ] {
        for secret in ["hunter2 (it's \"mine\")", "[\"hunter2\"]"] {
            let Err(told) = read_with("", &[(&format!("DIGEST_{name}"), secret)]) else { continue };
            assert!(!told.contains("hunter2"), "{name}: {told}");
            assert!(name == "DELIVERY" || told.starts_with(&format!("DIGEST_{name}: ")), "{name}: {told}");
        }
    }
}

#[test]
fn an_address_that_headers_cannot_hold_is_refused() {
    for address in [
        "https://news.example/a b",
        "https://news.example/\u{a0}",
        "https://a.example/?x=1",
        "https://a.example/\"",
        "https://a.example/#top",
    ] {
        let told = read_with(&format!("[web]\npublic_url = '{address}'"), &[]).expect_err(address);
        assert!(told.starts_with("config.toml:2: `web.public_url` "), "{address}: {told}");
    }
}

#[test]
fn a_notice_about_a_setting_gets_its_place() {
    let config = read_with("[publication]\nname = \"A\"\nfrom = \"x\"\n", &[("DIGEST_WEB__LISTEN", "127.0.0.1:1")])
        .expect("good");
    let at = |message: &str| config.origin.locate(crate::model::Notice::new(message)).to_string();
    assert_eq!(
        at("`publication.from` must be a mailbox, found `x`"),
        "config.toml:3: `publication.from` must be a mailbox, found `x`"
    );
    assert!(at("set `publication.url`").starts_with("config.toml:1: "), "the nearest table");
    assert!(at("`web.listen` is wrong").starts_with("DIGEST_WEB__LISTEN: "));
    assert!(at("`news.example` is no setting").starts_with("`news"));
}

#[test]
fn every_setting_is_listed_with_its_value_and_its_source() {
    let text = "[publication]\nname = \"X\"\n\n[editions.sunday]\nnews = 7\n[editions.extra]\nsend = \"Fri 09:00\"\n\n\
                [delivery.smtp.per_domain.gmail]\ndomains = [\"gmail.com\"]\n\n[[feeds]]\nname = \"A\"\nurl = \"https://a.example/f\"\n";
    let environment = [("DIGEST_DELIVERY__SMTP__PORT", "2525"), ("DIGEST_DELIVERY__SMTP__PASSWORD", "hunter2")];
    let config = read_with(text, &environment).expect("a configuration");
    let all = settings(&config.origin);
    let told = |section: &str, key: &str| {
        let found = all.iter().find(|setting| setting.section == section && setting.key == key);
        let found = found.unwrap_or_else(|| panic!("no {section}.{key}"));
        (found.value.clone(), found.default.clone().unwrap_or_default(), found.set_by.clone())
    };
    let row = |value: &str, default: &str, set_by: SetBy| (value.to_owned(), default.to_owned(), set_by);
    assert_eq!(told("editions.sunday", "news"), row("7", "12", SetBy::File(5)));
    assert_eq!(told("editions.sunday", "bench"), row("10", "10", SetBy::Default));
    assert_eq!(told("editions.extra", "send"), row("\"Fri 09:00\"", "\"Wed 07:00\"", SetBy::File(7)));
    assert_eq!(told("editions.extra", "greeting"), row("\"\"", "\"\"", SetBy::Default));
    let by = |name: &str| SetBy::Environment(name.into());
    assert_eq!(told("delivery.smtp", "port"), row("\"2525\"", "587", by("DIGEST_DELIVERY__SMTP__PORT")));
    assert_eq!(told("delivery.smtp", "password"), row("\"…\"", "", by("DIGEST_DELIVERY__SMTP__PASSWORD")));
    assert_eq!(told("delivery.smtp.per_domain.gmail", "domains"), row("[\"gmail.com\"]", "", SetBy::File(10)));
    assert_eq!(told("feeds 1", "url"), row("\"https://a.example/f\"", "", SetBy::File(14)));
    assert!(!format!("{all:?}").contains("hunter2"), "a secret is never among them");
    let defaults = settings(&read_with("", &[]).expect("defaults").origin);
    let publication = defaults.iter().filter(|setting| setting.section == "publication");
    let lines: Vec<String> = publication.map(|setting| format!("{} = {}", setting.key, setting.value)).collect();
    let publication = lines.join("\n");
    let listed = read_with(&format!("[publication]\n{publication}"), &[]);
    assert_eq!(listed.map(|config| config.publication), Ok(Publication::default()), "{publication}");
    let about = |key: &str| all.iter().find(|setting| setting.key == key).map(|setting| setting.about.clone());
    assert_eq!(
        about("rate").as_deref(),
        Some("messages a second of all senders together; 0: as fast as the relay accepts them")
    );
}
