use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::model::Subscriber;

/// Each row as `ok ADDRESS STATUS` or `LINE REASON`.
fn read(text: &[u8], consent: &str) -> Vec<String> {
    let editions: BTreeSet<String> = ["midweek".to_owned(), "sunday".to_owned()].into();
    match SubscriberRows::open(Path::new("list.csv"), text, SubscriberRules { consent, editions: &editions }) {
        Err(notice) => vec![notice.to_string()],
        Ok(rows) => rows
            .map(|row| match row {
                Ok(row) => format!("ok {} {}", row.email, row.status),
                Err(reject) => format!("{} {}", reject.line, reject.reason),
            })
            .collect(),
    }
}

#[test]
fn rows_are_taken_or_refused_with_their_line() {
    for (text, expected) in [
        ("email\nann@example.org\n", vec!["ok ann@example.org confirmed"]),
        (
            "\u{feff}Email,Name\r\nann@example.org,Ann\r\nbad,B\r\n",
            vec!["ok ann@example.org confirmed", "3 the address has no `@`"],
        ),
        ("email,editions\na@x.org,midweek;weekly\n", vec!["2 unknown edition `weekly`; there are midweek, sunday"]),
        (
            "email,name\na@x.org,\"A\nB\"\nb@x.org,B\n",
            vec!["2 `name` holds a line break or another control character", "ok b@x.org confirmed"],
        ),
        ("email,name\na@x.org\n", vec!["2 1 cells, but the header has 2; is a quote missing?"]),
        (
            "email,created\na@x.org,yesterday\n",
            vec!["2 `created` must be a date such as 2026-05-01, found `yesterday`"],
        ),
        (
            "email,status\na@x.org,gone\n",
            vec!["2 `status` must be pending, confirmed, unsubscribed, bounced or complained, found `gone`"],
        ),
    ] {
        assert_eq!(read(text.as_bytes(), "a form"), expected, "{text:?}");
    }
}

#[test]
fn who_left_stays_off_whatever_else_is_wrong_with_the_row() {
    let rows = read(b"email,status,editions,name\nz@x.org,unsubscribed,nope,\"a\nb\"\n", "");
    assert_eq!(rows, ["ok z@x.org unsubscribed"]);
}

#[test]
fn consent_must_be_on_record() {
    let told = read(b"email\nann@example.org\n", "");
    assert!(told[0].starts_with("list.csv:1: these rows would be confirmed"), "{told:?}");
    let rows = read(b"email,status\nann@example.org,confirmed\nbob@example.org,pending\n", "");
    assert!(rows[0].starts_with("2 confirmed, but nothing says where consent came from"), "{rows:?}");
    assert_eq!(rows[1], "ok bob@example.org pending");
}

#[test]
fn text_that_is_not_utf8_is_refused_with_a_hint() {
    let rows = read(b"email,name\na@x.org,J\xf6rg\n", "a form");
    assert_eq!(rows, ["2 not UTF-8 (it may be Latin-1); save the file as \"CSV UTF-8\""]);
}

#[test]
fn a_heading_is_one_line() {
    let editions = BTreeSet::new();
    let rules = SubscriberRules { consent: "a form", editions: &editions };
    let text = b"email,\"home\ntown\",\x07\0x\na@x.org,Oslo,1\n";
    let rows: Vec<_> = SubscriberRows::open(Path::new("list.csv"), &text[..], rules).expect("a header").collect();
    let row = rows[0].as_ref().expect("a row");
    assert_eq!(row.fields.keys().map(String::as_str).collect::<Vec<_>>(), ["home town", "x"]);
}

#[test]
fn a_formula_in_a_cell_is_defused_on_the_way_out() {
    let subscriber = Subscriber {
        email: Address::parse("ann@example.org").expect("an address"),
        name: "=HYPERLINK(1)".into(),
        status: SubscriberStatus::Confirmed,
        editions: Vec::new(),
        created: DateTime::from_timestamp(0, 0).expect("a time"),
        confirmed: None,
        left: None,
        consent: String::new(),
        fields: [("city".to_owned(), "@Oslo".to_owned())].into(),
        paused: None,
    };
    let mut out = Vec::new();
    let mut writer = SubscriberWriter::new(&mut out, vec!["city".into()], true).expect("a header");
    writer.write(&subscriber).expect("a row");
    writer.finish().expect("an end");
    let text = String::from_utf8(out).expect("text");
    assert!(text.contains("'=HYPERLINK(1)") && text.contains("'@Oslo"), "{text}");
}

#[test]
fn a_file_of_another_encoding_is_named() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for text in [[b"\xff\xfe".to_vec(), wide("email\na@x.org\n")].concat(), wide("email,name\na@x.org,A\n")] {
        let told = read(&text, "a form");
        assert!(told[0].contains("UTF-16") && told[0].contains("CSV UTF-8"), "{told:?}");
    }
}

#[test]
fn a_spreadsheet_is_named() {
    for start in [&b"PK\x03\x04\x14\0\x06\0"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"] {
        let told = read(start, "a form");
        assert!(told[0].contains("spreadsheet") && told[0].contains("CSV UTF-8"), "{told:?}");
    }
}

#[test]
fn cells_may_be_parted_by_semicolons_or_tabs() {
    for separator in [",", ";", "\t"] {
        let text = "\u{feff}Email|Name|Editions\n\na@x.org|\"One, two; three\nfour\"|\nb@x.org|B|\"midweek;sunday\"\nc@x.org|C\n";
        let rows = read(text.replace('|', separator).as_bytes(), "a form");
        assert_eq!(rows[0], "3 `name` holds a line break or another control character", "{separator:?}");
        assert_eq!(rows[1], "ok b@x.org confirmed", "{separator:?}");
        assert_eq!(rows[2], "6 2 cells, but the header has 3; is a quote missing?", "{separator:?}");
    }
}

#[test]
fn a_column_that_may_hold_the_addresses_is_named() {
    for (header, help) in [
        ("E-Mail,Name", "rename `E-Mail` to `email`"),
        ("Name;Email Address", "rename `Email Address` to `email`"),
        ("name,city", "the first row names the columns"),
    ] {
        let told = read(format!("{header}\na,b\n").as_bytes(), "a form");
        assert!(told[0].contains(help), "{told:?}");
    }
}

#[test]
fn a_quote_left_open_costs_its_own_row() {
    let text = format!("email,name\na@x.org,A\nb@x.org,\"open\n{}", "c@x.org,C\n".repeat(500));
    let rows = read(text.as_bytes(), "a form");
    assert_eq!(rows.len(), 502);
    assert_eq!(rows[1], "3 a quote opens here that is not closed in the next 100 lines");
    assert!(rows[2..].iter().all(|row| row == "ok c@x.org confirmed"));
}

proptest::proptest! {
    /// The cutting and the CSV library agree on where a record ends.
    #[test]
    fn every_row_is_its_own_whatever_stands_before_it(junk in "[a,\" \\r\\n]{0,60}") {
        let rows = read(format!("email,name\n{junk}\nz@x.org,Z\n\nlast@x.org,L\n").as_bytes(), "a form");
        proptest::prop_assert_eq!(rows.last().map(String::as_str), Some("ok last@x.org confirmed"), "{:?}", rows);
    }
}
