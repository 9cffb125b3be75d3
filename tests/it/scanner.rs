//! A scanner before an inbox follows every link of every mail at once, by GET and HEAD: afterwards nobody is confirmed, and
//! nobody is unsubscribed.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::house::{ISSUE, Test};
use crate::pages::{Serve, path, publication};

const READERS: usize = 1000;

fn statuses(test: &Test) -> Vec<String> {
    let list = test.run("subscribers list --format json").success().json_lines();
    let mut found: Vec<String> = list.iter().map(|r| format!("{} {}", r["email"], r["status"])).collect();
    found.sort();
    found
}

#[test]
fn every_link_of_a_thousand_mails_is_followed_and_nothing_changes() {
    let test = publication().subscribers(READERS).approved();
    test.run(&format!("send {ISSUE} --yes")).success();
    let serve = Serve::start(&test);
    for n in 0..10 {
        serve.post("/subscribe", &format!("email=waiting{n}%40inbox.example"));
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let mails = loop {
        let mails = test.outbox();
        if mails.len() == READERS + 10 {
            break mails;
        }
        assert!(std::time::Instant::now() < deadline, "{} mails", mails.len());
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let before = statuses(&test);
    let mut links = BTreeSet::new();
    for mail in &mails {
        let text = mail.text();
        if text.contains("/confirm/") {
            links.insert(path(&text, "confirm"));
        } else {
            links.extend([path(&text, "unsubscribe"), path(&text, "preferences")]);
        }
    }
    assert_eq!(links.len(), 2 * READERS + 10);
    let queue = Mutex::new(links.iter());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                loop {
                    let Some(link) = queue.lock().unwrap().next() else { return };
                    for method in ["GET", "HEAD"] {
                        let answer = serve.ask(&format!("{method} {link} HTTP/1.1\r\nHost: x\r\n"), "");
                        assert_eq!(answer.status, 200, "{method} {link}");
                    }
                }
            });
        }
    });
    assert_eq!(statuses(&test), before);
    assert_eq!(before.len(), READERS, "nobody who signed up is on the list without a press");
}
