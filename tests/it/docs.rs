//! The documentation: every internal link resolves, and the README names every page.

use std::path::{Path, PathBuf};

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|page| root.join(page)).to_vec();
    for folder in ["docs", "docs/decisions"] {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    found.sort();
    found
}

/// The targets of `[words](target)` outside code.
fn links(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let prose = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced && !line.starts_with("    ")
    });
    prose.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next())).collect()
}

/// A heading's anchor: lower case, spaces as hyphens, no punctuation.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        words
            .chars()
            .filter_map(|c| if c == ' ' { Some('-') } else { (c.is_alphanumeric() || "-_".contains(c)).then_some(c) })
            .collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_within_the_documentation_leads_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let is_there = target.exists();
            let has_anchor = || {
                let Some(anchor) = anchor.filter(|_| target.is_file()) else { return true };
                anchors(&std::fs::read_to_string(&target).unwrap_or_default()).iter().any(|known| known == anchor)
            };
            if !is_there || !has_anchor() {
                dead.push(format!("{}: {link}", page.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere:\n  {}", dead.join("\n  "));
}

#[test]
fn the_readme_leads_to_every_page() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let missing: Vec<String> = pages()
        .iter()
        .filter(|page| page.parent().is_some_and(|folder| folder.ends_with("docs")))
        .map(|page| format!("docs/{}", page.file_name().unwrap().to_string_lossy()))
        .filter(|page| !readme.contains(&format!("({page})")))
        .collect();
    assert!(missing.is_empty(), "README.md does not lead to {missing:?}");
}

/// A wrapper for `digest` that stops a long-running command once it is ready.
const WRAPPER: &str = r#"#!/bin/sh
for word; do shift; [ "$word" = --open ] || set -- "$@" "$word"; done
for word; do case $word in preview|serve)
    : >"$HOME/running"
    "$DIGEST" --now "$NOW" "$@" >"$HOME/running" 2>&1 & pid=$!
    until grep -q 'http://\|running' "$HOME/running"; do
        kill -0 $pid || { cat "$HOME/running" >&2; exit 1; }
        sleep 0.05
    done
    kill -TERM $pid; wait $pid || [ $? = 143 ]; exit ;;
doctor)
    # It finds much to say about a new publication, and asks no nameserver but one that is not there.
    "$DIGEST" --now "$NOW" "$@" --nameserver 127.0.0.1:9; [ $? -le 1 ]; exit ;;
esac; done
exec "$DIGEST" --now "$NOW" "$@"
"#;

/// The page as a shell script: each fenced `sh` block is run, and each other block that is announced by a file's name in backquotes
/// and a colon, or "Save this as", is written to that file.
fn script(text: &str) -> String {
    let mut script = String::from("set -e\n");
    let mut before = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if !line.trim().is_empty() {
                before = line;
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let file = before.ends_with(':').then(|| before.split('`').nth(1)).flatten();
        match (language, file) {
            ("sh", _) => script.push_str(&format!("{}\n", block.join("\n"))),
            (_, Some(file)) if file.contains('.') && !file.contains(' ') => {
                script.push_str(&format!("cat > {file} <<'END_OF_FILE'\n{}\nEND_OF_FILE\n", block.join("\n")));
            }
            _ => {}
        }
    }
    script
}

/// Runs the `sh` blocks of pages, one page after the other, in one publication; of each page what stands before the heading that is
/// named with it.
#[track_caller]
fn follow(pages: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let wrapper = home.path().join("digest");
    std::fs::write(&wrapper, WRAPPER).unwrap();
    std::fs::set_permissions(&wrapper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = pages.iter().map(|(page, end)| {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let end = text.find(end).filter(|_| !end.is_empty()).unwrap_or(text.len());
        script(&text[..end])
    });
    let text: Vec<String> = text.collect();
    let run = std::process::Command::new("sh")
        .args(["-x", "-c", &text.join("\n")])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("DIGEST", env!("CARGO_BIN_EXE_digest"))
        .env("NOW", "2026-11-24T10:00:00Z")
        .env("PATH", format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap()))
        .output()
        .unwrap();
    let [out, err] = [&run.stdout, &run.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(run.status.success(), "{pages:?}: {}\n{out}\n{err}", run.status);
}

#[test]
fn every_command_of_the_readme_works_in_a_new_publication() {
    follow(&[("README.md", "")]);
}

#[test]
fn every_command_of_the_editors_guide_works_in_a_new_publication() {
    follow(&[("docs/start.md", "## 5. "), ("docs/editors-guide.md", "## After the send")]);
}

#[test]
fn every_command_of_the_other_guides_works_in_a_new_publication() {
    follow(&[("docs/start.md", ""), ("docs/operators-guide.md", "")]);
}

/// The output of `digest COMMAND -h`, without the options that every command has.
fn help(command: &[&str]) -> String {
    let out = super::house::digest().args(command).arg("-h").env("COLUMNS", "100").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    if command.is_empty() { text } else { text.split("\nGlobal options:").next().unwrap().trim_end().to_owned() + "\n" }
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<&str> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

/// docs/commands.md as generated from the binary.
fn reference() -> String {
    let all = help(&[]);
    let mut page = format!(
        "# Commands\n\nEvery command with its arguments and options, as `digest help COMMAND` prints them. A test keeps this page current:\n\
         `DIGEST_NEW_DOCS=1 cargo test --test it docs::` writes it anew.\n\n```text\n{all}```\n"
    );
    let mut section = |command: &[&str]| {
        let text = help(command);
        page.push_str(&format!("\n## digest {}\n\n```text\n{text}```\n", command.join(" ")));
        text
    };
    for command in commands(&all) {
        let text = section(&[command]);
        for inner in commands(&text) {
            section(&[command, inner]);
        }
    }
    page
}

#[test]
fn the_reference_of_commands_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let current = reference();
    if std::env::var_os("DIGEST_NEW_DOCS").is_some() {
        std::fs::write(&file, &current).unwrap();
    }
    let page = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = page.lines().zip(current.lines()).find(|(old, new)| old != new);
    assert!(
        page == current,
        "docs/commands.md is out of date: DIGEST_NEW_DOCS=1 writes it; first difference: {differs:?}"
    );
}

/// The keys of an object, and of the objects and arrays in it, except where the keys are names of subscribers' fields.
fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                found.insert(key.clone());
                if key != "fields" {
                    keys(inner, found);
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|inner| keys(inner, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_json_that_scripts_rely_on_is_in_the_reference() {
    let test = super::house::Test::new().sample().subscribers(3).approved();
    test.run(super::send::SEND).success();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let reference =
        ["json.md", "report.md", "formats.md"].map(|page| std::fs::read_to_string(root.join(page)).unwrap()).join("\n");
    let mut missing = Vec::new();
    for command in [
        "news list --format json",
        "guides list --format json",
        "compose midweek --date 2026-12-02 --format json",
        "check --format json 2026-11-25-midweek",
        "status 2026-11-25-midweek --format json",
        "report 2026-11-25-midweek --format json",
        "archive list --format json",
    ] {
        let mut found = std::collections::BTreeSet::new();
        keys(&test.run(command).code_in(&[0, 1]).json(), &mut found);
        assert!(!found.is_empty(), "{command} prints no object");
        let unknown = found
            .iter()
            .filter(|key| !reference.contains(&format!("\"{key}\"")) && !reference.contains(&format!("`{key}`")));
        missing.extend(unknown.map(|key| format!("{command}: {key}")));
    }
    assert!(missing.is_empty(), "docs/json.md lacks:\n  {}", missing.join("\n  "));
}
