//! The content folder as it is found.

use std::fs;

use super::*;

#[test]
fn missing_folders_are_empty() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(load(&dir.path().join("none")).unwrap(), Content::default());
}

#[test]
fn files_are_read_in_name_order_and_all_errors_told() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let item =
        |id: &str| format!("{{\"id\":\"{id}\",\"title\":\"T\",\"source\":\"S\",\"published\":\"2026-11-20\"}}\n");
    put("news/b.jsonl", &item("b"));
    put("news/a.jsonl", &(item("a") + &item("a")));
    put("news/.a.jsonl.swp", "junk");
    put("news/notes.txt", "junk");
    put("guides/g.md", "+++\ntitle = \"G\"\nlevel = \"beginner\"\n+++\n");
    let content = load(dir.path()).unwrap();
    assert_eq!(content.items.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let notices: String = content.notices.iter().map(ToString::to_string).collect();
    assert!(
        content.notices.len() == 2 && notices.contains("notes.txt") && notices.contains("`a` appears twice"),
        "{notices}"
    );
    put("guides/h.md", "+++\ntitle = \"H\"\nslug = \"g\"\nlevel = \"beginner\"\n+++\n");
    put("news/c.jsonl", "{}\n");
    let error = load(dir.path()).unwrap_err().to_string();
    for words in ["c.jsonl:1: `title` is required", "`source` is required", "the slug `g` is already that of"] {
        assert!(error.contains(words), "{error}");
    }
}
