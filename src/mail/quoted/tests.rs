use proptest::prelude::*;

fn encode_run(text: &str) -> String {
    let mut out = String::new();
    super::encode_run(&mut out, text);
    out
}

fn decode(encoded: &str) -> String {
    let message = format!(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}"
    );
    let parsed = mail_parser::MessageParser::new().parse(message.as_bytes()).expect("a message");
    parsed.body_text(0).expect("a text body").replace("\r\n", "\n")
}

#[test]
fn awkward_text_is_encoded_by_table() {
    for (input, expected) in [
        ("", ""),
        ("plain", "plain=\r\n"),
        ("a=b", "a=3Db=\r\n"),
        (".dot", "=2Edot=\r\n"),
        ("From me", "=46rom me=\r\n"),
        ("end \nnext", "end=20\r\nnext=\r\n"),
        ("a\r\nb\rc\n", "a\r\nb\r\nc\r\n"),
        ("é", "=C3=A9=\r\n"),
        ("two  blanks", "two=20 blanks=\r\n"),
        ("a\ttab", "a=09tab=\r\n"),
    ] {
        assert_eq!(encode_run(input), expected, "{input:?}");
    }
}

/// RFC 6376 §3.4.4, for the body as a whole.
fn relaxed(body: &str) -> String {
    let lines: Vec<String> = body
        .split("\r\n")
        .map(|line| {
            let folded = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            if line.starts_with([' ', '\t']) && !folded.is_empty() { format!(" {folded}") } else { folded }
        })
        .collect();
    lines.join("\r\n")
}

proptest! {
    #[test]
    fn what_is_encoded_is_its_own_relaxed_form(a in "[ \ta-c.=\né]{0,300}", b in "[ \ta-c]{0,90}") {
        let joined = encode_run(&a) + &encode_run(&b);
        prop_assert_eq!(relaxed(&joined), joined);
    }

    #[test]
    fn runs_joined_decode_to_the_text_joined(a in "[ -~\té雪🎉.=\n]{0,200}", b in "[ -~é.=\n]{0,200}") {
        let joined = encode_run(&a) + &encode_run(&b);
        prop_assert!(joined.lines().all(|line| line.len() <= 76 && !line.starts_with('.')), "{joined}");
        prop_assert!(joined.is_ascii());
        prop_assert_eq!(decode(&joined), a + &b);
    }
}
