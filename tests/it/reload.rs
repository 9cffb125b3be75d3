//! A running `digest serve` with a changed config.toml: every setting takes effect, except those that need a restart, which are named.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::house::Test;
use crate::pages::{Serve, path, publication};

/// Waits until `holds`, with a deadline.
#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn change(test: &Test, from: &str, to: &str) {
    let config = test.read("config.toml");
    assert!(config.contains(from), "no {from} in\n{config}");
    test.write("config.toml", &config.replacen(from, to, 1));
}

#[test]
fn a_reload_reaches_the_pages_the_letters_and_the_figures() {
    let test = publication();
    let serve = Serve::start(&test);
    assert!(serve.get("/").body.contains("The Test Gazette") && serve.get("/archive").status == 200);
    let old = test.read("config.toml").lines().find(|line| line.starts_with("from = ")).unwrap().to_owned();
    change(&test, &old, "from = \"Night Desk <night@gazette.example>\"");
    change(&test, "name = \"The Test Gazette\"", "name = \"The Other Gazette\"");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    change(&test, "public_url = ", &format!("metrics_listen = \"127.0.0.1:{port}\"\npublic_url = "));
    serve.signal("HUP");
    until("the page has the new name", || serve.get("/").body.contains("The Other Gazette"));
    assert!(serve.get("/archive").body.contains("The Other Gazette"));
    until("the figures are served", || {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        told.starts_with("HTTP/1.1 200")
    });
    serve.post("/subscribe", "email=new%40inbox.example");
    until("the letter is written", || test.outbox().len() == 1);
    let letter = &test.outbox()[0];
    assert!(letter.header("From").contains("night@gazette.example"), "{}", letter.header("From"));
    assert_eq!(serve.get(&path(&letter.text(), "confirm")).status, 200);
}

#[test]
fn what_needs_a_restart_is_named_and_stays() {
    let test = publication().subscribers(1);
    let serve = Serve::start(&test);
    change(&test, "listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:1\"");
    change(&test, "sqlite:data/digest.db", "sqlite:data/other.db");
    change(&test, "name = \"The Test Gazette\"", "name = \"The Other Gazette\"");
    serve.signal("HUP");
    until("the page has the new name", || serve.get("/").body.contains("The Other Gazette"));
    serve.post("/subscribe", "email=new%40inbox.example");
    until("the letter is written", || test.outbox().len() == 1);
    assert!(!test.path("data/other.db").exists(), "the list is the one that it had");
    let log = serve.log();
    assert!(log.contains("[web] listen changed") && log.contains("[store] changed"), "{log}");
    assert!(log.contains("restart for it to take effect"), "{log}");
}

#[test]
fn sign_ups_during_reloads_are_all_kept_and_a_mistake_in_a_template_leaves_the_pages_as_they_were() {
    let test = publication();
    let mut serve = Serve::start(&test);
    std::thread::scope(|scope| {
        let ask = |who: usize| {
            let serve = &serve;
            scope.spawn(move || {
                (0..10).all(|n| {
                    let answer = serve.post("/subscribe", &format!("email=r{who}.{n}%40inbox.example"));
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    true
                })
            })
        };
        let asking: Vec<_> = (0..4).map(ask).collect();
        for _ in 0..10 {
            serve.signal("HUP");
            std::thread::sleep(Duration::from_millis(30));
        }
        assert!(asking.into_iter().all(|asked| asked.join().unwrap()));
    });
    // A network may make twenty requests an hour; the others were accepted but not acted on.
    until("the letters are written", || test.outbox().len() == 20);
    std::fs::create_dir_all(test.path("templates/page")).unwrap();
    test.write("templates/page/home.html.hbs", "{{#if}}");
    serve.signal("HUP");
    serve.await_log("the public pages stay as they were");
    assert!(serve.get("/").body.contains("<form"));
}

#[test]
fn an_emptied_configuration_is_not_taken_over() {
    let test = publication();
    let serve = Serve::start(&test);
    let good = test.read("config.toml");
    // As a careless text editor saves: the file is empty for a moment, or partly written.
    for (broken, name) in [("", "The Second Gazette"), ("[publication]\nname = \"The Th", "The Third Gazette")] {
        test.write("config.toml", broken);
        serve.signal("HUP");
        let has = |name: &str| {
            let page = serve.get("/").body;
            assert!(page.contains("Gazette"), "{page}");
            page.contains(name)
        };
        assert!((0..20).all(|_| !has(name)));
        test.write("config.toml", &good.replace("name = \"The Test Gazette\"", &format!("name = \"{name}\"")));
        serve.signal("HUP");
        until("the page has the new name", || has(name));
    }
    let log = serve.log();
    assert!(log.contains("the old one stays") && log.contains("the configuration is empty"), "{log}");
}

#[test]
fn a_sign_up_after_the_database_file_was_replaced_is_in_the_new_one() {
    let test = publication().subscribers(1);
    let serve = Serve::start(&test);
    serve.post("/subscribe", "email=before%40inbox.example");
    until("the letter is written", || test.outbox().len() == 1);
    let old = rusqlite::Connection::open(test.path("data/digest.db")).unwrap();
    old.execute("VACUUM INTO ?1", [test.path("copy.db").to_string_lossy()]).unwrap();
    drop(old);
    for file in ["data/digest.db", "data/digest.db-wal", "data/digest.db-shm"] {
        let _ = std::fs::rename(test.path(file), test.path(&format!("{file}.old")));
    }
    std::fs::rename(test.path("copy.db"), test.path("data/digest.db")).unwrap();
    assert_eq!(serve.post("/subscribe", "email=after%40inbox.example").status, 200);
    until("the second letter is written", || test.outbox().len() == 2);
    let letter = test.outbox().into_iter().find(|mail| mail.to() == "after@inbox.example").unwrap();
    assert_eq!(serve.post(&path(&letter.text(), "confirm"), "").status, 200);
    let shown = test.run("subscribers show after@inbox.example --format json").success().json();
    assert_eq!(shown["status"], "confirmed", "{shown}");
}
