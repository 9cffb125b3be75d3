//! DKIM: mail signed by `digest` verifies with another implementation, before and after passing real servers.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64;

use crate::house::Test;
use crate::servers::{Imap, server};

/// The domain of the test publication's From address.
const DOMAIN: &str = "gazette.example";

/// Makes both kinds of keys: private ones for the config, public ones as the DNS records that a verifier reads.
pub fn with_keys(test: Test) -> Test {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let rsa_public = AsDer::<PublicKeyX509Der>::as_der(rsa.public_key()).unwrap();
    let keys = [
        ("r2026", "rsa", AsDer::<Pkcs8V1Der>::as_der(&rsa).unwrap().as_ref().to_vec(), rsa_public.as_ref().to_vec()),
        ("e2026", "ed25519", ed25519.to_pkcs8v1().unwrap().as_ref().to_vec(), ed25519.public_key().as_ref().to_vec()),
    ];
    for (selector, kind, secret, public) in keys {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(&secret));
        test.write(&format!("keys/{selector}.pem"), &pem);
        let record = format!("v=DKIM1; k={kind}; p={}", BASE64.encode(&public));
        test.write(&format!("dns/{selector}._domainkey.{DOMAIN}"), &record);
    }
    test.config(
        "[[delivery.dkim.keys]]\nselector = \"r2026\"\nfile = \"keys/r2026.pem\"\n\
         [[delivery.dkim.keys]]\nselector = \"e2026\"\nfile = \"keys/e2026.pem\"",
    )
}

/// The verifier's result for each signature; `None`, with a message, if dkimpy is not installed.
fn verified(dns: &Path, message: &[u8]) -> Option<Vec<String>> {
    let has = Command::new("/usr/bin/python3").args(["-c", "import dkim, nacl"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "dkimpy is missing: run scripts/test");
        eprintln!("skipped: install python3-dkim and python3-nacl, or run scripts/test");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/verify-dkim");
    let mut child = Command::new(script).arg(dns).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    Some(String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn both_signatures_verify_elsewhere_and_break_when_anything_signed_changes() {
    let test = with_keys(Test::new().sample()).composed();
    test.run("render 2026-11-25-midweek").success();
    let message = test.read("issues/2026-11-25-midweek/issue.eml");
    let dns = test.path("dns");
    let verify = |message: &str| verified(&dns, message.as_bytes());
    let Some(found) = verify(&message) else { return };
    assert_eq!(found, ["ok r2026", "ok e2026"]);
    let changes: [(&str, &str, &str); 4] = [
        ("a word of the body", "</html>", "</htm1>"),
        ("a list field", "List-Unsubscribe-Post: List", "List-Unsubscribe-Post: L1st"),
        ("a second From", "\r\nTo: ", "\r\nFrom: x@evil.example\r\nTo: "),
        ("a second Subject", "\r\nTo: ", "\r\nSubject: other\r\nTo: "),
    ];
    for (what, from, to) in changes {
        let changed = message.replacen(from, to, 1);
        assert_ne!(changed, message, "{what}");
        assert_eq!(verify(&changed).unwrap(), ["bad r2026", "bad e2026"], "{what}");
    }
}

#[test]
fn without_keys_nothing_is_signed_and_a_missing_one_stops_before_anything_is_sent() {
    let test = Test::new().sample().subscribers(2).approved();
    test.run("render 2026-11-25-midweek").success();
    assert!(!test.read("issues/2026-11-25-midweek/issue.eml").contains("DKIM-Signature"));
    let test = test.config("[[delivery.dkim.keys]]\nselector = \"x\"\nfile = \"keys/none.pem\"");
    test.run("send 2026-11-25-midweek --yes").code(1).stderr_has("keys/none.pem").stderr_has("openssl genpkey");
    assert_eq!(test.outbox().len(), 0);
}

#[test]
fn a_signature_survives_real_servers() {
    let (Some(smtp), Some(imap)) = (server("DIGEST_TEST_SMTP"), server("DIGEST_TEST_IMAP")) else { return };
    let address = format!("reader{}900@inbox.example", std::process::id());
    let test = with_keys(Test::new().sample().smtp(&smtp))
        .subscribers_csv(&format!("email,name\n{address},\"Zoë  Ångström\"\n"))
        .approved();
    test.run("send 2026-11-25-midweek --yes").success();
    let inbox = Imap::login(&imap, &address).inbox(1);
    let Some(found) = verified(&test.path("dns"), &inbox[0]) else { return };
    assert_eq!(found, ["ok r2026", "ok e2026"]);
}
