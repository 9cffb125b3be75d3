//! Keeps ARCHITECTURE.md true by reading the source text: which room may use which, which outside crate belongs to which
//! room, and how long a file may grow. It reads text, not types, so a re-export can fool it; a reviewer still looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::house;

/// Which room may use which. Every room may use `model` and `text`.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    // Only lists the rooms.
    ("lib", &[]),
    ("cli", &["config", "pipeline", "web"]),
    ("schedule", &[]),
    (
        "pipeline",
        &[
            "sources", "compose", "issues", "render", "check", "mail", "store", "send", "schedule", "config", "web",
            "files", "refusals",
        ],
    ),
    ("send", &["mail", "store", "refusals"]),
    // The types of settings live in the rooms that use them; config only loads them.
    ("config", &["compose", "check", "send", "sources", "mail", "store", "render", "schedule"]),
    ("sources", &["files", "refusals"]),
    ("refusals", &[]),
    ("compose", &[]),
    ("issues", &["files"]),
    ("render", &[]),
    ("check", &[]),
    ("mail", &[]),
    ("store", &[]),
    ("web", &[]),
    ("files", &[]),
    ("text", &[]),
    ("model", &[]),
];

/// An outside crate's (or macro's) owners.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite::", &["store"]),
    ("tokio_postgres::", &["store"]),
    ("tokio_postgres_rustls::", &["store"]),
    ("comrak::", &["check", "render", "text"]),
    ("html5ever::", &["check", "text"]),
    ("toml_edit::", &["check", "config", "issues"]),
    ("lettre::", &["mail"]),
    ("async_imap::", &["mail"]),
    ("clap::", &["cli"]),
    ("handlebars::", &["render"]),
    ("mrml::", &["render"]),
    ("charts_rs::", &["render"]),
    ("icu_calendar::", &["render"]),
    ("icu_datetime::", &["render"]),
    ("icu_decimal::", &["render"]),
    ("icu_list::", &["render"]),
    ("icu_locale::", &["render"]),
    ("icu_plurals::", &["render"]),
    ("fixed_decimal::", &["render"]),
    ("atom_syndication::", &["web"]),
    ("prometheus::", &["web"]),
    ("axum::", &["web"]),
    ("notify::", &["pipeline"]),
    ("hickory_resolver::", &["mail"]),
    ("sd_notify::", &["cli"]),
    ("hyper::", &["sources", "web"]),
    ("mail_parser::", &["sources"]),
    ("quick_xml::", &["sources"]),
    ("regex::", &["compose"]),
    ("serde_saphyr::", &["sources"]),
    ("calamine::", &["sources"]),
    ("zip::", &["sources"]),
    ("rustix::", &["pipeline"]),
    ("tokio_rustls::", &["sources", "mail", "store"]),
    ("println!", &["cli", "main"]),
    ("eprintln!", &["cli", "main"]),
];

/// The longest that a file may be, in lines.
const LENGTHS: &[(&str, usize)] = &[("main.rs", 40), ("lib.rs", 30)];
const LENGTH: usize = 400;

/// Retired words, each with its replacement in docs/glossary.md. No name and no comment may use them.
const RETIRED: &[(&str, &str)] = &[
    ("courier", "worker"),
    ("parcel", "message"),
    ("secretary", "letter writer"),
    ("reception", "sign-up queue"),
    ("dotted", "in flight"),
    ("rhythm", "scheduler"),
    ("reign", "lease"),
    ("tellings", "items of a story"),
    ("Desk", "service"),
    ("Lane", "domain group"),
    ("lane", "domain group"),
    ("lanes", "domain groups"),
    ("Twin", "duplicate"),
];

