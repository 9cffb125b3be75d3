use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::pipeline::demo;
use crate::web::{archive, ops};

const SENT: &str = "2024-07-31-midweek";
const OTHER: &str = "2024-08-04-sunday";

/// The sample publication, sent into files, with its archive on a port of the system's choice.
struct House {
    dir: TempDir,
    base: String,
    runtime: tokio::runtime::Runtime,
    agent: ureq::Agent,
}

fn templates(site: &Site) -> Arc<Templates> {
    Arc::new(site.templates().expect("templates"))
}

/// An answer: status, headers and body.
struct Got {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: String,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(demo(&dir.path().join("shown"))).expect("the demo");
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
        let mut house = Self { dir, base: String::new(), runtime, agent };
        let site = Arc::new(house.site("2024-08-10T00:00:00Z"));
        let router = archive::router(site.archive().archive_service(&templates(&site)).expect("templates"))
            .merge(ops::router(site.daemon().ops_service()));
        house.base = house.runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let base = format!("http://{}", listener.local_addr().expect("an address"));
            tokio::spawn(async move { axum::serve(listener, router).await });
            base
        });
        house
    }

    fn site(&self, now: &str) -> Site {
        let root = self.dir.path().join("shown");
        Site::open(&root, Path::new("config.toml"), now.parse().expect("a time")).expect("a publication")
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        let request = headers.iter().fold(self.agent.get(format!("{}{path}", self.base)), |request, (name, value)| {
            request.header(*name, *value)
        });
        let mut answer = request.call().expect("an answer");
        let body = answer.body_mut().read_to_string().expect("a body");
        Got { status: answer.status().as_u16(), headers: answer.headers().clone(), body }
    }

    fn draft(&self, issue: &str) -> std::path::PathBuf {
        self.dir.path().join("shown/issues").join(issue).join("issue.toml")
    }
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

#[test]
fn past_issues_are_shown_and_nobodys_links_are_in_them() {
    let house = House::new();
    let index = house.get("/archive", &[]);
    assert_eq!(index.status, 200);
    assert!(index.body.contains(&format!("/archive/{SENT}")) && index.body.contains(&format!("/archive/{OTHER}")));
    for path in [format!("/archive/{SENT}"), format!("/archive/{OTHER}"), "/feed.xml".into()] {
        let page = house.get(&path, &[]);
        assert_eq!(page.status, 200, "{path}");
        for word in [
            "/unsubscribe/",
            "/preferences/",
            "@inbox",
            "{{",
            "\u{e000}",
            "mailto:",
            "Hello reader",
            "Dear reader",
            "You get",
            "Sent to",
            "days ago",
            " style=",
            "/poll/",
        ] {
            assert!(!page.body.contains(word), "{path}: {word}");
        }
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(page.header(name), value);
        }
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    }
    let subscribers =
        std::fs::read_to_string(house.dir.path().join("shown/content/subscribers.sample.csv")).expect("subscribers");
    let pages = house.get(&format!("/archive/{SENT}"), &[]).body + &house.get("/feed.xml", &[]).body;
    for address in subscribers.lines().skip(1).filter_map(|line| line.split(',').find(|cell| cell.contains('@'))) {
        assert!(!pages.contains(address), "{address}");
    }
    assert!(pages.contains("Get the next issue by email") && pages.contains("The editors"));
}

#[test]
fn an_issue_leads_to_the_one_before_and_the_one_after() {
    let house = House::new();
    let page = |issue: &str| house.get(&format!("/archive/{issue}"), &[]).body;
    let (first, last) = (page(SENT), page(OTHER));
    assert!(first.contains(&format!("rel=\"next\" href=\"/archive/{OTHER}\"")) && !first.contains("rel=\"prev\""));
    assert!(last.contains(&format!("rel=\"prev\" href=\"/archive/{SENT}\"")) && !last.contains("rel=\"next\""));
    let index = house.get("/archive", &[]).body;
    assert!(index.find(OTHER) < index.find(SENT), "the newest first: {index}");
    assert!(first.contains(&format!("<link rel=\"canonical\" href=\"https://callmealmanac.example/archive/{SENT}\">")));
    assert!(first.contains("<meta property=\"og:type\" content=\"article\">"), "{first}");
    assert!(first.contains("<meta property=\"article:published_time\" content=\"2024-07-31T04:00:"), "{first}");
}

