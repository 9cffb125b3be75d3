//! Each message of the corpus, taken in against a store whose one subscriber had the copy that it speaks of.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;
use crate::mail::{ImapSettings, Tls, verp};
use crate::model::{
    Address, Approval, Frozen, IssueName, Letterhead, Purpose, Rendered, SubscriberRow, SubscriberStatus,
};
use crate::pipeline::init;
use crate::store::fuse;

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
    let config = include_str!("../../../config.toml");
    let (above, rest) = config.split_once("[bounces]\n").unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    std::fs::write(&file, format!("{above}[bounces]\ndomain = \"bounces.almanac.example\"\n{rest}")).unwrap();
    let site = Site::open(dir.path(), &file, now()).unwrap();
    let store = site.store_to_fill().unwrap();
    let row = SubscriberRow { consent: "a form".into(), ..SubscriberRow::new(ann(), SubscriberStatus::Confirmed) };
    store.subscribers().import(&[row], now(), &mut || SEED.into()).unwrap();
    let letterhead = Letterhead {
        name: "A".into(),
        from: "news@almanac.example".into(),
        reply_to: String::new(),
        public_url: "https://almanac.example".into(),
        bounce_domain: "bounces.almanac.example".into(),
        name_fallback: "reader".into(),
    };
    let rendered = Rendered {
        subject: "S".into(),
        preheader: String::new(),
        html: vec![],
        text: vec![],
        tracking: None,
        poll: None,
        article: None,
    };
    let frozen = Frozen { letterhead, rendered };
    let approval = Approval {
        issue: issue(),
        draft: "edition = \"midweek\"".into(),
        frozen_sha256: Approval::hash(&frozen),
        frozen,
        by: "Ed".into(),
        at: now(),
    };
    assert!(store.issues().approve(&approval).unwrap());
    store.sends().freeze_audience(&issue(), now()).unwrap();
    (dir, site)
}

/// The corpus has placeholders where the proofs of a real copy stand.
fn with_proofs(text: &str) -> String {
    let text = text.replace("2026-11-25-midweek.abcdefghijklmnopqrstuvwxyz", &verp::id(&issue(), SEED));
    let text = text.replace("b-2026-11-25-midweek-1-abcdefghij", &verp::sender(&issue(), 1, SEED));
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
    let database = site.config.database(&site.root).unwrap().file().unwrap().to_path_buf();
    let fresh = std::fs::read(&database).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let table = std::fs::read_to_string(corpus.join("expected.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in table.lines().skip(1) {
        let [file, .., by, does] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("six cells: {row}") };
        std::fs::write(&database, &fresh).unwrap();
        let message = with_proofs(&std::fs::read_to_string(corpus.join(file)).unwrap());
        let mut result = BounceImport::default();
        site.subscribers().import_bounce_stream(message.as_bytes(), &mut result).unwrap();
        let store = site.store_to_fill().unwrap();
        let evidence = store.subscribers().bounces_of(&ann()).unwrap();
        let matched = evidence.first().map_or("", |line| line.matched_by.as_str());
        let status = store.subscribers().subscriber(&ann()).unwrap().unwrap().status;
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
    site.subscribers().import_bounces(&corpus, &mut result).unwrap();
    assert_eq!((result.bounced, result.complained, result.unsubscribed, result.kept), (0, 0, 0, 0), "{result:?}");
    assert!(result.unmatched.len() > 30);
}

/// A mailbox with one message that nobody has seen. Says how the subscriber stood when the message was marked as seen; `None` when the
/// client hung up without.
async fn mailbox(listener: TcpListener, message: String, site: Arc<Site>) -> Option<SubscriberStatus> {
    let (lines, mut answers) = listener.accept().await.unwrap().0.into_split();
    let mut lines = BufReader::new(lines).lines();
    answers.write_all(b"* OK ready\r\n").await.unwrap();
    while let Some(line) = lines.next_line().await.unwrap() {
        let (tag, command) = line.split_once(' ').unwrap();
        let data = match command {
            _ if command.starts_with("UID SEARCH") => "* SEARCH 7\r\n".to_owned(),
            _ if command.starts_with("UID FETCH 7 ") => {
                format!("* 1 FETCH (UID 7 BODY[]<0> {{{}}}\r\n{message})\r\n", message.len())
            }
            _ if command.starts_with("UID STORE 7 ") => {
                return Some(site.store_to_fill().unwrap().subscribers().subscriber(&ann()).unwrap().unwrap().status);
            }
            _ => String::new(),
        };
        answers.write_all(format!("{data}{tag} OK done\r\n").as_bytes()).await.unwrap();
    }
    None
}

/// Reads that mailbox until the server has seen enough.
async fn read_mailbox(site: Site) -> Option<SubscriberStatus> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut site = site;
    std::sync::Arc::make_mut(&mut site.config).bounces.imap = ImapSettings {
        host: "127.0.0.1".into(),
        port: listener.local_addr().unwrap().port(),
        tls: Tls::None,
        ..ImapSettings::default()
    };
    let site = Arc::new(site);
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces");
    let message = with_proofs(&std::fs::read_to_string(corpus.join("postfix-unknown.eml")).unwrap());
    let (end, stop) = watch::channel(false);
    let reading = tokio::spawn(watch_mailbox(Arc::clone(&site), stop));
    let seen = mailbox(listener, message, site).await;
    end.send_replace(true);
    reading.await.unwrap();
    seen
}

#[tokio::test]
async fn a_message_of_the_mailbox_is_marked_as_seen_when_it_is_on_record() {
    let (_dir, site) = sent();
    assert_eq!(read_mailbox(site).await, Some(SubscriberStatus::Bounced));
}

#[tokio::test]
async fn what_cannot_be_put_on_record_stays_unseen() {
    let (_dir, site) = sent();
    let database = site.config.database(&site.root).unwrap().file().unwrap().to_path_buf();
    fuse::arm(&database, 0);
    assert_eq!(read_mailbox(site).await, None);
    assert!(fuse::disarm(&database), "it was tried");
}
