//! `[store]`: which database it names, and that no password is shown.

use super::*;

fn settings(url: &str) -> Settings {
    Settings { url: url.into(), ..Settings::default() }
}

#[test]
fn a_url_names_a_file_or_a_server() {
    let root = Path::new("/srv/almanac");
    for (url, told) in [
        ("sqlite:data/digest.db", "/srv/almanac/data/digest.db"),
        ("sqlite:///data/digest.db", "/data/digest.db"),
        ("sqlite:/var/lib/digest.db", "/var/lib/digest.db"),
        ("postgres://ed@db.example/almanac", "postgres://db.example:5432/almanac"),
        ("postgresql://ed:hunter2@db.example:5433/almanac?sslmode=require", "postgres://db.example:5433/almanac"),
    ] {
        let settings = settings(url);
        let place = settings.place(root).expect("a place");
        assert_eq!(place.to_string(), told, "{url}");
        assert_eq!(settings.is_server(), place.file().is_none(), "{url}");
    }
    assert_eq!(Settings::default().place(root).expect("a place"), Place::Sqlite(root.join("data/digest.db")));
    for url in [
        "",
        "data/digest.db",
        "sqlite:",
        "sqlite://",
        "mysql://ed@db.example/almanac",
        "postgres:/almanac",
        "postgres://db.example",
    ] {
        let why = settings(url).place(root).expect_err(url).to_string();
        assert!(why.starts_with("`[store] url` is wrong: "), "{url}: {why}");
    }
}

#[test]
fn the_text_for_debugging_has_no_password() {
    let secret = Settings {
        password: "hunter2".into(),
        password_file: "hunter2.txt".into(),
        ..settings("postgres://ed:hunter2@db.example/almanac?password=hunter2")
    };
    let place = secret.place(Path::new("/srv")).expect("a place");
    for told in [format!("{secret:?}"), format!("{secret:#?}"), format!("{place:?}"), place.to_string()] {
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert!(format!("{:?}", settings("sqlite:data/a.db")).contains("data/a.db"), "a file's name is no secret");
}

#[test]
fn a_database_of_a_server_is_missing_until_it_is_made_and_one_of_a_newer_version_is_not_touched() {
    let ground = Ground::new();
    let Place::Postgres(_) = &ground.place else { return };
    assert!(!Store::exists(&ground.place, Durability::Process));
    assert!(matches!(Store::open(&ground.place, Durability::Process), Err(StoreError::Missing(_))));
    let store = ground.store();
    assert!(Store::exists(&ground.place, Durability::Process));
    store.db.execute("UPDATE store SET version = 999", params![]).expect("a newer version");
    for open in [Store::open, Store::open_or_create] {
        assert!(matches!(open(&ground.place, Durability::Process), Err(StoreError::Newer { found: 999, .. })));
    }
    assert!(Store::exists(&ground.place, Durability::Process), "it is there all the same");
    assert!(matches!(store.copy_to(&ground.dir.path().join("copy.db")), Err(StoreError::ServerBackup)));
    assert!(!ground.dir.path().join("copy.db").exists());
}

#[test]
fn a_server_that_is_away_or_refuses_is_told_apart_and_no_password_is_told() {
    // Nobody listens on the port of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let away = settings(&format!("postgres://ed:hunter2@127.0.0.1:{port}/almanac?sslmode=disable"));
    let place = away.place(Path::new("")).expect("a place");
    let why = Store::open(&place, Durability::Power).expect_err("nobody is there");
    assert!(matches!(&why, StoreError::Unreachable(..)), "{why}");
    assert!(
        why.to_string().contains(&format!("postgres://127.0.0.1:{port}/almanac"))
            && !why.to_string().contains("hunter2")
    );
    assert!(Store::exists(&place, Durability::Power), "it may hold a database");
    let Some(url) = super::ground::url() else { return };
    let (url, _) = url.rsplit_once('/').expect("a database");
    let place = settings(&format!("{url}/nowhere")).place(Path::new("")).expect("a place");
    let why = Store::open(&place, Durability::Power).expect_err("no such database");
    assert!(matches!(&why, StoreError::Refused(..)), "{why}");
}
