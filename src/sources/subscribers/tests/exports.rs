//! Exports of the ten services, each with every state that it knows: nobody who said no is mailed, and dates and consent are kept.

use std::io::{Cursor, Write};

use super::*;

/// Each row as `LOCAL STATUS [CREATED] [c CONFIRMED] [l LEFT] [WHY]`, days only.
fn told(name: &str, text: &str, consent: &str) -> Vec<String> {
    match rows(name, text.as_bytes(), consent, None, &[]) {
        Err(notice) => vec![notice],
        Ok(rows) => rows.iter().map(one).collect(),
    }
}

fn one(row: &Result<SubscriberRow, Reject>) -> String {
    let row = match row {
        Ok(row) => row,
        Err(reject) => return format!("{} {}", reject.line, reject.reason),
    };
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.format("%y-%m-%d").to_string());
    let parts = [
        Some(format!("{} {}", row.email.local(), row.status)),
        day(row.created),
        day(row.confirmed).map(|day| format!("c {day}")),
        day(row.left).map(|day| format!("l {day}")),
        Some(row.why.clone()).filter(|why| !why.is_empty()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

const MAILCHIMP: &str =
    "MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION";

fn mailchimp() -> [(&'static str, String); 3] {
    let subscribed = format!(
        "Deine E-Mail Adresse,Vorname,Nachname,{MAILCHIMP},LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
         ann@x.org,Ann,Lee,2,\"2021-03-01 10:00:00\",203.0.113.7,\"2021-03-02 10:00:00\",198.51.100.9,,,,,,,,2022-01-01,1,a,,\"\"\"VIP, gold\"\",\"\"Berlin\"\"\"\n\
         bob@x.org,Bob,,2,,,\"2021-05-01 10:00:00\",,,,,,,,,2022-01-01,2,b,\"two\nlines\",\n\
         cid@x.org,Cid,,2,,,,,,,,,,,,2022-01-01,3,c,,\n"
    );
    let left = format!(
        "Email Address,First Name,Last Name,{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n\
         dan@x.org,Dan,,2,\"2020-01-01 10:00:00\",,\"2020-01-02 10:00:00\",,,,,,,,,\"2021-06-01 10:00:00\",Weekly 12,77,NORMAL,too many,4,d,,\n\
         eve@x.org,Eve,,2,,,\"2020-01-02 10:00:00\",,,,,,,,,\"2021-06-02 10:00:00\",,,ABUSE: reported,,5,e,,\n\
         fay@x.org,Fay,,2,,,,,,,,,,,,,,,,,6,f,,\n"
    );
    let cleaned = format!(
        "Email Address,First Name,Last Name,{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\n\
         gus@x.org,Gus,,2,\"2020-01-01 10:00:00\",,,,,,,,,,,\"2021-07-01 10:00:00\",Weekly 13,78,7,g,,\n"
    );
    [
        ("subscribed_members_export_1.csv", subscribed),
        ("unsubscribed_members_export_1.csv", left),
        ("cleaned_members_export_1.csv", cleaned),
    ]
}

fn mailchimp_rows() -> Vec<&'static str> {
    vec![
        "ann confirmed 21-03-01 c 21-03-02",
        "bob confirmed 21-05-01 c 21-05-01",
        "5 confirmed, but nothing says where consent came from; use --consent",
        "dan unsubscribed 20-01-01 c 20-01-02 l 21-06-01 Mailchimp: Weekly 12; NORMAL; too many",
        "eve complained 20-01-02 c 20-01-02 l 21-06-02 Mailchimp: ABUSE: reported",
        "fay unsubscribed Mailchimp",
        "gus bounced 20-01-01 c 20-01-01 l 21-07-01 Mailchimp: Weekly 13",
    ]
}

#[test]
fn mailchimp_is_read_file_by_file_and_keeps_its_evidence() {
    let all: Vec<String> = mailchimp().iter().flat_map(|(name, text)| told(name, text, "")).collect();
    assert_eq!(all, mailchimp_rows());
    let (name, text) = &mailchimp()[0];
    let rows = rows(name, text.as_bytes(), "the fair", None, &[]).expect("a list");
    let ann = rows[0].as_ref().expect("a row");
    assert_eq!(
        ann.consent,
        "the fair; Mailchimp: signed up 2021-03-01T10:00:00Z from 203.0.113.0/24, confirmed 2021-03-02T10:00:00Z from 198.51.100.0/24"
    );
    let acts: Vec<String> = ann.acts.iter().map(|a| format!("{} {} {} {}", a.at, a.act, a.how, a.network)).collect();
    assert_eq!(
        acts,
        [
            "2021-03-01 10:00:00 UTC signed up Mailchimp 203.0.113.0/24",
            "2021-03-02 10:00:00 UTC confirmed Mailchimp 198.51.100.0/24"
        ]
    );
    assert_eq!((ann.fields["tags"].as_str(), ann.name.as_deref()), ("VIP, gold; Berlin", Some("Ann Lee")));
    assert_eq!(rows[1].as_ref().expect("a row").fields["NOTES"], "two lines");
    assert!(rows[2].is_ok(), "the operator's word counts where the file has none");
}

#[test]
fn mailchimps_zip_is_read_as_it_comes() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in mailchimp() {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(text.as_bytes()).expect("a text");
    }
    let bytes = zip.finish().expect("a zip").into_inner();
    let rows = rows("audience_export.zip", &bytes, "", None, &[]).expect("a list");
    assert_eq!(rows.iter().map(one).collect::<Vec<_>>(), mailchimp_rows());
    let reject = rows[2].as_ref().expect_err("a reject");
    assert_eq!(reject.file, "subscribed_members_export_1.csv");
}

#[test]
fn an_archive_is_read_within_bounds() {
    let zip = |entries: &[(&str, Vec<u8>)]| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
            zip.write_all(bytes).expect("bytes");
        }
        zip.finish().expect("a zip").into_inner()
    };
    let list = b"email\na@x.org\n".to_vec();
    for (entries, expected) in [
        (vec![("sub/list.csv", list.clone())], "inside a folder"),
        (vec![("../list.csv", list.clone())], "inside a folder"),
        (vec![("..\\list.csv", list.clone())], "inside a folder"),
        (vec![("readme.txt", b"hello".to_vec())], "holds no list"),
        (vec![("list.csv", vec![b'a'; 8 << 20])], "unpacks to more"),
        (vec![("list.csv", list.clone()), ("bomb.bin", vec![0; 120 << 20])], "unpacks to more"),
    ] {
        let told = rows("x.zip", &zip(&entries), "a form", None, &[]).expect_err(expected);
        assert!(told.contains(expected), "{told}");
    }
    let mac = zip(&[("list.csv", list), ("__MACOSX/._list.csv", b"\0\x05\x16\x07".to_vec())]);
    assert_eq!(rows("x.zip", &mac, "a form", None, &[]).expect("a list").len(), 1);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, a few lines a service")]