#[test]
fn every_arrow_between_rooms_is_on_the_map() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == file.room) else {
            wrong.push(format!(
                "{}: the room `{}` is not on the map; give it a line in ARCHITECTURE.md and in tests/it/house_rules.rs",
                file.name, file.room
            ));
            continue;
        };
        for (line, used) in rooms_used(&file) {
            let is_everyones = used == "model" || used == "text" && file.room != "model";
            if used != file.room && !is_everyones && !allowed.contains(&used.as_str()) {
                wrong.push(format!(
                    "{}:{line}: `{}` must not use `{used}` (it may use: {}). ARCHITECTURE.md shows which way data flows; \
                     perhaps the function belongs in pipeline, or its argument should be a noun of model",
                    file.name,
                    file.room,
                    [&["model", "text"], *allowed].concat().join(", "),
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not on the map:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_outside_crate_has_one_owner() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (number, line) in file.code.lines().enumerate() {
            for (word, owners) in OWNERS {
                if has_word(line, word) && !owners.contains(&file.room.as_str()) {
                    wrong.push(format!(
                        "{}:{}: `{word}` belongs to {} alone; see \"owners\" in ARCHITECTURE.md",
                        file.name,
                        number + 1,
                        owners.join(" and "),
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "crates away from home:\n  {}", wrong.join("\n  "));
}

#[test]
fn files_stay_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for file in sources() {
        let most = LENGTHS.iter().find(|(name, _)| file.name == *name).map_or(LENGTH, |(_, most)| *most);
        let lines = file.whole.lines().count();
        if lines > most {
            wrong.push(format!("src/{}: {lines} lines, at most {most}: it wants to be two", file.name));
        }
        if !file.whole.starts_with("//! ") && file.name != "main.rs" {
            wrong.push(format!("src/{}: line 1 must say what the file is for (`//! …`)", file.name));
        }
    }
    assert!(wrong.is_empty(), "see CONTRIBUTING.md:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_two_files_of_a_room_need_each_other() {
    let files = sources();
    let modules: BTreeSet<String> = files.iter().map(Source::module).collect();
    let uses: BTreeMap<String, BTreeSet<String>> =
        files.iter().map(|file| (file.module(), modules_used(file, &modules))).collect();
    let circles: Vec<String> = uses
        .keys()
        .filter_map(|start| {
            let reached = reachable(start, &uses);
            // Each cycle once, by its first file.
            let circle: Vec<&str> =
                reached.iter().filter(|other| reachable(other, &uses).contains(start)).map(String::as_str).collect();
            (circle.len() > 1 && circle[0] == start).then(|| circle.join(", "))
        })
        .collect();
    assert!(
        circles.is_empty(),
        "files that need each other; a third file wants what they share:\n  {}",
        circles.join("\n  ")
    );
}

#[test]
fn the_source_keeps_to_the_glossary() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (number, line) in file.whole.lines().enumerate() {
            for (word, instead) in RETIRED {
                if is_said(line, word) {
                    wrong.push(format!("src/{}:{}: `{word}` is retired; say {instead}", file.name, number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "see docs/glossary.md:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_rules_notice_what_they_should() {
    let rooms = |name: &str, code: &str| -> Vec<String> {
        let file = Source::new(name, code);
        rooms_used(&file).into_iter().map(|(_, room)| room).collect()
    };
    assert_eq!(
        rooms("send/mod.rs", "use crate::{\n    mail::{Smtp, Folder},\n    store::Ledger,\n};"),
        ["mail", "store"]
    );
    assert_eq!(rooms("send/mod.rs", "// use crate::web::Page;\nlet x = crate::config::load();"), ["config"]);
    assert_eq!(rooms("issues.rs", "use super::store::Ledger;"), ["store"]);
    assert_eq!(rooms("send/retry.rs", "use super::pace::Pace;\nuse super::super::web::Page;"), ["web"]);
    assert_eq!(rooms("main.rs", "digest::cli::main()"), ["cli"]);
    assert_eq!(rooms("mail/mod.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n use crate::store;\n}"), [""; 0]);
    assert!(has_word("  println!(\"x\")", "println!") && !has_word("  eprintln!(\"x\")", "println!"));
    assert!(!has_word("use my_lettre::x", "lettre::"));
    assert!(is_said("/// The courier's own.", "courier") && !is_said("couriers", "courier"));
    assert!(is_said("struct Desk;", "Desk") && !is_said("struct DeskLamp;", "Desk") && !is_said("desk", "Desk"));
    let modules = ["send", "send::a", "send::a::b", "send::c"].map(str::to_owned).into();
    let used = |name: &str, code: &str| modules_used(&Source::new(name, code), &modules);
    assert_eq!(used("send/a/b.rs", "use super::super::c::C;\nuse crate::send::a::A;"), ["send::c".to_owned()].into());
    assert_eq!(used("send/c.rs", "use super::{a::b::B, Run};"), ["send::a".to_owned()].into());
}

struct Source {
    /// The path below src/, with slashes.
    name: String,
    room: String,
    /// How many modules deep the file's own module is below the crate.
    depth: usize,
    whole: String,
    /// Without comment lines and inline tests; the same line numbers.
    code: String,
}

impl Source {
    /// The module's path below the crate.
    fn module(&self) -> String {
        self.name.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
    }

    fn new(name: &str, whole: &str) -> Self {
        let parts: Vec<&str> = name.trim_end_matches(".rs").split('/').collect();
        let comment = |line: &str| line.trim_start().starts_with("//");
        let code: Vec<&str> = whole.lines().map(|line| if comment(line) { "" } else { line }).collect();
        let code = code.join("\n");
        let code = match code.find("#[cfg(test)]\nmod ") {
            Some(at) if code[at..].lines().nth(1).is_some_and(|line| line.ends_with('{')) => code[..at].to_owned(),
            _ => code,
        };
        Self {
            name: name.into(),
            room: parts[0].into(),
            depth: parts.len() - usize::from(parts.last() == Some(&"mod")),
            whole: whole.into(),
            code,
        }
    }
}

/// The modules that a file names, except its parents and children: a folder and its files count as one.
fn modules_used(file: &Source, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let own = file.module();
    let path: Vec<&str> = own.split("::").collect();
    let mut found = BTreeSet::new();
    for up in 0..=path.len() {
        let (root, base) = match up {
            0 => ("crate::".to_owned(), &path[..0]),
            up => ("super::".repeat(up), &path[..path.len() - up]),
        };
        for (at, _) in file.code.match_indices(&root) {
            if file.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let rest = &file.code[at + root.len()..];
            for head in heads(rest) {
                let mut named = [base, &[head.as_str()]].concat().join("::");
                // `crate::room::file`: the room alone says nothing.
                let next = rest.strip_prefix(&format!("{head}::")).map(heads).unwrap_or_default();
                for deeper in next.iter().take(usize::from(up == 0)) {
                    named = format!("{named}::{deeper}");
                }
                if modules.contains(&named) && !own.starts_with(&named) && !named.starts_with(&own) {
                    found.insert(named);
                }
            }
        }
    }
    found
}

/// Everything that a module needs, including itself if it is in a cycle.
fn reachable(start: &str, uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start.to_owned()];
    while let Some(module) = next.pop() {
        for used in uses.get(&module).into_iter().flatten() {
            if reached.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    reached
}

/// Whether a line contains the whole word, also as a part of a `snake_case` name.
fn is_said(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric();
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(inside) && !line[at + word.len()..].starts_with(inside))
}

/// The files under src/, except unit tests.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = Vec::new();
    house::find(&root, "rs", &mut files);
    files.sort();
    let name = |file: &PathBuf| file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let is_test =
        |name: &String| name.ends_with("/tests.rs") || name.contains("/tests/") || name.ends_with("_tests.rs");
    files
        .iter()
        .map(|file| (name(file), file))
        .filter(|(name, _)| !is_test(name))
        .map(|(name, file)| Source::new(&name, &fs::read_to_string(file).unwrap()))
        .collect()
}

/// The rooms that a file names, with the line of each.
fn rooms_used(file: &Source) -> Vec<(usize, String)> {
    let supers = "super::".repeat(file.depth);
    let roots = ["crate::", supers.as_str(), "digest::"];
    let mut found = Vec::new();
    for (root, only_in_main) in roots.iter().zip([false, false, true]) {
        if only_in_main && file.room != "main" {
            continue;
        }
        for (at, _) in file.code.match_indices(root) {
            if file.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let line = file.code[..at].lines().count().max(1);
            for room in heads(&file.code[at + root.len()..]) {
                // A capital or a further `super` is not a room.
                if room != "super" && room != "self" && room.starts_with(|c: char| c.is_ascii_lowercase()) {
                    found.push((line, room));
                }
            }
        }
    }
    found
}

/// The first names of a path's rest: `store::Ledger` gives store; `{mail::{A, B}, store}` gives mail and store.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut depth = 0;
    let mut heads = Vec::new();
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(word(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn has_word(line: &str, word: &str) -> bool {
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| starts(at))
}
