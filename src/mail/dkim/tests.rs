use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ED25519, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::*;

/// RFC 8463 appendix A.2, whose lines are folded after each colon of `h=`.
const SAMPLE: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
    To: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>";
const SAMPLE_NAMES: [&str; 8] = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
const SAMPLE_FIELD: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
    subject : date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
const SAMPLE_SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const SAMPLE_SIGNATURE: &str =
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";

#[test]
fn the_example_of_the_rfc_has_its_signature() {
    let seed = BASE64.decode(SAMPLE_SEED.as_bytes()).expect("base64");
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key");
    let text = signed_text(&fields(SAMPLE), &SAMPLE_NAMES, SAMPLE_FIELD);
    assert_eq!(BASE64.encode(&Secret::Ed25519(Box::new(pair)).sign(&text)), SAMPLE_SIGNATURE);
}

fn keys(folder: &Path) -> (Settings, RsaKeyPair, Ed25519KeyPair) {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let ed25519 = Ed25519KeyPair::generate().expect("a key");
    let rsa_der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&rsa).expect("DER");
    for (name, der) in [("rsa.pem", rsa_der.as_ref()), ("ed25519.pem", ed25519.to_pkcs8v1().expect("DER").as_ref())] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der));
        std::fs::write(folder.join(name), pem).expect("a file");
    }
    let key = |selector: &str, file: &str| KeyFile { selector: selector.into(), file: file.into() };
    let settings = Settings { domain: String::new(), keys: vec![key("r2026", "rsa.pem"), key("e2026", "ed25519.pem")] };
    (settings, rsa, ed25519)
}

const MESSAGE: &str = "From: Call Me Almanac <news@almanac.example>\r\nSubject: a\r\n  folded   subject\r\n\
    Date: Wed, 25 Nov 2026 07:00:00 +0000\r\nList-Unsubscribe: <https://x.example/u/1>,\r\n <mailto:u@x.example>\r\n\
    \r\nHello.\r\n";

#[test]
fn both_signatures_verify_and_cover_each_field_once_more_than_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, rsa, ed25519) = keys(folder.path());
    let signer = Signer::load(&settings, folder.path(), "almanac.example").expect("keys").expect("a signer");
    let at = DateTime::from_timestamp(1_764_054_000, 0).expect("a time");
    let (head, body) = MESSAGE.split_at(MESSAGE.find("\r\n\r\n").expect("a head") + 4);
    let signed = signer.sign(head.as_bytes(), &[body], at);
    let (first, second) = body.split_at(3);
    assert_eq!(signed, signer.sign(head.as_bytes(), &[first, second], at), "the same copy, the same signature");
    assert!(signed.lines().all(|line| line.len() <= 78), "{signed}");
    let signatures = fields(&signed);
    assert_eq!(signatures.len(), 2);
    for (i, (name, value)) in signatures.iter().enumerate() {
        let tags: Vec<(String, String)> = value
            .split(';')
            .filter_map(|tag| tag.split_once('='))
            .map(|(tag, value)| (tag.trim().to_owned(), value.split_ascii_whitespace().collect()))
            .collect();
        let tag = |wanted: &str| tags.iter().find(|(tag, _)| tag == wanted).map(|(_, value)| value.as_str());
        assert_eq!((tag("v"), tag("d"), tag("t")), (Some("1"), Some("almanac.example"), Some("1764054000")));
        assert_eq!(tag("c"), Some("relaxed/relaxed"));
        assert_eq!(tag("l"), None, "a length would let anyone add to the body");
        assert_eq!(tag("bh"), Some(BASE64.encode(&Sha256::digest("Hello.\r\n")).as_str()));
        let names: Vec<&str> = tag("h").expect("names").split(':').collect();
        let times = |name: &str| names.iter().filter(|n| n.eq_ignore_ascii_case(name)).count();
        for (name, expected) in [("From", 2), ("Subject", 2), ("List-Unsubscribe", 2), ("To", 1), ("Feedback-ID", 1)] {
            assert_eq!(times(name), expected, "{name}");
        }
        // What a verifier does: the field as it came, with nothing after `b=`.
        let own = format!("{name}:{}", &value[..value.rfind("b=").expect("b=") + 2]);
        let text = signed_text(&fields(MESSAGE.split("\r\n\r\n").next().expect("a head")), &names, &own);
        let signature = BASE64.decode(tag("b").expect("b=").as_bytes()).expect("base64");
        let verified = if i == 0 {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, rsa.public_key().as_ref())
                .verify(text.as_bytes(), &signature)
        } else {
            UnparsedPublicKey::new(&ED25519, ed25519.public_key().as_ref()).verify(&Sha256::digest(&text), &signature)
        };
        assert!(verified.is_ok(), "{name} {i}");
    }
}

#[test]
fn a_key_that_cannot_sign_is_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, ..) = keys(folder.path());
    let load = |settings: &Settings, from: &str| {
        Signer::load(settings, folder.path(), from).map(|signer| signer.is_some()).map_err(|notice| notice.to_string())
    };
    assert_eq!(load(&Settings::default(), "almanac.example"), Ok(false));
    assert_eq!(load(&settings, "almanac.example"), Ok(true));
    let above = Settings { domain: "Almanac.example".into(), ..settings.clone() };
    assert_eq!(load(&above, "news.almanac.example"), Ok(true));
    assert!(load(&above, "notalmanac.example").expect_err("not aligned").contains("delivery.dkim.domain"));
    std::fs::write(folder.path().join("not.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        .expect("a file");
    for (selector, file, says) in [
        ("r2026", "missing.pem", "cannot read the DKIM key"),
        ("r2026", "not.pem", "not a private key"),
        ("no selector", "rsa.pem", "not a valid DKIM selector"),
        ("", "rsa.pem", "not a valid DKIM selector"),
        ("x;d=evil.example", "rsa.pem", "not a valid DKIM selector"),
    ] {
        let keys = vec![KeyFile { selector: selector.into(), file: file.into() }];
        let told = load(&Settings { keys, ..settings.clone() }, "almanac.example").expect_err("a notice");
        assert!(told.contains(says), "{told}");
    }
}