fn the_other_services_are_recognised_with_every_state_they_know() {
    for (text, consent, expected) in [
        (
            "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\n\
             a@x.org,true,2025-01-01,false,false,2023-12-01T08:00:00.000Z\n\
             b@x.org,false,,true,false,2023-12-02T08:00:00.000Z\n\
             99@deletion-request.substack.com,false,,false,false,2023-12-02T08:00:00.000Z\n",
            "Substack",
            vec![
                "a confirmed 23-12-01",
                "b unsubscribed 23-12-02 Substack: email_disabled: true",
                "4 this person asked the service to be deleted; this is not their real address",
            ],
        ),
        (
            "Email,Name,Subscription type,Activity,Subscription date,Revenue,Receiving emails for,Is Bestseller\n\
             a@x.org,Ann,Free,3,2023-12-01,0,Weekly,No\nb@x.org,Bob,Yearly,0,2023-12-02,50,,No\n",
            "",
            vec![
                "a confirmed 23-12-01 c 23-12-01",
                "b unsubscribed 23-12-02 c 23-12-02 Substack: Receiving emails for: nothing",
            ],
        ),
        (
            "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type\n\
             a@x.org,Ann,yearly,2024-01-01,2023-12-01,2023-12-05,3,Free\n",
            "",
            vec!["a confirmed 23-12-01 c 23-12-01"],
        ),
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers,gift_id\n\
             1,a@x.org,'=Ann,\"a\nnote\",true,false,,2024-02-11T16:21:09.000Z,,\"VIP, Berlin\",,\n\
             2,b@x.org,Bob,,false,false,,2024-02-12T16:21:09.000Z,,,,\n\
             3,c@x.org,Cid,,true,false,,2024-02-13T16:21:09.000Z,2024-05-01T00:00:00.000Z,,,\n\
             4,d@x.org,Dan,,,false,,2024-02-14T16:21:09.000Z,,,,\n",
            "Ghost",
            vec![
                "a confirmed 24-02-11",
                "b unsubscribed 24-02-12 Ghost: subscribed_to_emails: false",
                "c unsubscribed 24-02-13 l 24-05-01 Ghost",
                "6 `subscribed_to_emails` is empty, so nothing says that they agreed",
            ],
        ),
        (
            "id,secondary_id,email,notes,subscriber_type,referrer_url,utm_source,utm_medium,utm_campaign,creation_date,ip_address,subscription_date,unsubscription_date,tags,metadata\n\
             1,1,a@x.org,,regular,,,,,2024-01-01,203.0.113.5,2024-01-02 10:00:00+00:00,,a;b,\"{'city': 'Oslo', 'vip': True}\"\n\
             2,2,b@x.org,,unactivated,,,,,2024-01-01,,,,,{}\n\
             3,3,c@x.org,,unsubscribed,,,,,2024-01-01,,2024-01-02,2024-03-01,,{}\n\
             4,4,d@x.org,,complained,,,,,2024-01-01,,2024-01-02,,,{}\n\
             5,5,e@x.org,,undeliverable,,,,,2024-01-01,,2024-01-02,,,{}\n\
             6,6,f@x.org,,blocked,,,,,2024-01-01,,2024-01-02,,,{}\n\
             7,7,g@x.org,,removed,,,,,2024-01-01,,2024-01-02,,,{}\n\
             8,8,h@x.org,,paused,,,,,2024-01-01,,2024-01-02,,,{}\n\
             9,9,i@x.org,,premium,,,,,2024-01-01,,2024-01-02,,,{}\n\
             10,10,j@x.org,,gone fishing,,,,,2024-01-01,,2024-01-02,,,{}\n",
            "",
            vec![
                "a confirmed 24-01-01 c 24-01-02",
                "b pending 24-01-01",
                "c unsubscribed 24-01-01 c 24-01-02 l 24-03-01 Buttondown",
                "d complained 24-01-01 c 24-01-02 Buttondown",
                "e bounced 24-01-01 c 24-01-02 Buttondown: undeliverable",
                "f unsubscribed 24-01-01 c 24-01-02 Buttondown: blocked",
                "g unsubscribed 24-01-01 c 24-01-02 Buttondown: removed",
                "h unsubscribed 24-01-01 c 24-01-02 Buttondown: paused",
                "i confirmed 24-01-01 c 24-01-02",
                "11 `subscriber_type` must be pending, confirmed, unsubscribed, bounced or complained, found `gone fishing`; \
                 --map 'subscriber_type:gone fishing=…' says what it means",
            ],
        ),
        (
            "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,unsubscribed_at\n\
             a@x.org,Ann,Lee,active,free,2024-01-01 10:00:00,,\n\
             b@x.org,,,validating,free,2024-01-01 10:00:00,,\n\
             c@x.org,,,invalid,free,2024-01-01 10:00:00,,\n\
             d@x.org,,,pending,free,2024-01-01 10:00:00,,\n\
             e@x.org,,,inactive,free,2024-01-01 10:00:00,,2024-04-01 10:00:00\n\
             f@x.org,,,needs_attention,free,2024-01-01 10:00:00,,\n",
            "Beehiiv",
            vec![
                "a confirmed 24-01-01",
                "b pending 24-01-01",
                "c bounced 24-01-01 Beehiiv: invalid",
                "d pending 24-01-01",
                "e unsubscribed 24-01-01 l 24-04-01 Beehiiv: inactive",
                "f pending 24-01-01",
            ],
        ),
        (
            "uuid,email,name,attributes,status,created_at,updated_at\n\
             u1,a@x.org,Ann,\"{\"\"city\"\": \"\"Oslo\"\"}\",enabled,2021-03-01 10:00:00.123456 +0000 UTC,2021-03-01\n\
             u2,b@x.org,Bob,{},disabled,2021-03-02 10:00:00.123456 +0000 UTC,2021-03-01\n\
             u3,c@x.org,Cid,{},blocklisted,2021-03-03 10:00:00.123456 +0000 UTC,2021-03-01\n\
             u4,d@x.org,Dan,\"{\"\"opted_out\"\": true}\",enabled,2021-03-04 10:00:00.123456 +0000 UTC,2021-03-01\n",
            "listmonk",
            vec![
                "a confirmed 21-03-01",
                "b unsubscribed 21-03-02 listmonk: disabled",
                "c unsubscribed 21-03-03 listmonk: blocklisted",
                "d unsubscribed 21-03-04 listmonk: opted_out: true",
            ],
        ),
        (
            "Email,First name,Last name,Data,Status,External ID\n\
             a@x.org,Ann,Lee,\"{\"\"city\"\": \"\"Oslo\"\"}\",active,7\n\
             b@x.org,,,,unsubscribed,\nc@x.org,,,,unreachable,\n",
            "Keila",
            vec!["a confirmed", "b unsubscribed Keila", "c bounced Keila: unreachable"],
        ),
        (
            "Email Address,Subscribed at,UTM Source,UTM Medium,UTM Term,UTM Content,UTM Campaign,UTM Last Path,UTM Referrer\n\
             a@x.org,2021-03-01 10:00:00 UTC,,,,,,/,\n",
            "",
            vec!["a confirmed 21-03-01 c 21-03-01"],
        ),
        (
            "id,first_name,email_address,state,created_at\n\
             1,Ann,a@x.org,active,2021-03-01T10:00:00Z\n2,,b@x.org,cancelled,2021-03-02T10:00:00Z\n\
             3,,c@x.org,bounced,2021-03-03T10:00:00Z\n4,,d@x.org,complained,2021-03-04T10:00:00Z\n\
             5,,e@x.org,inactive,2021-03-05T10:00:00Z\n",
            "Kit",
            vec![
                "a confirmed 21-03-01",
                "b unsubscribed 21-03-02 Kit: cancelled",
                "c bounced 21-03-03 Kit",
                "d complained 21-03-04 Kit",
                "e pending 21-03-05",
            ],
        ),
        (
            "email,status,subscribed_at,opted_in_at,optin_ip,unsubscribed_at\n\
             a@x.org,active,2021-03-01 10:00:00,2021-03-01 10:05:00,203.0.113.7,\n\
             b@x.org,unsubscribed,2021-03-01 10:00:00,,,2022-01-01 10:00:00\n\
             c@x.org,unconfirmed,2021-03-01 10:00:00,,,\nd@x.org,bounced,2021-03-01 10:00:00,,,\n\
             e@x.org,junk,2021-03-01 10:00:00,,,\n",
            "",
            vec![
                "a confirmed 21-03-01 c 21-03-01",
                "b unsubscribed 21-03-01 c 21-03-01 l 22-01-01 MailerLite",
                "c pending 21-03-01",
                "d bounced 21-03-01 c 21-03-01 MailerLite",
                "e complained 21-03-01 c 21-03-01 MailerLite: junk",
            ],
        ),
    ] {
        assert_eq!(told("export.csv", text, consent), expected, "{text}");
    }
}

