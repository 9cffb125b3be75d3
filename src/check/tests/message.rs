//! The message of a clean issue has no finding; each change of it for the worse has the one that it must have.

use proptest::prelude::*;

use super::*;
use crate::mail::CompiledIssue;
use crate::model::{Address, Delivery, Frozen, Letterhead};

fn letterhead() -> Letterhead {
    Letterhead {
        name: "Almanac".into(),
        from: "Call Me Almanac <news@almanac.example>".into(),
        reply_to: "editors@almanac.example".into(),
        public_url: "https://almanac.example".into(),
        bounce_domain: String::new(),
        name_fallback: "reader".into(),
    }
}

/// A copy as the sender builds it.
fn built(rendered: &Rendered, letterhead: Letterhead, name: &str) -> String {
    let delivery = Delivery {
        number: 1,
        email: Address::parse("reader@example.org").unwrap(),
        name: name.into(),
        seed: "0".repeat(32),
        fields: BTreeMap::new(),
        dated: chrono::DateTime::from_timestamp(1_764_054_000, 0).unwrap(),
        attempts: 0,
    };
    let frozen = Frozen { letterhead, rendered: rendered.clone() };
    CompiledIssue::new(frozen, "2024-08-04-sunday".parse().unwrap()).unwrap().message(&delivery).text()
}

fn of_message(draft: &Draft, rendered: &Rendered, message: &str) -> Vec<Finding> {
    check(draft, rendered, &Context { message: Some(message), ..Context::default() }).findings
}

/// Code, what is there, what comes instead, and a word of the finding's message.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    ("header-missing", "\r\nDate: ", "\r\nX-Date: ", "Date"),
    ("header-missing", "\r\nList-Unsubscribe-Post: ", "\r\nX-Post: ", "List-Unsubscribe-Post"),
    ("header-missing", "\r\nFeedback-ID: ", "\r\nX-Id: ", "Feedback-ID"),
    ("header-twice", "\r\nMIME-Version", "\r\nsubject: other\r\nMIME-Version", "subject"),
    ("header-form", "<news@almanac.example>", "<news@almanac.example>, b@almanac.example", "From must name one"),
    ("header-form", "reader@example.org", "undisclosed:;", "To must name one"),
    ("header-form", "\r\nTo: ", "\r\nTo: =?utf-8?b?4oCu?= ", "To has a control"),
    ("header-form", "Subject: ", "Subject: ä", "Subject has bytes"),
    ("header-form", "Subject: ", "Subject: =?utf-8?b?4oCu?= ", "Subject has a control"),
    ("header-form", "Subject: ", "Subject: =?latin1?q?a?= ", "in latin1"),
    ("header-form", "Subject: ", "Subject: other ", "does not decode to"),
    ("header-form", "Tue, 25 Nov 2025", "Thirtyday", "not a valid RFC 5322 date"),
    ("header-form", "\r\nMessage-ID: <", "\r\nMessage-ID: <a b", "Message-ID must"),
    ("header-form", "MIME-Version: 1.0", "MIME-Version: 1", "must be 1.0"),
    ("header-form", "List-Id: <sunday.almanac.example>", "List-Id: sunday", "List-Id must"),
    ("header-form", "List-Unsubscribe: <https", "List-Unsubscribe: <http", "lacks https"),
    ("header-form", " <mailto:", " <mail:", "lacks mailto"),
    ("header-form", "=One-Click", "=Yes", "One-Click"),
    ("header-form", ":newsletter:", ":", "four fields"),
    ("header-form", "Precedence: bulk", "Precedence: {{x}}", "`{{`"),
    ("mail-lines", "Precedence: bulk", "Precedence: bulk\r\nno header at all", "is not a valid header"),
    ("mail-parts", "multipart/alternative", "multipart/mixed", "not multipart/alternative"),
    ("mail-parts", "Content-Type: text/plain", "Content-Type: text/enriched", "text/enriched, text/html"),
    ("mail-parts", "charset=utf-8", "charset=ascii", "UTF-8"),
    ("mail-parts", "quoted-printable\r\n\r\n", "quoted-printable\r\n\r\n=ZZ\r\n", "not followed by a number"),
    ("mail-parts", "quoted-printable\r\n\r\n", "quoted-printable\r\n\r\n=FF\r\n", "not valid UTF-8"),
    ("mail-parts", "quoted-printable\r\n\r\n", "quoted-printable\r\n\r\nä\r\n", "other bytes"),
    ("mail-parts", "Transfer-Encoding: quoted-printable", "Transfer-Encoding: base64", "no base64"),
    ("mail-parts", "Transfer-Encoding: quoted-printable", "Transfer-Encoding: uuencode", "uuencode"),
];

