//! The list of subscribers: imports with consent, people who left, exports, and single addresses.

use crate::house::{Ran, Test};

fn import(test: &Test, csv: &str) -> Ran {
    test.write("in.csv", csv);
    test.run_args(&["subscribers", "import", "in.csv", "--consent", "the form on our site", "--format", "json"])
}

fn status_of(test: &Test, email: &str) -> String {
    let all = test.run("subscribers list --format json").success().json_lines();
    let one = all.iter().find(|r| r["email"] == email).unwrap_or_else(|| panic!("{email} is not listed: {all:?}"));
    one["status"].as_str().unwrap().to_owned()
}

#[test]
fn good_rows_go_in_and_bad_rows_are_listed_with_line_and_reason() {
    let test = Test::new();
    test.write(
        "in.csv",
        "email,name,city\nann@one.example,Ann,Ghent\nnot-an-address,Bob,\nann@ONE.example,Ann again,\na@localhost,C,\ndan@two.example,Dan,Ulm\n",
    );
    let line = ["subscribers", "import", "in.csv", "--consent", "the fair", "--rejects", "bad.csv", "--format", "json"];
    let told = test.run_args(&line).json();
    assert_eq!((&told["added"], &told["rejected"]), (&2.into(), &2.into()), "{told}");
    let rejects = told["rejects"].as_array().unwrap();
    let lines: Vec<u64> = rejects.iter().map(|r| r["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 5], "{told}");
    assert!(rejects.iter().all(|r| !r["reason"].as_str().unwrap().is_empty()));
    let bad = test.read("bad.csv");
    assert!(bad.contains("not-an-address") && bad.contains("a@localhost") && !bad.contains("dan@"), "{bad}");
    // Corrected there, the rows come in whole.
    test.write("bad.csv", &bad.replace("not-an-address", "bob@two.example"));
    test.run("subscribers import bad.csv --consent fair").success();
    let bob = test.run("subscribers show bob@two.example").success().stdout;
    assert!(bob.contains("Bob") && !bob.contains("reason") && !bob.contains("line"), "{bob}");
}

#[test]
fn the_rejects_are_a_file_of_their_own_that_runs_no_formula() {
    let test = Test::new();
    test.write("in.csv", "email,=note\n=HYPERLINK(1),x\nann@one.example,y\n");
    test.run("subscribers import in.csv --consent fair --rejects ./in.csv")
        .code(1)
        .stderr_has("overwrite the list itself");
    assert!(test.read("in.csv").starts_with("email,"), "the list is as it was");
    test.run("subscribers import in.csv --consent fair --rejects no/such/folder.csv")
        .code(1)
        .stderr_has("cannot write");
    assert_eq!(
        test.run("subscribers list --format json").success().json_lines().len(),
        0,
        "told before any row went in"
    );
    test.run("subscribers import in.csv --consent fair --rejects bad.csv").success();
    assert!(test.read("bad.csv").contains("\n2,'=HYPERLINK(1),"), "{}", test.read("bad.csv"));
    assert!(test.run("subscribers export").success().stdout.contains("history,'=note\n"));
}

#[test]
fn more_rejects_than_are_named_stand_in_the_file() {
    let test = Test::new();
    let rows: Vec<String> = (0..1500).map(|n| format!("none{n}\n")).collect();
    test.write("in.csv", &format!("email\n{}", rows.concat()));
    let line = ["subscribers", "import", "in.csv", "--consent", "x", "--rejects", "bad.csv", "--format", "json"];
    let told = test.run_args(&line).code(1).json();
    assert_eq!((&told["rejected"], told["rejects"].as_array().unwrap().len()), (&1500.into(), 1000));
    assert_eq!(test.read("bad.csv").lines().count(), 1501);
}

#[test]
fn an_import_run_again_changes_nothing() {
    let test = Test::new();
    let csv = "email,name\nann@one.example,Ann\nbob@two.example,Bob\n";
    assert_eq!(import(&test, csv).success().json()["added"], 2);
    let again = import(&test, csv).success().json();
    assert_eq!((&again["added"], &again["updated"], &again["unchanged"]), (&0.into(), &0.into(), &2.into()), "{again}");
}

#[test]
fn confirmed_subscribers_need_a_word_on_consent() {
    let test = Test::new().file("in.csv", "email\nann@one.example\n");
    test.run("subscribers import in.csv").code_in(&[1, 2]).stderr_has("--consent");
    assert_eq!(test.run("subscribers list --format json").success().json_lines().len(), 0);
}

#[test]
fn who_left_is_never_brought_back_by_an_import() {
    let test = Test::new().subscribers_csv("email,status\nann@one.example,confirmed\nbob@two.example,bounced\n");
    test.run("subscribers remove ann@one.example").success();
    assert_eq!(status_of(&test, "ann@one.example"), "unsubscribed");
    let told = import(&test, "email,status\nAnn@One.Example,confirmed\nbob@two.example,confirmed\n").success().json();
    assert_eq!(told["kept_unsubscribed"], 2, "{told}");
    assert_eq!(status_of(&test, "ann@one.example"), "unsubscribed");
    assert_eq!(status_of(&test, "bob@two.example"), "bounced");
}

#[test]
fn a_list_is_one_object_a_line() {
    let test = Test::new().subscribers_csv(
        "email,name,editions,city\nann@one.example,Ann,midweek;sunday,Ghent\nbob@bücher.example,Bob,,\n",
    );
    let subscribers = test.run("subscribers list --format json").success().json_lines();
    assert_eq!(subscribers.len(), 2);
    for subscriber in &subscribers {
        for key in ["email", "name", "status", "editions", "created", "fields"] {
            assert!(subscriber.get(key).is_some(), "no `{key}` in {subscriber}");
        }
    }
    let ann = subscribers.iter().find(|r| r["name"] == "Ann").unwrap();
    assert_eq!(ann["editions"], serde_json::json!(["midweek", "sunday"]));
    assert_eq!(ann["fields"]["city"], "Ghent");
    assert_eq!(subscribers.iter().find(|r| r["name"] == "Bob").unwrap()["email"], "bob@xn--bcher-kva.example");
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_disarmed_on_export() {
    let test = Test::new().subscribers_csv("email,name\nann@one.example,=1+cmd|' /C calc'!A0\nbob@two.example,Bob\n");
    let out = test.run("subscribers export").success().stdout;
    assert!(out.contains("'=1+cmd"), "{out}");
    assert!(out.contains("bob@two.example") && !out.contains("'Bob"), "{out}");
}

#[test]
fn an_export_goes_back_in() {
    let test = Test::new().subscribers_csv("email,name,city\nann@one.example,\"Ann, M.\",Ghent\n");
    let out = test.run("subscribers export").success().stdout;
    let other = Test::new();
    assert_eq!(import(&other, &out).success().json()["added"], 1);
    let subscriber = other.run("subscribers list --format json").success().json_lines().remove(0);
    assert_eq!((&subscriber["name"], &subscriber["fields"]["city"]), (&"Ann, M.".into(), &"Ghent".into()));
}

#[test]
fn one_address_is_added_shown_removed() {
    let test = Test::new();
    test.run_args(&["subscribers", "add", "ann@one.example", "--consent", "by telephone"]).success();
    test.run("subscribers show ann@one.example").success().stdout_has("ann@one.example").stdout_has("by telephone");
    test.run("subscribers remove ann@one.example").success();
    test.run("subscribers show ANN@one.example").success().stdout_has("unsubscribed");
    test.run("subscribers show bob@two.example").code(1).stderr_has("bob@two.example");
    test.run("subscribers remove bob@two.example").code(1);
    test.run_args(&["subscribers", "add", "no address", "--consent", "x"]).code_in(&[1, 2]);
}

#[test]
fn control_characters_never_reach_the_list() {
    let test = Test::new();
    let told = import(&test, "email,name\nann@one.example,\"Ann\r\nBcc: all@one.example\"\n").json();
    assert_eq!(told["added"].as_u64().unwrap() + told["rejected"].as_u64().unwrap(), 1, "{told}");
    let listed = test.run("subscribers list --format json").success().stdout;
    assert!(!listed.contains("\\r") && !listed.contains("\\n"), "{listed}");
}

#[test]
fn what_a_file_may_have_wrong_costs_its_own_rows_and_is_told_by_line() {
    let test = Test::new();
    let open =
        format!("h@x.example,\"open\n{}", (0..300).map(|n| format!("i{n}@x.example,I\n")).collect::<Vec<_>>().concat());
    test.write("list.csv", &format!("email,name\nDup@x.example,First\ndup@X.example,Second\n{open}"));
    let told = test.run("subscribers import list.csv --consent fair").success();
    told.stdout_has("301 subscribers added, 1 updated")
        .stdout_has("line 3: dup@x.example is also on line 2")
        .stdout_has("line 4: a quote opens here that is not closed");
    let shown = test.run("subscribers show dup@x.example --format json").success().json();
    assert_eq!(shown["name"], "Second", "the later row adds to the first");
    std::fs::write(
        test.path("wide.csv"),
        "email\na@x.example\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    )
    .unwrap();
    test.run("subscribers import wide.csv --consent fair").success().stdout_has("1 subscriber added");
}

#[test]
fn a_bounce_is_undone_with_a_reason_and_a_wish_is_not() {
    let test = Test::new().subscribers_csv(
        "email,name,status,city,confirmed\nann@one.example,Ann,bounced,Ghent,2024-01-02\nbob@two.example,Bob,unsubscribed,Ulm,\ncid@two.example,Cid,complained,,\n",
    );
    test.run("subscribers show ann@one.example")
        .success()
        .stdout_has("digest subscribers restore ann@one.example --why");
    test.run("subscribers restore ann@one.example").code(2);
    test.run_args(&["subscribers", "restore", "ann@one.example", "--why", "the mailbox was full"]).success();
    assert_eq!(status_of(&test, "ann@one.example"), "confirmed");
    test.run("subscribers show ann@one.example").success().stdout_has("the mailbox was full");
    for gone in ["bob@two.example", "cid@two.example"] {
        test.run_args(&["subscribers", "restore", gone, "--why", "a mistake"])
            .code(1)
            .stderr_has("only brought back if they asked");
        test.run_args(&["subscribers", "restore", gone, "--why", "a mistake", "--consent", "asked by mail"]).success();
        assert_eq!(status_of(&test, gone), "confirmed");
    }
    test.run_args(&["subscribers", "restore", "zoe@two.example", "--why", "x"]).code(1).stderr_has("not on the list");
    let found = |text: &str| test.run_args(&["subscribers", "list", "--search", text]).success().stdout;
    assert!(found("GHENT").contains("ann@") && !found("ghent").contains("bob@"));
    assert!(found("two.ex").contains("cid@") && found("Bob").lines().count() == 1);
}
