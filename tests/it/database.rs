//! A PostgreSQL server for one test, which may crash it and start it again, and a proxy before it that can cut and stall connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long the server may take to start, including recovery after a crash.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server with its own data, on a loopback port.
pub struct Postgres {
    dir: TempDir,
    programs: PathBuf,
    port: u16,
    process: Mutex<Child>,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server; `None` if PostgreSQL is not installed and the tests may skip it.
    pub fn start() -> Option<Self> {
        Self::made(|data| {
            let made = as_nobody(&programs()?.join("initdb"))
                .args([
                    "--username",
                    "digest",
                    "--auth",
                    "trust",
                    "--no-sync",
                    "--encoding",
                    "UTF8",
                    "--locale",
                    "C",
                    "-D",
                ])
                .arg(data)
                .output()
                .unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Some(())
        })
    }

    /// Starts a standby, to which every commit is copied before it is answered.
    pub fn standby(&self) -> Self {
        let standby = Self::made(|data| {
            let made = as_nobody(&self.programs.join("pg_basebackup"))
                .args([
                    "-h",
                    "127.0.0.1",
                    "-U",
                    "digest",
                    "-p",
                    &self.port.to_string(),
                    "--write-recovery-conf",
                    "--no-sync",
                ])
                .args(["--checkpoint", "fast", "--wal-method", "stream", "-D"])
                .arg(data)
                .output()
                .unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Some(())
        });
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        standby.unwrap()
    }

    /// Makes a standby the server.
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t");
        self.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    /// Accepts encrypted connections with this certificate and its key, and no others.
    pub fn encrypt(&self, certificate: &str, key: &str) {
        let data = self.dir.path().join("data");
        std::fs::write(data.join("server.crt"), certificate).unwrap();
        std::fs::write(data.join("server.key"), key).unwrap();
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        assert!(Command::new("chmod").arg("600").arg(data.join("server.key")).status().unwrap().success());
        if is_root() {
            assert!(Command::new("chown").arg("-R").arg("nobody").arg(&data).status().unwrap().success());
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on");
        self.crash();
    }

    /// Starts a server on the data that `fill` makes.
    fn made(fill: impl FnOnce(&Path) -> Option<()>) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("DIGEST_TEST_REQUIRE").is_none(), "PostgreSQL is not installed: run scripts/test");
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        let dir = tempfile::Builder::new().prefix("digest-postgres-").tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if is_root() {
            // The server refuses to run as root.
            assert!(Command::new("chown").arg("-R").arg("nobody").arg(dir.path()).status().unwrap().success());
        }
        fill(&data)?;
        assert!(Command::new("chmod").arg("700").arg(&data).status().unwrap().success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Mutex::new(launch(&programs, &data, port));
        Some(Self { dir, programs, port, process, databases: AtomicU32::new(0) })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates a database; returns its URL, with this port in it.
    pub fn database(&self, port: u16) -> String {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://digest@127.0.0.1:{port}/{name}?sslmode=disable")
    }

    /// Runs a statement, and returns what it prints.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let ran = Command::new(self.programs.join("psql"))
            .args(["-qAt", "-h", "127.0.0.1", "-U", "digest", "-p"])
            .args([&self.port.to_string(), "-d", database, "-c", sql])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{sql}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    }

    /// Ends the server as a crash would (`pg_ctl stop -m immediate` sends SIGQUIT), and starts it again.
    pub fn crash(&self) {
        self.down();
        self.up();
    }

    /// Ends the server as a crash would.
    pub fn down(&self) {
        let mut process = self.process.lock().unwrap();
        Command::new("kill").args(["-s", "QUIT", &process.id().to_string()]).status().unwrap();
        process.wait().unwrap();
    }

    pub fn up(&self) {
        *self.process.lock().unwrap() = launch(&self.programs, &self.dir.path().join("data"), self.port);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.down();
    }
}

/// The folder with the programs of the newest version, where Debian installs them.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path))?;
    Some(newest.join("bin")).filter(|bin| bin.join("postgres").exists())
}

fn is_root() -> bool {
    String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap().trim() == "0"
}

fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]).arg(program);
    command
}

fn launch(programs: &Path, data: &Path, port: u16) -> Child {
    let mut process = as_nobody(&programs.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let is_up = || {
        let port = port.to_string();
        let ready = Command::new(programs.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
        ready.unwrap().success()
    };
    while !is_up() {
        assert!(process.try_wait().unwrap().is_none(), "the server has ended");
        assert!(Instant::now() < deadline, "the server does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

/// A proxy between the client and a port, which can cut connections and hold back bytes.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    target: AtomicU16,
    open: Mutex<Vec<TcpStream>>,
    /// Nothing passes, but connections stay open.
    is_stalled: AtomicBool,
    /// Requests reach the server, but its answers are held back.
    holds_answers: AtomicBool,
    has_ended: AtomicBool,
}

impl Proxy {
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { target: target.into(), ..State::default() });
        let proxy = Self { port, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if state.has_ended.load(Ordering::SeqCst) {
                    return;
                }
                // While the server is down, a new connection is closed at once.
                let target = state.target.load(Ordering::SeqCst);
                let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                for (from, to, answers) in [(&near, &far, false), (&far, &near, true)] {
                    let (from, to, state) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&state));
                    std::thread::spawn(move || forward(from, to, answers, &state));
                }
                state.open.lock().unwrap().extend([near, far]);
            }
        });
        proxy
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Leads new connections to another port, and cuts the open ones.
    pub fn lead_to(&self, target: u16) {
        self.state.target.store(target, Ordering::SeqCst);
        self.cut();
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets nothing pass until [`Proxy::flow`].
    pub fn stall(&self) {
        self.state.is_stalled.store(true, Ordering::SeqCst);
    }

    /// Holds the server's answers back until [`Proxy::flow`].
    pub fn hold_answers(&self) {
        self.state.holds_answers.store(true, Ordering::SeqCst);
    }

    pub fn flow(&self) {
        self.state.is_stalled.store(false, Ordering::SeqCst);
        self.state.holds_answers.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.has_ended.store(true, Ordering::SeqCst);
        self.flow();
        self.cut();
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, answers: bool, state: &State) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        while state.is_stalled.load(Ordering::SeqCst) || (answers && state.holds_answers.load(Ordering::SeqCst)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}