#[test]
fn search_engines_and_browsers_find_what_they_look_for() {
    let house = House::new();
    let sitemap = house.get("/sitemap.xml", &[]);
    assert_eq!(sitemap.header("content-type"), "application/xml; charset=utf-8");
    for page in ["/", "/archive", &format!("/archive/{SENT}"), &format!("/archive/{OTHER}")] {
        assert!(sitemap.body.contains(&format!("<loc>https://callmealmanac.example{page}</loc>")), "{}", sitemap.body);
    }
    let robots = house.get("/robots.txt", &[]);
    assert_eq!((robots.status, robots.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert!(robots.body.contains("Sitemap: https://callmealmanac.example/sitemap.xml\n"), "{}", robots.body);
    for path in ["/icon", "/favicon.ico"] {
        let icon = house.agent.get(format!("{}{path}", house.base)).call().expect("an answer");
        assert_eq!(icon.headers()["content-type"], "image/png", "the demo has a mark");
    }
    let mut hidden = house.site("2024-08-10T00:00:00Z");
    let config = Arc::make_mut(&mut hidden.config);
    (config.web.noindex, config.publication.mark) = (true, None);
    let icon = hidden.archive().archive_service(&templates(&hidden)).expect("templates").icon;
    assert_eq!(icon.kind, "image/svg+xml");
    let service = hidden.archive().archive_service(&templates(&hidden)).expect("templates");
    let sitemap = (service.handle)(&ArchiveRequest::Sitemap).expect("read").expect("a page");
    assert!(!String::from_utf8_lossy(&sitemap.body).contains("/archive"), "nothing to list");
}

#[test]
fn an_issue_approved_before_there_were_articles_has_one_all_the_same() {
    let house = House::new();
    let shown = house.get(&format!("/archive/{SENT}"), &[]).body;
    let site = house.site("2024-08-10T00:00:00Z");
    let store = site.store_to_read().expect("a store").expect("a store");
    let name: IssueName = SENT.parse().expect("a name");
    let copy = store.issues().web_copy(&name).expect("read").expect("one");
    let kept = copy.rendered.article.expect("kept with the approval");
    assert!(shown.contains(&kept.html_at("")), "what was approved is what is shown");
    let drawn = site.drafts().article(&name, &copy.draft).expect("an article");
    assert_eq!(drawn, kept);
    // Its edition may have ended.
    let mut later = house.site("2024-08-10T00:00:00Z");
    Arc::make_mut(&mut later.config).editions.clear();
    assert!(later.drafts().article(&name, &copy.draft).expect("an article").html.contains("SAM 2"));
    // Settings and templates of today are not those of the past, either.
    let mut today = house.site("2024-08-10T00:00:00Z");
    Arc::make_mut(&mut today.config).editions.get_mut("midweek").expect("an edition").show_score = true;
    assert_ne!(today.drafts().article(&name, &copy.draft).expect("an article"), kept);
    let service = today.archive().archive_service(&templates(&today)).expect("templates");
    let page = (service.handle)(&ArchiveRequest::Issue(name.clone())).expect("read").expect("a page");
    assert!(String::from_utf8_lossy(&page.body).contains(&kept.html_at("")), "the page is what was approved");
    // Words that its editors change now are not those of the past: the page stays as it was approved.
    let draft = std::fs::read_to_string(house.draft(SENT)).expect("a draft");
    std::fs::write(house.draft(SENT), draft.replacen("title = \"", "title = \"Changed: ", 1)).expect("written");
    assert!(!house.get(&format!("/archive/{SENT}"), &[]).body.contains("Changed: "));
}

#[test]
fn what_is_not_sent_is_not_there_and_no_path_leads_out() {
    let house = House::new();
    let site = house.site("2024-08-05T06:00:00Z");
    site.drafts().compose("midweek", None).expect("a draft");
    let drafts = site.issue(None).expect("a draft").to_string();
    assert!(drafts.as_str() > OTHER, "{drafts}");
    for path in [
        format!("/archive/{drafts}"),
        "/archive/2020-01-01-midweek".into(),
        "/archive/..%2f..%2fconfig.toml".into(),
        "/archive/%2e%2e/config.toml".into(),
        format!("/archive/{SENT}%00"),
        format!("/archive/{SENT}/"),
        format!("/archive/{}", SENT.to_uppercase()),
        "/archive/+024-7-031-midweek".into(),
    ] {
        let got = house.get(&path, &[]);
        assert_eq!(got.status, 404, "{path}");
        assert!(!got.body.contains("publication"), "{path}: {}", got.body);
    }
    let posted = house.agent.post(format!("{}/archive/{SENT}", house.base)).send("x=1").expect("an answer");
    assert_eq!(posted.status().as_u16(), 405);
}

#[test]
fn a_correction_is_marked_and_what_was_mailed_stays() {
    let house = House::new();
    let path = format!("/archive/{SENT}");
    let (before, feed) = (house.get(&path, &[]), house.get("/feed.xml", &[]));
    let etag = before.header("etag");
    assert_eq!(house.get(&path, &[("If-None-Match", etag)]).status, 304);
    let known = house.get(&path, &[("If-Modified-Since", before.header("last-modified"))]);
    assert_eq!((known.status, known.body.as_str(), known.header("etag")), (304, "", etag));
    assert!(known.header("cache-control").contains("max-age=300"));
    let head = house.agent.head(format!("{}{path}", house.base)).call().expect("an answer");
    assert_eq!((head.status().as_u16(), head.headers()["etag"].to_str().expect("text")), (200, etag));

    let site = house.site("2024-08-20T09:00:00Z");
    let name: IssueName = SENT.parse().expect("a name");
    let mailed = || {
        site.store_to_read().expect("a store").expect("a store").issues().approval(&name).expect("read").expect("one")
    };
    let approved = mailed();
    site.archive().correct(&name, "").expect_err("nothing was edited");
    let draft = std::fs::read_to_string(house.draft(SENT)).expect("a draft");
    let title = draft.lines().find_map(|line| line.strip_prefix("title = \"")).expect("a title").trim_end_matches('"');
    std::fs::write(house.draft(SENT), draft.replacen(title, "A mended headline", 1)).expect("written");
    site.archive().correct(&name, "The headline named\nthe <wrong> lab").expect("a correction");

    let after = house.get(&path, &[("If-None-Match", etag)]);
    assert_eq!(after.status, 200);
    assert!(after.body.contains("A mended headline") && !before.body.contains("A mended headline"));
    assert!(
        after.body.contains("20 August 2024</time></b>: The headline named the &lt;wrong&gt; lab</p>"),
        "{}",
        after.body
    );
    assert_eq!(mailed(), approved, "the mailed bytes stay");
    let corrected = house.get("/feed.xml", &[("If-None-Match", feed.header("etag"))]);
    assert_eq!(corrected.status, 200);
    assert!(corrected.body.contains("<updated>2024-08-20T09:00:00+00:00</updated>"), "{}", corrected.body);
    let id = |feed: &str| {
        feed.match_indices("<id>").map(|(at, _)| feed[at..].split('<').nth(1).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(id(&feed.body), id(&corrected.body), "entries keep their ids");
    assert!(house.get("/archive", &[]).body.contains("corrected on 20 August 2024"));
    let list = site.archive().list().expect("a list");
    assert_eq!((list.len(), list[1].corrections, list[0].corrections), (2, 1, 0), "{list:?}");
}

#[test]
fn whoever_watches_gets_figures() {
    let house = House::new();
    assert_eq!((house.get("/healthz", &[]).status, house.get("/readyz", &[]).status), (200, 200));
    let metrics = house.get("/metrics", &[]);
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let delivered = format!("digest_recipients{{issue=\"{SENT}\",state=\"delivered\"}} 16\n");
    assert!(metrics.body.contains(&delivered), "{}", metrics.body);
    assert!(
        metrics.body.contains("digest_next_run_timestamp_seconds{edition=\"sunday\"} 1723356000\n"),
        "{}",
        metrics.body
    );
    std::fs::remove_dir_all(house.dir.path().join("shown/data")).expect("removed");
    let lost = house.get("/readyz", &[]);
    assert_eq!(lost.status, 503, "{}", lost.body);
}

#[test]
fn figures_are_served_where_the_settings_say_until_the_daemon_stops() {
    let house = House::new();
    let mut site = house.site("2024-08-10T00:00:00Z");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    Arc::make_mut(&mut site.config).web.metrics_listen = free.to_string();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let served = house.runtime.spawn(crate::pipeline::watch_ops(Arc::new(site), stopped));
    let answer = (0..500).find_map(|_| {
        let got = house.agent.get(format!("http://{free}/healthz")).call().ok();
        got.or_else(|| {
            house.runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(10)).await });
            None
        })
    });
    assert_eq!(answer.expect("an answer").status().as_u16(), 200);
    stop.send(true).expect("it listens");
    house.runtime.block_on(served).expect("it ends").expect("well");
}
