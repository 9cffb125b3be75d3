//! Each message of the corpus, taken in against a store whose one reader had the copy that it speaks of.

use std::path::Path;

use super::*;
use crate::mail::came_back;
use crate::model::{Address, Approval, Frozen, IssueName, Letterhead, Purpose, ReaderRow, ReaderStatus, Rendered};
use crate::pipeline::init;

const SEED: &str = "5eed";

fn now() -> DateTime<Utc> {
    "2026-11-26T06:00:00Z".parse().unwrap()
}

fn issue() -> IssueName {
    "2026-11-25-midweek".parse().unwrap()
}

fn ann() -> Address {
    Address::parse("ann@inbox.example").unwrap()
}

/// A publication whose issue went to Ann alone.
fn sent() -> (tempfile::TempDir, Site) {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path()).unwrap();
    let file = dir.path().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let (above, rest) = config.split_once("[bounces]\n").unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    std::fs::write(&file, format!("{above}[bounces]\ndomain = \"bounces.almanac.example\"\n{rest}")).unwrap();
    let site = Site::open(dir.path(), &file, now()).unwrap();
    let mut store = site.store_to_fill().unwrap();
    let row = ReaderRow {
        email: ann(),
        name: None,
        status: ReaderStatus::Confirmed,
        editions: None,
        created: None,
        fields: std::collections::BTreeMap::new(),
        consent: "asked".into(),
    };
    store.import_readers(&[row], now(), &mut || SEED.into()).unwrap();
    let letterhead = Letterhead {
        name: "A".into(),
        from: "news@almanac.example".into(),
        reply_to: String::new(),
        public_url: "https://almanac.example".into(),
        bounce_domain: "bounces.almanac.example".into(),
        name_fallback: "reader".into(),
    };
    let rendered = Rendered { subject: "S".into(), preheader: String::new(), html: vec![], text: vec![] };
    let frozen = Frozen { letterhead, rendered };
    let approval = Approval {
        issue: issue(),
        draft: "edition = \"midweek\"".into(),
        frozen_sha256: Approval::hash(&frozen),
        frozen,
        by: "Ed".into(),
        at: now(),
    };
    assert!(store.approve(&approval).unwrap());
    store.freeze_audience(&issue(), now()).unwrap();
    (dir, site)
}

/// The corpus has placeholders where the proofs of a real copy stand.
fn with_proofs(text: &str) -> String {
    let text = text.replace("2026-11-25-midweek.abcdefghijklmnopqrstuvwxyz", &came_back::id(&issue(), SEED));
    let text = text.replace("b-2026-11-25-midweek-1-abcdefghij", &came_back::sender(&issue(), 1, SEED));
    text.replace("jfuugoml46fipbts7yrpgxwra5", &Purpose::Unsubscribe.token(SEED))
}

fn effect(result: &BounceImport) -> &'static str {
    match result {
        BounceImport { bounced: 1, .. } => "bounced",
        BounceImport { complained: 1, .. } => "complained",
        BounceImport { unsubscribed: 1, .. } => "unsubscribed",
        BounceImport { kept: 1, .. } => "kept",
        _ => "nothing",
    }
}

#[test]
fn each_message_of_the_corpus_does_what_the_table_says() {
    let (_dir, site) = sent();
    let database = site.config.database(&site.root);
    let fresh = std::fs::read(&database).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let table = std::fs::read_to_string(corpus.join("expected.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in table.lines().skip(1) {
        let [file, .., by, does] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("six cells: {row}") };
        std::fs::write(&database, &fresh).unwrap();
        let message = with_proofs(&std::fs::read_to_string(corpus.join(file)).unwrap());
        let mut result = BounceImport::default();
        site.import_bounce_stream(message.as_bytes(), &mut result).unwrap();
        let store = site.store_to_fill().unwrap();
        let evidence = store.bounces_of(&ann()).unwrap();
        let matched = evidence.first().map_or("", |line| &line.matched_by);
        let status = store.reader(&ann()).unwrap().unwrap().status;
        let did = effect(&result);
        assert_eq!(status.is_gone(), !matches!(did, "kept" | "nothing"), "{file}");
        if (matched, did) != (by, does) {
            wrong.push(format!("{file}\t{matched}\t{did}\t(not {by}, {does})"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_placeholder_is_no_proof() {
    let (_dir, site) = sent();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let mut result = BounceImport::default();
    site.import_bounces(&corpus, &mut result).unwrap();
    assert_eq!((result.bounced, result.complained, result.unsubscribed, result.kept), (0, 0, 0, 0), "{result:?}");
    assert!(result.unmatched.len() > 30);
}