#[test]
fn consent_is_asked_for_where_the_export_has_no_evidence() {
    let told = told(
        "x.csv",
        "id,email,subscribed_to_emails,created_at\n1,a@x.org,true,2024-02-11\n2,b@x.org,false,2024-02-11\n",
        "",
    );
    assert!(told[0].contains("1 of its people would be confirmed") && told[0].contains("--consent"), "{told:?}");
}

#[test]
fn every_row_of_the_table_is_written_as_headings_and_words_are_compared() {
    for service in services::SERVICES {
        let columns = service.columns.iter().map(|(column, _)| column).chain(service.marks.iter().copied().flatten());
        let words = service.states.iter().map(|(word, _)| word).chain(service.whole.iter().map(|(word, _)| word));
        for word in columns.chain(words).chain(service.mixed) {
            assert_eq!(&meaning::key(word), word, "{}", service.name);
        }
        assert!(services::by_name(service.title).is_some_and(|found| found.name == service.name));
    }
}

/// A workbook of one sheet, as little as one can be.
fn workbook(rows: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(text.as_bytes()).expect("a text");
    };
    add(
        "[Content_Types].xml",
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    );
    add(
        "_rels/.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    );
    add(
        "xl/workbook.xml",
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    );
    add(
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    );
    add(
        "xl/styles.xml",
        r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#,
    );
    add(
        "xl/worksheets/sheet1.xml",
        &format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"#,
            rows.concat()
        ),
    );
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn a_workbook_is_read_with_its_dates_and_without_trust_in_its_size() {
    let text = |cell: &str, text: &str| format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let head =
        format!("<row r=\"2\">{}{}{}</row>", text("A2", "E-Mail"), text("B2", "Abgemeldet"), text("C2", "Created"));
    let ann = format!("<row r=\"3\">{}<c r=\"C3\" s=\"1\"><v>44256.5</v></c></row>", text("A3", "ann@x.org"));
    let bob = format!("<row r=\"7\">{}{}</row>", text("A7", "bob@x.org"), text("B7", "ja"));
    let rows = |rows: &[&str]| super::rows("list.xlsx", &workbook(rows), "a form", None, &[]);
    let found = rows(&[&head, &ann, &bob]).expect("a list");
    assert_eq!(
        found.iter().map(one).collect::<Vec<_>>(),
        ["ann confirmed 21-03-01", "bob unsubscribed an imported list: Abgemeldet: ja"]
    );
    let far = format!("<row r=\"1048576\">{}</row>", text("XFD1048576", "x"));
    assert!(rows(&[&head, &ann, &far]).expect_err("too wide").contains("more than 1000 columns"));
}
