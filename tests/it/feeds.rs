//! News from feeds: the test's own server has good and hostile ones, and `digest` fetches them.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::house::Test;

/// A server whose paths say how it behaves, with the heads of the requests it got.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(&stream, &log));
            }
        });
        Self { address, asked }
    }

    /// A publication with one source for each path, named by it.
    fn test(&self, paths: &[&str]) -> Test {
        let mut config = format!("[fetch]\nprivate_hosts = [\"{}\"]\npause = \"1ms\"\n", self.address);
        for path in paths {
            let _ = write!(
                config,
                "[[feeds]]\nname = \"{path}\"\nurl = \"http://{}/{path}\"\nbase_score = 6.0\npatience = \"2s\"\n",
                self.address
            );
        }
        Test::new().config(&config)
    }

    /// The heads of the requests for a path.
    fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|head| head.starts_with(&format!("GET /{path} "))).cloned().collect()
    }
}

fn item(n: u32, title: &str) -> String {
    format!(
        "<item><title>{title}</title><link>https://wire.example/{n}</link><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item>"
    )
}

fn rss(items: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Wire</title><link>https://wire.example/</link>{items}</channel></rss>"
    )
}

fn serve(mut stream: &TcpStream, log: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream);
    while lines.read_line(&mut head).is_ok_and(|n| n > 2) {}
    let path = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let tagged = head.to_lowercase().contains("if-none-match: \"v1\"");
    let times = {
        let mut log = log.lock().unwrap();
        log.push(head);
        log.iter().filter(|head| head.starts_with(&format!("GET /{path} "))).count()
    };
    let mut answer = |status: &str, headers: &str, body: &[u8]| {
        let _ = write!(stream, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(body);
    };
    let moved = |to: &str| format!("Location: {to}\r\n");
    match path.as_str() {
        "tagged" if tagged => answer("304", "", b""),
        "tagged" => answer("200", "ETag: \"v1\"\r\n", rss(&item(1, "One")).as_bytes()),
        "gone" => answer("410", "", b""),
        "busy" => answer("503", "Retry-After: 3600\r\n", b""),
        "moved" => answer("301", &moved("/tagged"), b""),
        "loop" => answer("302", &moved("/loop"), b""),
        "inside" => answer("302", &moved("http://127.0.0.1:1/"), b""),
        "metadata" => answer("302", &moved("http://169.254.169.254/latest/meta-data/"), b""),
        "page" => answer("200", "", b"<!DOCTYPE html><html><body>Hello</body></html>"),
        "gzip" => answer("200", "Content-Encoding: gzip\r\n", &gzip(rss(&item(2, "Packed")).as_bytes())),
        "bomb" => answer("200", "Content-Encoding: gzip\r\n", &gzip(&vec![b' '; 60_000_000])),
        "xxe" => answer("200", "", xxe().as_bytes()),
        "laughs" => answer("200", "", laughs().as_bytes()),
        "title" => answer("200", "", rss(&item(3, &"Long ".repeat(10_000_000))).as_bytes()),
        "long" => answer("200", "", rss(&item(4, &"Long ".repeat(400_000))).as_bytes()),
        "deep" => answer("200", "", rss(&format!("{}{}", item(5, "Before"), "<a>".repeat(500_000))).as_bytes()),
        "charset" => answer("200", "Content-Type: text/xml; charset=iso-8859-1\r\n", rss(&item(6, "Größe")).as_bytes()),
        "links" => answer("200", "", hostile_words().as_bytes()),
        "cut" => answer("200", "", &rss(&(item(8, "Whole") + &item(9, "Cut"))).as_bytes()[..270]),
        "json" => answer("200", "", br#"{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"a","title":3,,},{"id":"b","title":"Good","url":"https://wire.example/10","date_published":"2026-11-24T09:00:00Z","_x":{"score":8}}]}"#),
        "undated" => answer("200", "", rss("<item><title>Undated</title><link>https://wire.example/11</link></item><item><title>Tomorrow</title><link>https://wire.example/12</link><pubDate>Tue, 24 Nov 2099 09:00:00 GMT</pubDate></item>").as_bytes()),
        // Has one more item in each answer; the first one stays on top for years.
        "sticky" => answer("200", "", rss(&sticky(times)).as_bytes()),
        "archive" => answer("200", "", rss(&archive()).as_bytes()),
        "endless" => forever(stream, b"<x>", Duration::ZERO),
        "slow" => forever(stream, b" ", Duration::from_millis(50)),
        "silent" => drop(stream.read(&mut [0])),
        other => answer("200", "", rss(&item(100, other)).as_bytes()),
    }
}

/// One item with a future date per request so far, and a good one.
fn sticky(times: usize) -> String {
    let ahead = ["Sticky", "Event"].iter().zip(50..).take(times);
    let ahead = ahead.map(|(title, n)| item(n, title).replace("Tue, 24 Nov 2026", "Tue, 01 Jan 2030"));
    ahead.collect::<String>() + &item(49, "Known")
}

/// One new item, one without a date, and five hundred that are years old.
fn archive() -> String {
    let mut items =
        item(1_000, "archive") + "<item><title>undated</title><link>https://wire.example/1001</link></item>";
    for n in 0..500 {
        items += &item(n, &format!("Old {n}")).replace("24 Nov 2026", "24 Nov 2021").replace("Tue", "Wed");
    }
    items
}

/// Sends endlessly, until the client hangs up.
fn forever(mut stream: &TcpStream, what: &[u8], pause: Duration) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>");
    let chunk = if pause.is_zero() { what.repeat(10_000) } else { what.to_vec() };
    while stream.write_all(&chunk).is_ok() {
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn xxe() -> String {
    let doctype = "<!DOCTYPE rss [<!ENTITY secret SYSTEM \"file:///etc/passwd\"><!ENTITY % more SYSTEM \"http://127.0.0.1:1/x.dtd\">%more;]>";
    format!("<?xml version=\"1.0\"?>{doctype}{}", rss(&item(20, "Secret &secret; told")))
}

fn laughs() -> String {
    let mut doctype = String::from("<!DOCTYPE rss [<!ENTITY l0 \"ha\">");
    for n in 1..10 {
        let _ = write!(doctype, "<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    format!("{doctype}]>{}", rss(&item(21, "So &l9; funny")))
}

fn hostile_words() -> String {
    rss(
        "<item><title>&lt;script&gt;alert(1)&lt;/script&gt;Bold&#x202E; &lt;b&gt;move&lt;/b&gt;&#10;Bcc: x@y.example</title><link>javascript:alert(1)</link>\
         <description>See [this](https://evil.example/) &lt;img src=x onerror=alert(1)&gt; now. =cmd()</description><pubDate>Tue, 24 Nov 2026 09:00:00 GMT</pubDate></item>",
    )
}

fn list(test: &Test) -> Vec<serde_json::Value> {
    test.run("news list --format json").success().json().as_array().unwrap().clone()
}

fn titles(test: &Test) -> Vec<String> {
    let mut titles: Vec<String> = list(test).iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect();
    titles.sort();
    titles
}

/// The result of a fetch for each source: its state, and its error.
fn states(test: &Test, line: &str) -> std::collections::BTreeMap<String, (String, String)> {
    let told = test.run(line).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    told["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (text(&s["name"]), (text(&s["state"]), text(&s["error"]))))
        .collect()
}

#[test]
fn what_is_new_comes_in_once_and_etags_are_kept() {
    let server = Server::start();
    let test = server.test(&["tagged", "gzip"]);
    test.run("news fetch").success().stdout_has("2 sources, 0 failed; 2 items added");
    assert_eq!(titles(&test), ["One", "Packed"]);
    let again = test.run("news fetch").success().stdout_has("0 items added, 0 updated");
    assert!(again.stdout.contains("nothing new"), "{}", again.stdout);
    let asked = server.asked("tagged");
    let head = asked[1].to_lowercase();
    assert!(
        head.contains("if-none-match: \"v1\"") && head.contains("user-agent: digest/") && head.contains("(+http"),
        "{head}"
    );
    assert!(head.contains("accept-encoding: gzip, deflate, br"), "{head}");
    let health = test.run("news feeds --format json").success().json();
    assert_eq!((&health[0]["failures"], &health[0]["last_item"]), (&0.into(), &"2026-11-24".into()), "{health}");
}

#[test]
fn an_editors_line_outlives_the_next_fetch_of_the_same_words() {
    let server = Server::start();
    let test = server.test(&["gzip"]);
    test.run("news fetch").success();
    let file = "content/news/2026-W48.jsonl";
    test.write(file, &test.read(file).replace("Packed", "Better words"));
    test.run("news fetch").success();
    assert_eq!(titles(&test), ["Better words"], "the feed says nothing new");
}

#[test]
fn one_broken_feed_never_stops_the_others() {
    let server = Server::start();
    let bad = ["gone", "busy", "loop", "inside", "metadata", "page", "bomb", "title", "endless", "slow", "silent"];
    let test = server.test(&[&bad[..], &["tagged", "gzip"]].concat());
    let begun = Instant::now();
    let states = states(&test, "news fetch --format json");
    for (name, why) in [
        ("gone", "410"),
        ("busy", "503"),
        ("loop", "redirects"),
        ("inside", "not a public address"),
        ("metadata", "not a public address"),
        ("page", "web page"),
        ("bomb", "more than 20 MB"),
        ("title", "more than 5 MB"),
        ("endless", "more than 5 MB"),
        ("slow", "no answer within 2s"),
        ("silent", "no answer within 2s"),
    ] {
        let (state, error) = &states[name];
        assert!(state == "failed" && error.contains(why), "{name}: {state} {error}");
    }
    assert_eq!(titles(&test), ["One", "Packed"]);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    test.run("news feeds").success().stdout_has("failed once: the feed is gone");
    let only_bad = server.test(&["gone", "page"]);
    only_bad.run("news fetch").code(1).stdout_has("2 sources, 2 failed");
}

#[test]
fn a_source_that_asks_for_a_wait_gets_it() {
    let server = Server::start();
    let test = server.test(&["busy"]);
    let until = "asked us to wait until Wed 25 Nov 2026 08:00 CET";
    test.run("news fetch").code(1).stdout_has("503").stdout_has(until);
    assert_eq!(states(&test, "news fetch --format json")["busy"].0, "waits");
    test.run("news feeds").success().stdout_has("failed once: the site answers 503").stdout_has(until);
    let told = test.run("news feeds --format json").success().json();
    assert_eq!(told[0]["waits_until"], "2026-11-25T07:00:00Z");
    let later = test.run_at("2026-11-25T07:30:00Z", "news feeds").success();
    assert!(!later.stdout.contains("left alone"), "the wait is over: {}", later.stdout);
    assert_eq!(server.asked("busy").len(), 1, "it was left alone");
    test.run_at("2026-11-25T07:30:00Z", "news fetch").code(1);
    assert_eq!(server.asked("busy").len(), 2);
}

#[test]
fn a_date_years_ahead_makes_nothing_todays_news_unless_it_is_known_to_be_new() {
    let server = Server::start();
    let test = server.test(&["sticky"]);
    let first = test.run("news fetch").success();
    first.stderr_has("2030-01-01T09:00:00Z, which is in the future").stdout_has("1 dated in the future");
    assert_eq!(titles(&test), ["Known"], "whoever reads a feed for the first time knows no item's age");
    test.run_at("2026-11-26T06:00:00Z", "news fetch").success();
    let news = list(&test);
    let event = news.iter().find(|item| item["title"] == "Event").unwrap_or_else(|| panic!("{news:?}"));
    assert_eq!((news.len(), &event["published"]), (2, &"2026-11-26T06:00:00Z".into()));
}

#[test]
fn a_move_for_good_is_remembered_and_told() {
    let server = Server::start();
    let test = server.test(&["moved"]);
    test.run("news fetch").success().stderr_has("has moved permanently to");
    test.run("news fetch").success();
    assert_eq!((server.asked("moved").len(), server.asked("tagged").len()), (1, 2));
}

#[test]
fn hostile_feeds_give_clean_items_or_none() {
    let server = Server::start();
    let test = server.test(&["xxe", "laughs", "long", "deep", "charset", "links", "cut", "json", "undated"]);
    let begun = Instant::now();
    let fetched = test.run("news fetch").success();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    for told in [
        "they were not expanded",
        "was cut at a word",
        "more than 256 nested elements",
        "although it is declared as",
        "not an http(s) address",
        "is incomplete",
        "not valid JSON",
        "in the future",
    ] {
        assert!(fetched.stderr.contains(told), "{told}: {}", fetched.stderr);
    }
    let news = list(&test);
    let title = |start: &str| {
        news.iter()
            .find(|item| item["title"].as_str().unwrap().starts_with(start))
            .unwrap_or_else(|| panic!("{start}: {news:?}"))
    };
    assert_eq!(title("Secret")["title"], "Secret told");
    assert_eq!(title("So")["title"], "So funny");
    assert!(title("Long")["title"].as_str().unwrap().chars().count() <= 500);
    assert_eq!(title("Größe")["title"], "Größe");
    let bold = title("Bold");
    assert_eq!(
        (&bold["title"], &bold["summary"]),
        (&"Bold move Bcc: x@y.example".into(), &"See [this](https://evil.example/) now. =cmd()".into())
    );
    assert!(bold.get("url").is_none(), "{bold}");
    assert_eq!(title("Good")["score"], 8);
    assert_eq!(title("Undated")["published"], crate::house::NOW);
    assert!(!titles(&test).contains(&"Tomorrow".to_owned()), "{news:?}");
    assert!(!titles(&test).contains(&"Cut".to_owned()) && titles(&test).contains(&"Whole".to_owned()));
    test.run_at("2026-11-25T09:00:00Z", "news fetch").success().stdout_has("0 items added, 0 updated");
}

#[test]
fn an_archive_does_not_bury_the_weeks_news() {
    let server = Server::start();
    let test = server.test(&["archive"]);
    test.run("news fetch").success().stdout_has("2 new or changed, 2 taken of 502 items, 500 too old");
    assert_eq!(titles(&test), ["archive", "undated"]);
    assert!(states(&test, "news fetch --format json")["archive"].0 == "read", "the feed has no validators");
    test.run("news fetch").success().stdout_has("0 items added, 0 updated");
    let all = server.test(&["archive"]).config("[fetch]\noldest = \"0s\"\n");
    all.run("news fetch").success().stdout_has("502 new or changed of 502 items");
}

#[test]
fn a_list_stands_in_columns_and_is_whole_where_no_terminal_cuts_it() {
    let title = "新しい言語モデルが公開されました。".repeat(8);
    let line = |source: &str, n: u32| {
        format!(
            "{{\"title\":\"{title}\",\"source\":\"{source}\",\"published\":\"2026-11-24\",\"url\":\"https://wire.example/{n}\",\"id\":\"an-id-of-the-newsrooms-own-{n}\"}}\n"
        )
    };
    let news = line("日本のニュース", 1) + &line("مصدر", 2) + &line("👩\u{200d}🔬 Lab", 3);
    let test = Test::new().file("week.jsonl", &news);
    test.run("news import week.jsonl").success();
    let list = test.run("news list --why").success();
    for source in ["日本のニュース      ", "مصدر                ", "👩\u{200d}🔬 Lab              "] {
        assert!(
            list.stdout.contains(&format!("     –  {source}  {title}\n"))
                || list.stdout.contains(&format!("   –  {source}  {title}\n")),
            "{source}: {}",
            list.stdout
        );
    }
    assert!(
        list.stdout.contains("an-id-of-the-newsrooms-own-3  "),
        "an id can be given to `news score`: {}",
        list.stdout
    );
}

#[test]
fn one_address_of_two_sources_is_one_item_that_names_both_and_scores_more() {
    let server = Server::start();
    let test = server.test(&["first", "second"]).config("[scores]\nwords = { first = 1.0 }\nrepeat = 0.5\n");
    test.run("news fetch").success();
    let news = list(&test);
    assert_eq!(news.len(), 1, "{news:?}");
    assert_eq!((&news[0]["source"], &news[0]["also"][0]["source"]), (&"first".into(), &"second".into()));
    assert_eq!(news[0]["effective_score"], 7.5, "{news:?}");
    assert_eq!(news[0]["score_why"], "base 6 of first, +1 \"first\", +0.5 also in second");
    test.run("news fetch").success().stdout_has("0 items added, 0 updated");
}

#[test]
fn the_editors_score_wins_and_stays() {
    let server = Server::start();
    let test = server.test(&["tagged"]);
    test.run("news fetch").success();
    let id = list(&test)[0]["id"].as_str().unwrap().to_owned();
    test.run_args(&["news", "score", &id, "9", "--why", "our own scoop"]).success();
    test.write("more.jsonl", "{\"title\":\"One, corrected\",\"source\":\"tagged\",\"published\":\"2026-11-24\",\"score\":3,\"url\":\"https://wire.example/1\"}\n");
    test.run("news import more.jsonl").success();
    let news = list(&test);
    assert_eq!(
        (&news[0]["title"], &news[0]["effective_score"], &news[0]["score_why"]),
        (&"One, corrected".into(), &9.0.into(), &"set by the editor: our own scoop".into()),
        "{news:?}"
    );
    test.run("compose midweek").success();
    assert!(test.draft().contains("score = 9"), "{}", test.draft());
    test.run_args(&["news", "score", &id]).success();
    assert_eq!(list(&test)[0]["score"], 3);
    assert!(list(&test)[0].get("editor_score").is_none());
    test.run("news score nothing 5").code(1).stderr_has("there is no item `nothing`");
    test.run_args(&["news", "score", &id, "11"]).code(2);
}

#[test]
fn a_program_is_a_source_within_its_limits() {
    let lines = r#"{"title":"From a program","score":7,"url":"https://wire.example/30"}
{"title":"Broken","score":70}
{"title":"Another","source":"Elsewhere","published":"2026-11-24","url":"https://wire.example/31"}"#;
    let source = |name: &str, script: &str| {
        format!("[[feeds]]\nname = \"{name}\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\npatience = \"1s\"\n")
    };
    let scripts = [
        ("good", "cat lines.jsonl"),
        ("failing", "echo no database >&2; exit 3"),
        ("hanging", "sleep 60 & echo $! > child; wait"),
        ("endless", "yes"),
        ("quiet", "exec >&-; sleep 60"),
    ];
    let config: String = scripts.iter().map(|(name, script)| source(name, script)).collect();
    let test = Test::new().file("lines.jsonl", lines).config(&config);
    let begun = Instant::now();
    let states = states(&test, "news fetch --format json");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(states["good"].0, "read");
    for (name, why) in [
        ("failing", "exit status: 3: no database"),
        ("hanging", "longer than 1s"),
        ("endless", "more than 20 MB"),
        ("quiet", "longer than 1s"),
    ] {
        assert!(states[name].1.contains(why), "{name}: {:?}", states[name]);
    }
    assert_eq!(titles(&test), ["Another", "From a program"]);
    let child = test.read("child").trim().to_owned();
    let gone = || std::fs::read_to_string(format!("/proc/{child}/stat")).map_or(true, |stat| stat.contains(") Z "));
    let deadline = Instant::now() + Duration::from_secs(5);
    while !gone() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(gone(), "the hanging program's child went with it");
}

#[test]
fn feeds_come_in_from_files_and_stdin_too() {
    let test = Test::new().file("feed.xml", &rss(&item(1, "One")));
    test.run("news import feed.xml").success().stdout_has("1 item added");
    assert_eq!((titles(&test), &list(&test)[0]["source"]), (vec!["One".to_owned()], &"Wire".into()));
}

#[test]
fn the_list_sorts_and_filters() {
    let lines = r#"{"id":"a","title":"A","source":"Wire","published":"2026-11-24","score":5,"topics":["Tools"]}
{"id":"b","title":"B","source":"Desk","published":"2026-11-22","score":9,"topics":["AI"]}
{"id":"c","title":"C","source":"Wire","published":"2026-11-23","topics":["tools"]}"#;
    let test = Test::new().news(lines);
    for (flags, found) in [
        ("", "a c b"),
        ("--sort score", "b a c"),
        ("--sort source", "b a c"),
        ("--source wire", "a c"),
        ("--topic TOOLS", "a c"),
        ("--min-score 6", "b"),
        ("--since 2026-11-23", "a c"),
        ("--source Wire --min-score 1", "a"),
    ] {
        let listed = test.run(&format!("news list {flags} --format json")).success().json();
        let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids.join(" "), found, "{flags}");
    }
    test.run("news list --why").success().stdout_has("its own").stdout_has("no base_score for Wire");
}

#[test]
fn a_damaged_memory_is_put_aside_and_bad_sources_are_named() {
    let server = Server::start();
    let test = server.test(&["tagged"]).file("data/feeds.json", "{\"feeds\": [");
    test.run("news fetch").success().stderr_has("was put aside");
    assert!(test.path("data/feeds.json.damaged").exists());
    test.run("news fetch nobody").code(1).stderr_has("there is no source `nobody`").stderr_has("tagged");
    Test::new().run("news fetch").code(1).stderr_has("has no feed");
    let bad = Test::new()
        .config("[[feeds]]\nname = \"x\"\nurl = \"ftp://a.example/\"\nwords = { a = 11.0 }\n[[feeds]]\nname = \"X\"\n");
    bad.run("news feeds")
        .code(1)
        .stderr_has("must begin with https")
        .stderr_has("from -10 to 10")
        .stderr_has("name` of its own");
}
