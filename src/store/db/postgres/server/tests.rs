use super::*;

const ROOT: &str = "/srv/almanac";

fn parse(url: &str) -> Result<Server, String> {
    Server::parse(url, "", None, Path::new(ROOT))
}

fn server(url: &str) -> Server {
    parse(url).expect(url)
}

/// The password that a server was given by the setting or by the URL.
fn password(server: &Server) -> Option<&str> {
    server.config.get_password().map(|password| std::str::from_utf8(password).expect("text"))
}

#[test]
fn a_url_says_who_logs_in_where_and_how() {
    let full = server("postgres://ed%40desk:p%40ss@db.example:5433/almanac?connect_timeout=3&application_name=one+two");
    let config = &full.config;
    assert_eq!((config.get_user(), password(&full)), (Some("ed@desk"), Some("p@ss")));
    assert_eq!(
        (config.get_hosts(), config.get_ports()),
        ([Host::Tcp("db.example".into())].as_slice(), [5433].as_slice())
    );
    assert_eq!((config.get_dbname(), config.get_connect_timeout()), (Some("almanac"), Some(&Duration::from_secs(3))));
    let short = server("postgres://db.example/almanac");
    assert_eq!((short.config.get_application_name(), short.config.get_options()), (Some("digest"), None));
    assert_eq!(
        (short.config.get_connect_timeout(), short.config.get_tcp_user_timeout()),
        (Some(&CONNECT), Some(&ACKNOWLEDGED))
    );
    assert_eq!(short.to_string(), "postgres://db.example:5432/almanac");
    let socket = server("postgres:///almanac?host=/run/postgresql");
    assert_eq!(
        (socket.config.get_hosts(), socket.to_string()),
        ([Host::Unix("/run/postgresql".into())].as_slice(), "postgres:///run/postgresql/almanac".into())
    );
}

#[test]
fn the_value_of_a_parameter_reaches_the_server_unchanged() {
    for (text, options) in
        [("-c%20search_path%3Da%2Cb", "-c search_path=a,b"), ("-c%20a%3D%22%26%22", "-c a=\"&\""), ("-c+a%2B", "-c a+")]
    {
        assert_eq!(server(&format!("postgres://h/d?options={text}")).config.get_options(), Some(options), "{text}");
    }
    let named = server("postgres://h/d?application_name=the%20desk");
    assert_eq!(named.config.get_application_name(), Some("the desk"));
}

#[test]
fn a_connection_is_encrypted_as_the_url_says() {
    for (query, mode) in [
        ("", SslMode::Prefer),
        ("?sslmode=prefer", SslMode::Prefer),
        ("?sslmode=disable", SslMode::Disable),
        ("?sslmode=require", SslMode::Require),
        ("?sslmode=verify-full", SslMode::Require),
        ("?application_name=a&sslmode=verify-full&options=-c%20b%3Dc", SslMode::Require),
    ] {
        assert_eq!(server(&format!("postgres://h/d{query}")).config.get_ssl_mode(), mode, "{query}");
    }
    for mode in ["verify-ca", "allow"] {
        let why = parse(&format!("postgres://h/d?sslmode={mode}")).expect_err(mode);
        assert_eq!(why, "`sslmode` may be disable, prefer, require or verify-full");
    }
    let own = server("postgres://h/d?sslmode=verify-full&sslrootcert=certs/ca.pem");
    assert_eq!(own.roots, Some(Path::new(ROOT).join("certs/ca.pem")));
    assert_eq!(server("postgres://h/d?sslrootcert=/etc/ca.pem").roots, Some("/etc/ca.pem".into()));
    assert_eq!(server("postgres://h/d").roots, None);
}

#[test]
fn an_error_in_a_url_is_named_without_the_url() {
    for (url, why) in [
        ("postgres://ed:hunter2@h", "it names no database; write postgres://USER@HOST/DATABASE"),
        ("postgres://ed:hunter2@h/", "it names no database; write postgres://USER@HOST/DATABASE"),
        ("postgres://ed:hunter2@h:many/d", "invalid port number"),
        ("postgres://ed:hunter2@h/d?sslmode=hunter2", "invalid value for option `sslmode`"),
        ("postgres://ed:hunter2@h/d?colour=hunter2", "unknown option `colour`"),
    ] {
        let told = parse(url).expect_err(url);
        assert!(told.contains(why) && !told.contains("hunter2"), "{url}: {told}");
    }
}

#[test]
fn a_password_comes_from_the_setting_or_the_file_or_the_url_and_is_never_printed() {
    let url = "postgres://ed:hunter2@h/d?application_name=a";
    let file = || Some(Path::new(ROOT).join("secrets/hunter3"));
    let read =
        |password: &str, file: Option<PathBuf>| Server::parse(url, password, file, Path::new(ROOT)).expect("a server");
    let (own, set, filed, both) = (read("", None), read("hunter4", None), read("", file()), read("hunter4", file()));
    assert_eq!((password(&own), &own.password), (Some("hunter2"), &None));
    assert_eq!((password(&set), &set.password), (Some("hunter4"), &None));
    assert_eq!(filed.password, file());
    assert_eq!((password(&both), &both.password), (Some("hunter4"), &None), "the file is not read");
    for server in [&own, &set, &filed, &both] {
        assert!(!format!("{server} {server:?} {server:#?}").contains("hunter"), "{server:?}");
        assert_eq!(server, &own, "the same database, whoever logs in");
    }
    for other in ["postgres://h/e", "postgres://g/d", "postgres://h:5433/d", "postgres://h/d?options=-c%20a%3Db"] {
        assert_ne!(server(other), own, "{other}");
    }
}

#[tokio::test]
async fn a_password_or_certificate_file_that_cannot_be_read_is_named() {
    let missing =
        Server::parse("postgres://h/d", "", Some("/nowhere/password".into()), Path::new(ROOT)).expect("a server");
    let bad = server("postgres://h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem");
    for (server, file) in [(missing, "/nowhere/password"), (bad, "/nowhere/ca.pem")] {
        let Err(why) = server.connect().await else { panic!("{file} was read") };
        assert!(matches!(&why, StoreError::Unreadable { path, .. } if path == Path::new(file)), "{why}");
    }
}
