//! `digest doctor` against the test's own nameserver on loopback: it says what is wrong, how to fix it, and sends nothing.

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::Test;
use crate::smtp::Server;

/// A nameserver that knows these TXT, MX, A and PTR records, and nothing else (RFC 1035 §4). Lives as long as the process.
fn nameserver(records: Vec<(&str, u16, Vec<u8>)>) -> String {
    let records: Vec<(String, u16, Vec<u8>)> = records.into_iter().map(|(n, k, d)| (n.to_owned(), k, d)).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let question = &buffer[..length];
            let (mut name, mut at) = (String::new(), 12);
            while question[at] != 0 {
                let label = &question[at + 1..=at + usize::from(question[at])];
                name += &format!("{}.", String::from_utf8_lossy(label).to_lowercase());
                at += 1 + label.len();
            }
            let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
            let name = name.trim_end_matches('.');
            let found: Vec<_> = records.iter().filter(|(n, k, _)| n == name && *k == kind).collect();
            let code = if records.iter().any(|(n, ..)| n == name) { 0 } else { 3 };
            let count = u8::try_from(found.len()).unwrap();
            let mut answer = vec![question[0], question[1], 0x85, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0];
            answer.extend(&question[12..at + 5]);
            for (_, _, data) in found {
                answer.extend([0xC0, 12]);
                answer.extend(kind.to_be_bytes());
                answer.extend([0, 1, 0, 0, 0, 60]);
                answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                answer.extend(data);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

const A: u16 = 1;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;

fn txt(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(200)
        .flat_map(|part| [vec![u8::try_from(part.len()).unwrap()], part.to_vec()].concat())
        .collect()
}

fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').flat_map(|l| [vec![u8::try_from(l.len()).unwrap()], l.as_bytes().to_vec()].concat());
    labels.chain([0]).collect()
}

/// The health of each subject, as `about=health`, sorted; good ones are left out.
fn ills(found: &Value) -> Vec<String> {
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut ills: Vec<String> = found
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["health"] != "good")
        .map(|d| format!("{}={}", word(d, "about"), word(d, "health")))
        .collect();
    ills.sort();
    ills
}

