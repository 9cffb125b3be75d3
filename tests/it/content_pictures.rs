//! Pictures of content/pictures/ over HTTP: each with its type, and no other file of the publication by any name.

use crate::house::{ISSUE, Test};
use crate::pages::{Serve, publication};
use crate::send::SEND;

/// The bytes do not matter: a picture's type comes from its name.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

/// A publication with a picture, and other files beside it.
fn with_pictures() -> Test {
    let test = publication();
    for (name, bytes) in [
        ("content/pictures/ship.png", PNG),
        ("content/pictures/page.html", &b"<script>alert(1)</script>"[..]),
        ("content/pictures/drawing.svg", &b"<svg onload='alert(1)'/>"[..]),
        ("content/pictures/.hidden.png", PNG),
        ("content/secret.png", PNG),
        ("content/pictures/folder.png/inner.png", PNG),
        ("content/pictures/large.png", &vec![0; (4 << 20) + 1]),
    ] {
        let path = test.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::os::unix::fs::symlink("../secret.png", test.path("content/pictures/link.png")).unwrap();
    test
}

#[test]
fn a_picture_is_served_with_its_type_and_nothing_else_is() {
    let test = with_pictures();
    let serve = Serve::start(&test);
    let ask = |method: &str, path: &str| {
        // The bytes of a picture are not text: only the head is read.
        serve.ask(&format!("{method} {path} HTTP/1.1\r\nHost: x\r\n"), "")
    };
    let found = ask("HEAD", "/pictures/ship.png");
    assert_eq!((found.status, found.header("content-type")), (200, "image/png"));
    assert_eq!(found.header("x-content-type-options"), "nosniff");
    assert!(found.header("content-security-policy").contains("sandbox"), "{}", found.head);
    assert_eq!(found.header("content-length"), PNG.len().to_string());
    for path in [
        "/pictures/none.png",
        "/pictures/page.html",
        "/pictures/drawing.svg",
        "/pictures/.hidden.png",
        "/pictures/link.png",
        "/pictures/folder.png",
        "/pictures/folder.png/inner.png",
        "/pictures/folder.png%2Finner.png",
        "/pictures/large.png",
        "/pictures/../secret.png",
        "/pictures/..%2Fsecret.png",
        "/pictures/%2e%2e%2fsecret.png",
        "/pictures/..%5Csecret.png",
        "/pictures/..%2F..%2Fconfig.toml",
        "/pictures/%2Fetc%2Fpasswd",
        "/pictures/ship.png%00.png",
        "/pictures/ship.png%0d%0aX:%20y",
        "/pictures/",
        "/pictures",
    ] {
        let answer = ask("GET", path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.head);
        assert!(answer.header("content-type").starts_with("text/html"), "{path}: {}", answer.head);
    }
    assert_eq!(ask("POST", "/pictures/ship.png").status, 405);
}

#[test]
fn a_storys_picture_goes_from_the_draft_into_the_mail_and_must_be_there() {
    let test = with_pictures().composed();
    let line = |file: &str| {
        format!("picture = {{ file = \"{file}\", width = 400, height = 225, alt = \"A ship\" }}\nnote = \"\"")
    };
    let path = format!("issues/{ISSUE}/issue.toml");
    let draft = test.read(&path);
    test.write(&path, &draft.replacen("note = \"\"", &line("gone.png"), 1));
    test.run(&format!("render {ISSUE}")).code(1).stderr_has("there is no picture content/pictures/gone.png");
    test.write(&path, &draft.replacen("note = \"\"", &line("../secret.png"), 1));
    test.run(&format!("render {ISSUE}")).code(1).stderr_has("news 1 picture: `file` must be the name");
    test.write(&path, &draft.replacen("note = \"\"", &line("ship.png").replace("width = 400, ", ""), 1));
    test.run(&format!("render {ISSUE}")).code(1).stderr_has("news 1 picture: `width` and `alt` must be there");
    test.write(&path, &draft.replacen("note = \"\"", &line("ship.png"), 1));
    test.run("compose midweek --date 2026-11-25").success();
    assert!(test.read(&path).contains("alt = \"A ship\""), "composing again keeps it: {}", test.read(&path));
    test.run(&format!("check {ISSUE}")).success();
    let test = test.subscribers(1);
    test.run(&format!("approve {ISSUE} --by Ann")).success();
    test.run(SEND).success();
    let html = test.outbox()[0].html();
    assert!(
        html.contains("<img src=\"https://gazette.example/pictures/ship.png\" alt=\"A ship\" width=\"400\""),
        "{html}"
    );
}
