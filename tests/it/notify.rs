//! What `digest serve` reports to the service manager (`sd_notify(3)`), read from the test's socket: ready, alive, reloading, stopping.
//! Knows nothing of systemd itself; `packaging/digest.service` relies on these lines.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::house::{NOW, Running, Test};
use crate::smtp::{Act, At, Rule, Server};

/// The service manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
}

/// The process that the watchdog variables name.
enum Watched {
    Nobody,
    /// The daemon itself, within this time.
    Daemon(Duration),
    /// Another process, as when the variables were inherited.
    Stranger(Duration),
}

impl Manager {
    /// Starts the daemon of `test`, as systemd would.
    fn start(test: &Test, now: &str, watched: &Watched) -> (Self, Running) {
        let path = test.path("notify.socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let digest = test.command(now);
        // The shell becomes the daemon, so its process ID is known before the daemon starts.
        let mut command = Command::new("sh");
        let (pid, limit) = match watched {
            Watched::Nobody => ("", None),
            Watched::Daemon(limit) => ("export WATCHDOG_PID=$$; ", Some(limit)),
            Watched::Stranger(limit) => ("export WATCHDOG_PID=1; ", Some(limit)),
        };
        command.args(["-c", &format!("{pid}exec \"$0\" \"$@\"")]).arg(digest.get_program()).args(digest.get_args());
        for (name, value) in digest.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(limit) = limit {
            command.env("WATCHDOG_USEC", limit.as_micros().to_string());
        }
        command.arg("serve").env("NOTIFY_SOCKET", &path);
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped());
        (Self { socket }, Running::start(command, "serve, notifying".into()))
    }

    /// The next datagram, whatever it says.
    #[track_caller]
    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("the daemon says something within 40 s");
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    /// The next datagram that is not a watchdog ping.
    #[track_caller]
    fn news(&self) -> String {
        loop {
            let told = self.next();
            if told != "WATCHDOG=1\n" {
                return told;
            }
        }
    }

    /// Requests a reload as a Type=notify-reload unit does; returns its `MONOTONIC_USEC`, and the state afterwards.
    fn reload(&self, daemon: &Running) -> (u64, String) {
        daemon.signal("HUP");
        let begun = self.news();
        let time = begun.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&begun).trim_end().parse().unwrap();
        (time, self.news())
    }
}

#[test]
fn it_is_ready_when_its_pages_answer_and_says_so_once() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let test = Test::new().sample().subscribers(1).config(&format!("[web]\nlisten = \"127.0.0.1:{port}\""));
    let (manager, daemon) = Manager::start(&test, NOW, &Watched::Nobody);
    let ready = manager.next();
    assert!(ready.starts_with("READY=1\nSTATUS=running"), "{ready}");
    let mut page = TcpStream::connect(("127.0.0.1", port)).expect("nobody listens when it says that it is ready");
    page.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    page.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    daemon.signal("TERM");
    let stopping = manager.next();
    assert!(stopping.starts_with("STOPPING=1\n"), "{stopping}");
    daemon.wait().success();
}

#[test]
fn it_says_that_it_is_alive_at_least_twice_in_the_watchdogs_time() {
    let limit = Duration::from_millis(1500);
    let test = Test::new().sample().subscribers(1);
    let (manager, daemon) = Manager::start(&test, NOW, &Watched::Daemon(limit));
    assert!(manager.next().starts_with("READY=1\n"));
    assert_eq!(manager.next(), "WATCHDOG=1\n", "at once");
    let begun = Instant::now();
    for _ in 0..6 {
        assert_eq!(manager.next(), "WATCHDOG=1\n");
    }
    // Twice per interval, as sd_watchdog_enabled(3) recommends; and at most ten times, since more would be a busy loop.
    let pace = begun.elapsed() / 6;
    assert!(pace < limit / 2 && pace > limit / 10, "a sign of life each {pace:?}");
    // A stopped process says nothing; this is what the watchdog is for.
    daemon.signal("STOP");
    manager.socket.set_read_timeout(Some(limit)).unwrap();
    while manager.socket.recv(&mut [0; 64]).is_ok() {}
    daemon.signal("CONT");
    assert_eq!(manager.next(), "WATCHDOG=1\n");
    daemon.signal("TERM");
    assert!(manager.news().starts_with("STOPPING=1\n"));
    daemon.wait().success();
}

