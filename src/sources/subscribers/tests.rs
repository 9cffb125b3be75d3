use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::model::{Act, Address, Subscriber};

mod exports;
mod spreadsheets;

/// The rows of a list, or why it is not read.
fn rows(
    name: &str,
    text: &[u8],
    consent: &str,
    from: Option<&str>,
    maps: &[&str],
) -> Result<Vec<Result<SubscriberRow, Reject>>, String> {
    let editions: BTreeSet<String> = ["midweek".to_owned(), "sunday".to_owned()].into();
    let rules = SubscriberRules { consent, editions: &editions };
    let maps: Vec<String> = maps.iter().map(|map| (*map).to_owned()).collect();
    let hints = ListHints::read(from, &maps).map_err(|e| e.to_string())?;
    let list =
        SubscriberList::open(Path::new(name), ListSource::Bytes(text.to_vec()), &hints).map_err(|e| e.to_string())?;
    let census = list.census(&rules).map_err(|e| e.to_string())?;
    let rows: Vec<_> = list.rows(&rules).map_err(|e| e.to_string())?.map(|row| row.map(|(_, row)| row)).collect();
    let counted: usize = census.iter().map(|census| census.recognised() + census.refused).sum();
    assert_eq!(counted, rows.len(), "what was counted first is what comes");
    Ok(rows)
}