/// A publication that signs with a fresh Ed25519 key. Returns the public half as a record has it, too.
fn signed(server: &Server) -> Option<(Test, String)> {
    let (host, port) = server.address().rsplit_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).unwrap();
    let test = Test::new().sample().subscribers(1).config(&format!(
        "[delivery]\ntransport = \"smtp\"\n[delivery.smtp]\nhost = \"{host}\"\nport = {port}\ntls = \"none\"\nhello = \"mx.gazette.example\"\n\
         [delivery.dkim]\nkeys = [{{ selector = \"a\", file = \"secrets/dkim.pem\" }}]\n[bounces]\ndomain = \"b.gazette.example\"\n\
         [editors]\nnotify = [\"ann@gazette.example\"]"
    ));
    std::fs::create_dir_all(test.path("secrets")).unwrap();
    let openssl = |args: &[&str]| Command::new("openssl").args(args).current_dir(test.path("")).output();
    let Ok(made) = openssl(&["genpkey", "-algorithm", "ed25519", "-out", "secrets/dkim.pem"]) else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    assert!(made.status.success());
    let der = openssl(&["pkey", "-in", "secrets/dkim.pem", "-pubout", "-outform", "DER"]).unwrap().stdout;
    let key = data_encoding::BASE64.encode(&der[der.len() - 32..]);
    for file in ["secrets/dkim.pem", "data/digest.db"] {
        std::fs::set_permissions(test.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    Some((test, key))
}

#[test]
fn a_healthy_publication_is_told_so_and_nothing_is_sent() {
    let server = Server::start([]);
    let Some((test, key)) = signed(&server) else { return };
    let dns = nameserver(vec![
        ("b.gazette.example", TXT, txt("v=spf1 ip4:192.0.2.7 -all")),
        ("b.gazette.example", MX, [vec![0, 10], name("mx.gazette.example")].concat()),
        ("a._domainkey.gazette.example", TXT, txt(&format!("v=DKIM1; k=ed25519; p={key}"))),
        ("_dmarc.gazette.example", TXT, txt("v=DMARC1; p=reject")),
        ("mx.gazette.example", A, vec![192, 0, 2, 7]),
        ("7.2.0.192.in-addr.arpa", PTR, name("mx.gazette.example")),
    ]);
    let ran = test.run(&format!("doctor --format json --nameserver {dns}")).success();
    // The only warning is about the test publication's reserved domain.
    assert_eq!(ills(&ran.json()), ["config=warning"], "{}", ran.stdout);
    assert!(ran.stdout.contains("reserved for examples"), "{}", ran.stdout);
    assert_eq!(server.accepted(), 0);
    assert!(!server.commands().iter().any(|c| c.starts_with("MAIL")), "not even begun: {:?}", server.commands());
}

#[test]
fn each_ill_is_named_with_its_remedy() {
    let server = Server::start([]);
    let Some((test, _)) = signed(&server) else { return };
    std::fs::set_permissions(test.path("secrets/dkim.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::set_permissions(test.path("data/digest.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let dns = nameserver(vec![
        ("a._domainkey.gazette.example", TXT, txt("v=DKIM1; k=ed25519; p=AAAA")),
        ("b.gazette.example", TXT, txt("v=spf1 +all")),
        ("mx.gazette.example", A, vec![192, 0, 2, 7]),
    ]);
    drop(server);
    let ran = test.run(&format!("doctor --format json --nameserver {dns}")).code(1);
    let expected = [
        "bounces=error",
        "dkim=error",
        "dmarc=error",
        "reverse=warning",
        "secrets=warning",
        "spf=error",
        "store=warning",
    ];
    let found = ills(&ran.json());
    for ill in expected {
        assert!(found.iter().any(|f| f == ill), "{ill} is not in {found:?}");
    }
    let told = test.run(&format!("doctor --nameserver {dns}")).code(1);
    told.stdout_has("chmod 600")
        .stdout_has("a._domainkey.gazette.example TXT \"v=DKIM1; k=ed25519; p=")
        .stdout_has("-all");
}

#[test]
fn a_nameserver_that_never_answers_costs_a_few_seconds_and_holds_nothing_else_up() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let test = Test::new().config("[bounces]\ndomain = \"b.gazette.example\"");
    let begun = Instant::now();
    let mut command = test.command(crate::house::NOW);
    let mut doctor =
        command.arg("doctor").arg("--nameserver").arg(silent.local_addr().unwrap().to_string()).spawn().unwrap();
    let lines = BufReader::new(doctor.stdout.take().unwrap()).lines();
    let told: Vec<(Duration, String)> = lines.map(|line| (begun.elapsed(), line.unwrap())).collect();
    let spent = begun.elapsed();
    doctor.wait().unwrap();
    let at = |start: &str| {
        told.iter().find(|(_, line)| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {told:?}")).0
    };
    for about in ["spf", "dmarc", "bounces"] {
        at(&format!("warning  {about}"));
    }
    assert!(spent < Duration::from_secs(12), "{spent:?}");
    assert!(at("good     disk") + Duration::from_secs(2) < at("warning  spf"), "{told:?}");
}

#[test]
fn a_sender_that_is_no_mailbox_is_told_once() {
    for from in ["Gazette news@gazette.example", "gazette.example", ""] {
        let test = Test::new().config(&format!("[publication]\nfrom = \"{from}\""));
        let found = test.run("doctor --format json --nameserver 127.0.0.1:1").code(1).json();
        let about: Vec<&Value> = found.as_array().unwrap().iter().filter(|d| d["about"] == "config").collect();
        assert!(about.len() == 1 && about[0]["health"] == "error", "{from}: {found}");
        assert!(about[0]["what"].as_str().unwrap().contains("`publication.from` must be a mailbox"), "{found}");
        let asked = |name: &str| found.as_array().unwrap().iter().any(|d| d["about"] == name);
        assert!(asked("dns") && !asked("spf") && !asked("dmarc"), "no domain, no question: {found}");
    }
}

#[test]
fn a_configuration_with_mistakes_is_the_first_thing_to_mend() {
    let test = Test::new().file("config.toml", "[publicatoin]\nname = \"x\"\n");
    test.run("doctor").code(1).stdout_has("unknown key").stdout_has("publication");
}

#[test]
fn a_letter_with_a_mistake_is_found_before_it_is_due() {
    let test = Test::new().sample();
    test.write("templates/letter/confirm/body.txt.hbs", "Welcome\n\n{{conferm.link}}\n");
    let found = test.run("doctor").code(1).stdout;
    assert!(found.contains("letter/confirm/body.txt.hbs:3"), "{found}");
}

#[test]
fn the_public_pages_are_asked_whether_they_are_ours() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ours = format!("http://127.0.0.1:{port}");
    let test = Test::new().sample().config(&format!(
        "[web]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{ours}\"\n[fetch]\nprivate_hosts = [\"127.0.0.1\", \"localhost\"]"
    ));
    let told = |url: &str| {
        let mut command = test.command(crate::house::NOW);
        command.env("DIGEST_WEB__PUBLIC_URL", url);
        command.args(["doctor", "--online", "--format", "json", "--nameserver", "127.0.0.1:1"]);
        let found: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let pages = found.as_array().unwrap().iter().find(|one| one["about"] == "pages").unwrap().clone();
        format!("{}: {}", pages["health"].as_str().unwrap(), pages["what"].as_str().unwrap())
    };
    assert!(told(&ours).starts_with("error: the public pages do not answer at"), "nobody listens yet");
    let _serve = crate::pages::Serve::start(&test);
    assert_eq!(told(&ours), format!("good: the public pages answer at {ours}"));
    // Another site's feed names another address.
    let other = told(&format!("http://localhost:{port}"));
    assert!(other.starts_with("error: ") && other.contains("is not from this publication"), "{other}");
}
