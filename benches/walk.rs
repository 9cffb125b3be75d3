//! How long the walk of an issue takes: each command from a cold start, and the parts that run once or per subscriber.
//! `cargo bench --bench walk` prints medians, and ratios to the start of an empty process in the same run.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64;
use digest::mail::{CompiledIssue, DkimKeyFile, DkimSettings};
use digest::model::{Address, Delivery, Frozen};
use digest::pipeline::{self, Site};

const DIGEST: &str = env!("CARGO_BIN_EXE_digest");
const RUNS: usize = 41;

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("demo");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(pipeline::demo(&root)).expect("the demo");
    // Without the ledger the draft may be composed again.
    std::fs::remove_dir_all(root.join("data")).expect("the store");

    let nothing = median(RUNS, || spawn(Path::new("/bin/true"), &root, &[]));
    let print = |what: &str, time: Duration| {
        let ratio = time.as_secs_f64() / nothing.as_secs_f64();
        println!("{what:<44} {:>9.2} ms {ratio:>8.1} x an empty process", time.as_secs_f64() * 1e3);
    };
    print("start an empty process", nothing);
    let digest = |args: &[&str]| median(RUNS, || spawn(Path::new(DIGEST), &root, args));
    print("digest --version", digest(&["--version"]));
    let now = "2024-08-04T05:00:00Z";
    let compose = digest(&["--now", now, "compose", "sunday", "--date", "2024-08-04"]);
    print("digest compose sunday (the sample)", compose);
    let check = digest(&["--now", now, "check", "2024-08-04-sunday"]);
    print("digest check (render and check)", check);
    print("compose + render + check, both cold", compose + check);

    let site = Site::open(&root, Path::new("config.toml"), now.parse().expect("a time")).expect("a site");
    let name = "2024-08-04-sunday".parse().expect("a name");
    print(
        "render + check in one process, warm",
        median(RUNS, || drop(site.drafts().rendering(&name).expect("an issue"))),
    );
    copies(&site, &name);
    let bytes = std::fs::metadata(DIGEST).expect("the binary").len();
    println!("{:<44} {:>9.1} MB", "size of the binary", bytes as f64 / 1e6);
}

/// The cost of one subscriber's copy: headers, shared runs and slots spliced.
fn copies(site: &Site, name: &digest::model::IssueName) {
    let rendered = site.drafts().rendering(name).expect("an issue").rendered;
    let compiled = || {
        let frozen = Frozen { letterhead: site.config.letterhead(), rendered: rendered.clone() };
        CompiledIssue::new(frozen, name.clone()).expect("a compiled")
    };
    let delivery = Delivery {
        number: 1,
        email: Address::parse("ann@example.org").expect("an address"),
        name: "Ann Åberg".into(),
        seed: "0".repeat(32),
        fields: std::collections::BTreeMap::new(),
        dated: site.now(),
        attempts: 0,
    };
    let print = |what: &str, compiled: &CompiledIssue, many: u32| {
        let time = median(9, || (0..many).for_each(|_| drop(std::hint::black_box(compiled.message(&delivery)))));
        let each = time.as_secs_f64() / f64::from(many);
        let size = compiled.message(&delivery).size();
        println!("{what:<44} {:>9.2} µs {:>8.0} a second, {size} bytes each", each * 1e6, 1.0 / each);
    };
    print("one subscriber's copy", &compiled(), 2_000);
    let folder = tempfile::tempdir().expect("a folder");
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let rsa = AsDer::<Pkcs8V1Der>::as_der(&rsa).expect("DER");
    let ed25519 = Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).expect("a key");
    for (what, file, der) in [("RSA-2048", "rsa.pem", rsa.as_ref()), ("Ed25519", "ed25519.pem", ed25519.as_ref())] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der));
        std::fs::write(folder.path().join(file), pem).expect("a file");
        let key = DkimKeyFile { selector: "s".into(), file: file.into() };
        let settings = DkimSettings { domain: String::new(), keys: vec![key] };
        print(
            &format!("the same, signed by {what}"),
            &compiled().signed(&settings, folder.path()).expect("a key"),
            500,
        );
    }
}

fn spawn(program: &Path, root: &Path, args: &[&str]) {
    let status =
        Command::new(program).args(args).current_dir(root).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("a process").success(), "{} {args:?}", program.display());
}

fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}
