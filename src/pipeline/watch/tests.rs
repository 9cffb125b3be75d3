//! Which events count, and that both ways of watching see a save. Waits are for a change, with a limit.

use notify::event::{CreateKind, DataChange, RenameMode};

use super::*;

#[test]
fn what_an_issue_is_made_of_counts_and_nothing_else() {
    let places = Places { root: "/site".into(), config: "/site/config.toml".into() };
    let write = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    let cases = [
        ("/site/config.toml", write, true),
        ("/site/templates/partials/story.mjml.hbs", write, true),
        ("/site/content/news/2026-W47.jsonl", EventKind::Create(CreateKind::File), true),
        ("/site/issues/2026-11-25-midweek/issue.toml", EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
        ("/site/issues/2026-11-25-midweek", EventKind::Create(CreateKind::Folder), true),
        ("/site/issues/2026-11-25-midweek/issue.html", write, false),
        ("/site/data/digest.db", write, false),
        ("/site/config.toml.swp", write, false),
        ("/else/config.toml", write, false),
        ("/site/config.toml", EventKind::Access(AccessKind::Close(AccessMode::Write)), true),
        ("/site/config.toml", EventKind::Access(AccessKind::Close(AccessMode::Read)), false),
        ("/site/config.toml", EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), false),
    ];
    for (path, kind, expected) in cases {
        let event = Event::new(kind).add_path(path.into());
        assert_eq!(places.matters(&event), expected, "{path} {kind:?}");
    }
}

/// Waits, with a limit, until the number is another one than before the change.
fn after(change: impl FnOnce(), versions: &mut watch::Receiver<u64>) -> u64 {
    let before = *versions.borrow_and_update();
    change();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let changed = async { *versions.wait_for(|version| *version != before).await.unwrap() };
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), changed).await.expect("no change seen") })
}

fn site() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("issues/2026-11-25-midweek")).unwrap();
    std::fs::write(dir.path().join("config.toml"), "").unwrap();
    dir
}

#[test]
fn both_ways_of_watching_see_a_save() {
    for by in [By::Events, By::Looking] {
        let dir = site();
        let mut versions = start(dir.path(), &dir.path().join("config.toml"), by).unwrap();
        assert_eq!(*versions.borrow(), 1);
        let draft = dir.path().join("issues/2026-11-25-midweek/issue.toml");
        assert!(after(|| std::fs::write(draft, "date = 2026-11-25").unwrap(), &mut versions) > 1, "{by:?}");
    }
}

#[test]
fn a_folder_made_later_is_watched_too() {
    let dir = site();
    let mut versions = start(dir.path(), &dir.path().join("config.toml"), By::Events).unwrap();
    after(|| std::fs::create_dir(dir.path().join("templates")).unwrap(), &mut versions);
    after(|| std::fs::write(dir.path().join("templates/a.hbs"), "x").unwrap(), &mut versions);
}

#[test]
fn a_config_that_an_editor_replaces_is_followed() {
    let dir = site();
    let mut versions = start(dir.path(), &dir.path().join("config.toml"), By::Events).unwrap();
    for text in ["a = 1", "a = 2"] {
        std::fs::write(dir.path().join("new"), text).unwrap();
        after(|| std::fs::rename(dir.path().join("new"), dir.path().join("config.toml")).unwrap(), &mut versions);
    }
}