#[test]
fn the_message_of_a_clean_issue_has_no_finding_and_each_fault_has_its_own() {
    let (draft, rendered) = clean();
    let message = built(&rendered, letterhead(), "Ann \"A, b@c\" Åberg");
    assert_eq!(of_message(&draft, &rendered, &message), []);
    for (code, from, to, told) in CHANGES {
        assert!(message.contains(from), "{from}");
        let found = of_message(&draft, &rendered, &message.replacen(from, to, 1));
        assert!(!found.is_empty() && found.iter().all(|found| found.code == *code), "{from} → {to}: {found:?}");
        assert!(found.iter().any(|found| found.message.contains(told)), "{told}: {found:?}");
    }
}

#[test]
fn a_long_line_and_an_end_that_is_cut_off_are_found() {
    let (draft, rendered) = clean();
    let message = built(&rendered, letterhead(), "");
    let long = message.replacen("Precedence: bulk", &format!("Precedence: bulk\r\nX-Long: {}", "x".repeat(991)), 1);
    let found = of_message(&draft, &rendered, &long);
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["mail-lines"]);
    assert!(found[0].message.contains("999 bytes"), "{found:?}");
    let found = of_message(&draft, &rendered, &format!("{message}\n"));
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["mail-lines"]);
    assert!(found[0].message.contains("CR, LF or NUL"), "{found:?}");
    let cut = &message[..message.len() - 20];
    let found = of_message(&draft, &rendered, cut);
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["mail-parts"], "{found:?}");
    // Whatever is cut off, nothing panics.
    for end in (0..message.len()).step_by(997) {
        assert!(!of_message(&draft, &rendered, &message[..end]).is_empty());
    }
    let mut empty = rendered.clone();
    empty.text = vec![Segment::Shared(" \n".into())];
    let found = of_message(&draft, &rendered, &built(&empty, letterhead(), ""));
    assert!(found.iter().any(|found| found.message.contains("text/plain is empty")), "{found:?}");
}

#[test]
fn what_config_says_wrong_is_found_in_the_headers() {
    let (draft, rendered) = clean();
    let head = Letterhead { public_url: "http://almanac.example".into(), ..letterhead() };
    let found = of_message(&draft, &rendered, &built(&rendered, head, ""));
    assert_eq!((found.len(), found[0].code), (1, "header-form"), "{found:?}");
    assert!(found[0].help.contains("public_url"), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_the_sender_builds_of_any_subject_and_name_is_read_again(subject in "\\PC{0,150}", name in "\\PC{0,60}") {
        let (mut draft, mut rendered) = clean();
        rendered.subject.clone_from(&subject);
        draft.subject = subject;
        let message = built(&rendered, letterhead(), &name);
        let found = of_message(&draft, &rendered, &message);
        let own: Vec<_> = found.iter().filter(|f| f.code.starts_with("header") || f.code.starts_with("mail")).collect();
        prop_assert!(own.is_empty(), "{:?}", own);
    }

    #[test]
    fn any_bytes_as_a_message_give_findings_and_no_panic(head in "[a-zA-Z:=?; \\r\\n<>@\"-]{0,200}", body in "\\PC{0,200}") {
        let (draft, rendered) = clean();
        let found = of_message(&draft, &rendered, &format!("{head}\r\n\r\n{body}"));
        prop_assert!(found.iter().any(|f| f.code == "header-missing"));
    }
}
