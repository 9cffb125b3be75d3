//! The daemon's part: it fetches again and again until it is told to stop.

use std::path::Path;
use std::time::Instant;

use super::*;
use crate::pipeline::Site;

const CONFIG: &str = r#"
[publication]
name = "Gazette"
url = "https://gazette.example"
from = "Gazette <news@gazette.example>"
postal_address = "1 Sample Street, 10115 Berlin, Germany"
[fetch]
every = "20ms"
[[feeds]]
name = "Program"
command = ["sh", "-c", 'echo x >> runs; echo "{\"title\":\"Run $(wc -l < runs)\"}"']
"#;

#[tokio::test]
async fn the_daemon_fetches_until_it_is_told_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), CONFIG).unwrap();
    let site = Site::open(dir.path(), Path::new("config.toml"), "2026-11-25T06:00:00Z".parse().unwrap()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let runs = || std::fs::read_to_string(dir.path().join("runs")).unwrap_or_default().lines().count();
    let waiting = async {
        let deadline = Instant::now() + Duration::from_secs(30);
        while (runs() < 3 || site.content().load().unwrap().items.len() < 2) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(true).unwrap();
    };
    let watched = tokio::time::timeout(Duration::from_secs(40), async {
        let content = site.content();
        tokio::join!(content.watch_feeds(stopped, || 0.5), waiting)
    });
    watched.await.expect("it ends when it is told to");
    assert!(runs() >= 3, "{}", runs());
    let titles: Vec<String> = site.content().load().unwrap().items.into_iter().map(|item| item.title).collect();
    assert!(titles.contains(&"Run 1".to_owned()) && titles.contains(&"Run 2".to_owned()), "{titles:?}");
    assert!(site.content().feed_health()[0].health.good.is_some() && site.content().feed_notices().is_empty());
}

#[tokio::test]
async fn a_daemon_without_sources_or_told_never_to_fetch_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), CONFIG.replace("20ms", "0s")).unwrap();
    let site = Site::open(dir.path(), Path::new("config.toml"), "2026-11-25T06:00:00Z".parse().unwrap()).unwrap();
    let (_stop, stopped) = watch::channel(false);
    site.content().watch_feeds(stopped, || 0.5).await;
    assert!(!dir.path().join("data").exists());
}

#[test]
fn only_one_fetch_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), CONFIG).unwrap();
    let site = Site::open(dir.path(), Path::new("config.toml"), "2026-11-25T06:00:00Z".parse().unwrap()).unwrap();
    let held = Memory::hold(&site.content().memory_file()).unwrap();
    let refused = site.content().fetch(&[], || 0.0).unwrap_err().to_string();
    assert!(refused.contains("another fetch is under way"), "{refused}");
    drop(held);
    assert_eq!(site.content().fetch(&[], || 0.0).unwrap().news.added, 1);
}