/// Each row as `ok ADDRESS STATUS` or `LINE REASON`.
fn read(text: &[u8], consent: &str) -> Vec<String> {
    match rows("list.csv", text, consent, None, &[]) {
        Err(notice) => vec![notice],
        Ok(rows) => rows
            .into_iter()
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
            "email,status\nb@x.org,confirmed\na@x.org,away\n",
            vec![
                "ok b@x.org confirmed",
                "3 `status` must be pending, confirmed, unsubscribed, bounced or complained, found `away`; --map 'status:away=…' says what it means",
            ],
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
    let rows =
        rows("list.csv", b"email,\"home\ntown\",\x07\0x\na@x.org,Oslo,1\n", "a form", None, &[]).expect("a list");
    let row = rows[0].as_ref().expect("a row");
    assert_eq!(row.fields.keys().map(String::as_str).collect::<Vec<_>>(), ["home town", "x"]);
}

fn subscriber(name: &str, fields: &[(&str, &str)]) -> Subscriber {
    Subscriber {
        email: Address::parse("ann@example.org").expect("an address"),
        name: name.into(),
        status: SubscriberStatus::Confirmed,
        editions: vec!["sunday".into()],
        created: "2020-01-02T03:04:05.678Z".parse().expect("a time"),
        confirmed: Some("2020-01-02T04:00:00Z".parse().expect("a time")),
        left: None,
        consent: "=a form".into(),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        paused: Some("2027-01-02T00:00:00Z".parse().expect("a time")),
    }
}

fn exported(subscriber: &Subscriber, acts: &[Act], guard: bool) -> String {
    let mut out = Vec::new();
    let mut writer =
        SubscriberWriter::new(&mut out, subscriber.fields.keys().cloned().collect(), guard).expect("a header");
    writer.write(subscriber, acts).expect("a row");
    writer.finish().expect("an end");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_formula_in_a_cell_is_defused_on_the_way_out_and_comes_back_as_it_was() {
    let fields =
        [("city", "@Oslo"), ("status", "'=x"), ("field:name", "+1"), ("Do not email", "yes"), ("a.b C", "''-1")];
    let ann = subscriber("=HYPERLINK(1)", &fields);
    let act = Act {
        at: "2020-01-02T04:00:00Z".parse().expect("a time"),
        act: "confirmed".into(),
        how: "web page, \"quoted\"".into(),
        network: "192.0.2.0/24".into(),
    };
    for guard in [true, false] {
        let text = exported(&ann, std::slice::from_ref(&act), guard);
        assert_eq!(text.contains("'=HYPERLINK(1)") && text.contains("'@Oslo"), guard, "{text}");
        if !guard {
            // Whoever asks for cells as they are gets those that begin with an apostrophe so, too.
            continue;
        }
        let rows = rows("list.csv", text.as_bytes(), "", None, &[]).expect("a list");
        let row = rows[0].as_ref().expect("a row");
        assert_eq!(row.name.as_deref(), Some("=HYPERLINK(1)"));
        assert_eq!((row.fields.clone(), row.consent.as_str()), (ann.fields.clone(), "=a form"));
        assert_eq!((row.created, row.confirmed, row.paused), (Some(ann.created), ann.confirmed, ann.paused));
        assert_eq!((row.acts.as_slice(), row.status), ([act.clone()].as_slice(), SubscriberStatus::Confirmed));
        assert_eq!(row.editions.as_deref(), Some(["sunday".to_owned()].as_slice()));
    }
}

#[test]
fn utf_16_is_read() {
    let text = "email,name\r\nann@x.org,Jörg 😀\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in
        [[b"\xff\xfe".to_vec(), little.clone()].concat(), little, [b"\xfe\xff".to_vec(), big.clone()].concat(), big]
    {
        let rows = rows("list.csv", &bytes, "a form", None, &[]).expect("a list");
        assert_eq!(rows[0].as_ref().expect("a row").name.as_deref(), Some("Jörg 😀"));
    }
}

#[test]
fn what_is_no_list_is_named() {
    for (start, told) in [
        (&b"PK\x03\x04\x14\0\x06\0"[..], "archive cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not text"),
        (b"%PDF-1.7\n", "not text"),
        (b"", "needs a column `email`"),
        (b"ann@x.org,Ann\nbob@x.org,Bob\n", "first row holds an address"),
    ] {
        let found = read(start, "a form");
        assert!(found[0].contains(told), "{found:?}");
    }
}

#[test]
fn odd_forms_of_csv_are_read() {
    let expected = ["ok a@x.org confirmed", "ok b@x.org confirmed"];
    for text in [
        "email,name\ra@x.org,A\rb@x.org,B\r",
        "sep=;\r\nemail;name\r\na@x.org;A\r\nb@x.org;B\r\n",
        "\u{feff}sep=,\r\nemail,name\r\na@x.org,A\r\n,\r\n\r\nb@x.org,B\r\n",
        ",,\nemail,name,\na@x.org,A,\nb@x.org,B,\n,,\n",
        // A CSV that was opened as one column and saved.
        "\"email,\"\"full name\"\"\"\n\"a@x.org,\"\"A, b\"\"\"\nb@x.org,B\n",
        // Each cell quoted once more than needed.
        "\"\"\"email\"\"\",\"\"\"name\"\"\"\n\"\"\"a@x.org\"\"\",\"\"\"A\"\"\"\n\"\"\"b@x.org\"\"\",\"\"\"B\"\"\"\n",
        "sep=|\nemail|name\na@x.org|A\nb@x.org|B\n",
    ] {
        assert_eq!(read(text.as_bytes(), "a form"), expected, "{text:?}");
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
fn the_column_of_the_addresses_is_found_by_many_headings_or_by_what_is_in_it() {
    for header in
        ["E-Mail,Name", "Email Address,Name", "Deine E-Mail Adresse,Vorname", "メールアドレス,Name", "Contact,Who"]
    {
        let rows =
            rows("list.csv", format!("{header}\nann@x.org,Ann\n").as_bytes(), "a form", None, &[]).expect(header);
        assert_eq!(rows[0].as_ref().expect("a row").email.as_str(), "ann@x.org", "{header}");
    }
    let told = read(b"work contact,home contact\na@x.org,b@x.org\n", "a form");
    assert!(told[0].contains("needs a column `email`"), "{told:?}");
    let mapped =
        rows("list.csv", b"work contact,home contact\na@x.org,b@x.org\n", "a form", None, &["home contact=email"]);
    assert_eq!(mapped.expect("a list")[0].as_ref().expect("a row").email.as_str(), "b@x.org");
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