#[test]
fn a_watchdog_that_is_another_processs_is_left_to_it() {
    let test = Test::new().sample().subscribers(1);
    let (manager, daemon) = Manager::start(&test, NOW, &Watched::Stranger(Duration::from_millis(300)));
    assert!(manager.next().starts_with("READY=1\n"));
    // Longer than the interval of pings.
    std::thread::sleep(Duration::from_millis(600));
    daemon.signal("TERM");
    let next = manager.next();
    assert!(next.starts_with("STOPPING=1\n"), "{next}");
    daemon.wait().success();
}

#[test]
fn a_reload_is_begun_and_ended_and_a_bad_configuration_changes_nothing() {
    let test = Test::new().sample().subscribers(1);
    let good = test.read("config.toml");
    let (manager, daemon) = Manager::start(&test, NOW, &Watched::Daemon(Duration::from_secs(1)));
    assert!(manager.news().starts_with("READY=1\n"));
    let (first, state) = manager.reload(&daemon);
    assert!(state.starts_with("READY=1\nSTATUS=running"), "{state}");
    // Written beside it and renamed, so that the daemon never reads a partial file.
    test.write("next.toml", &format!("{good}\n[stor]\nurl = \"x\"\n"));
    std::fs::rename(test.path("next.toml"), test.path("config.toml")).unwrap();
    let (second, state) = manager.reload(&daemon);
    assert!(second > first, "the time of the reload, not a constant");
    assert!(state.starts_with("READY=1\nSTATUS=config.toml has mistakes"), "{state}");
    test.write("next.toml", &good);
    std::fs::rename(test.path("next.toml"), test.path("config.toml")).unwrap();
    let (_, state) = manager.reload(&daemon);
    assert!(state.starts_with("READY=1\nSTATUS=running"), "{state}");
    daemon.signal("TERM");
    let told = daemon.wait().success().stderr;
    assert!(told.contains("the old one stays") && told.contains("stor"), "{told}");
}

#[test]
fn a_hangup_from_the_first_moment_on_ends_nothing() {
    for _ in 0..5 {
        let address = crate::archive::free();
        let test = Test::new().sample().subscribers(1).config(&format!("[web]\nlisten = \"{address}\""));
        let (manager, daemon) = Manager::start(&test, NOW, &Watched::Nobody);
        let begun = Instant::now();
        // Once it listens, a reload may be requested at once.
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(40), "nobody listens");
        }
        daemon.signal("HUP");
        assert!(manager.next().starts_with("READY=1\n"), "ready, in spite of it");
        assert!(manager.next().starts_with("RELOADING=1\n"), "and the reload was heard");
        daemon.signal("TERM");
        daemon.wait().success();
    }
}

#[test]
fn who_cannot_start_is_never_ready() {
    let test = Test::new().sample().config("[web]\nlisten = \"nowhere\"");
    let (manager, daemon) = Manager::start(&test, NOW, &Watched::Daemon(Duration::from_millis(100)));
    assert_ne!(daemon.wait().code, Some(0));
    manager.socket.set_nonblocking(true).unwrap();
    assert!(manager.socket.recv(&mut [0; 64]).is_err(), "it said something to the manager");
}

#[test]
fn it_says_that_it_ends_before_the_message_in_flight_is_through() {
    let server = Server::start([Rule::at(At::Dot, Act::Hold).skip(2).times(1)]);
    let test = Test::new()
        .sample()
        .smtp(&server.address())
        .subscribers(5)
        .config("[serve]\nshutdown_grace = \"70s\"")
        .approved();
    let (manager, mut daemon) = Manager::start(&test, "2026-11-25T05:59:58Z", &Watched::Nobody);
    assert!(manager.next().starts_with("READY=1\n"));
    server.await_held(1);
    daemon.signal("TERM");
    let ends = manager.next();
    assert!(ends.starts_with("STOPPING=1\n") && ends.contains("\nEXTEND_TIMEOUT_USEC=75000000\n"), "{ends}");
    assert!(!daemon.has_ended(), "the relay has not answered yet");
    server.release();
    daemon.wait().success();
    assert_eq!(test.status()["uncertain"], 0, "{}", test.status());
}
