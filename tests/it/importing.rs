//! Moving in from other services: people who unsubscribed there are not mailed, dates and consent are kept, an import is atomic,
//! and an export can be imported again without loss.

use std::fmt::Write as _;
use std::process::Command;

use crate::house::{ISSUE, Test};

const SEND: &str = "send 2026-11-25-midweek --yes";

fn statuses(test: &Test) -> Vec<String> {
    let all = test.run("subscribers list --format json").success().json_lines();
    let mut found: Vec<String> =
        all.iter().map(|s| format!("{} {}", s["email"], s["status"]).replace('"', "")).collect();
    found.sort();
    found
}

#[test]
fn whoever_left_another_service_is_kept_off_the_list_and_is_told_before_anything_is_written() {
    let test = Test::new().sample().approved();
    test.write(
        "ghost.csv",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,labels\n\
         1,ann@one.example,Ann,,true,false,2024-02-11T16:21:09.000Z,VIP\n\
         2,bob@one.example,Bob,,false,false,2024-02-11T16:21:09.000Z,\n",
    );
    test.write("substack.csv", "email,active_subscription,plan,email_disabled,created_at\ncid@one.example,true,yearly,true,2023-12-01T08:00:00.000Z\n");
    test.write("gone.csv", "email,First Name,Last Name,CONFIRM_TIME,UNSUB_TIME,UNSUB_REASON\ndan@one.example,Dan,,2024-01-08 09:12:44,2024-05-05 10:10:10,NORMAL\n");
    test.write("dead.csv", "email,First Name,CLEAN_TIME\neve@one.example,Eve,2024-05-05 10:10:10\n");
    let dry = test.run("subscribers import ghost.csv --consent site --dry-run").success();
    dry.stdout_has("ghost.csv is taken for an export of Ghost: 1 confirmed, 1 unsubscribed");
    assert_eq!(statuses(&test).len(), 0, "a dry run changes nothing");
    test.run("subscribers import ghost.csv --consent site")
        .success()
        .stderr_has("taken for an export of Ghost: 1 confirmed, 1 unsubscribed")
        .stdout_has("2 subscribers added");
    for file in ["substack.csv", "gone.csv", "dead.csv"] {
        test.run(&format!("subscribers import {file} --consent site")).success().stdout_has("1 subscriber added");
    }
    assert_eq!(
        statuses(&test),
        [
            "ann@one.example confirmed",
            "bob@one.example unsubscribed",
            "cid@one.example unsubscribed",
            "dan@one.example unsubscribed",
            "eve@one.example bounced"
        ]
    );
    let dan = test.run("subscribers show dan@one.example --format json").success().json();
    assert_eq!(
        (&dan["left"], &dan["confirmed"]),
        (&"2024-05-05T10:10:10Z".into(), &"2024-01-08T09:12:44Z".into()),
        "{dan}"
    );
    assert!(dan["acts"].to_string().contains("Mailchimp: NORMAL"), "{dan}");
    test.write("all.csv", "email\nbob@one.example\ncid@one.example\ndan@one.example\neve@one.example\n");
    let told = test.run("subscribers import all.csv --consent fair --format json").success().json();
    assert_eq!((&told["added"], &told["kept_unsubscribed"]), (&0.into(), &4.into()), "out for ever: {told}");
    test.run(SEND).success();
    assert_eq!(test.outbox().iter().map(crate::house::Mail::to).collect::<Vec<_>>(), ["ann@one.example"]);
}

#[test]
fn a_column_that_is_not_understood_stops_the_import_and_nothing_is_written() {
    let test = Test::new().file("in.csv", "email,Kontakt erlaubt\nann@one.example,vielleicht\n");
    test.run("subscribers import in.csv --consent fair")
        .code(1)
        .stderr_has("in.csv:1: the column `Kontakt erlaubt` may say who opted out")
        .stderr_has("--map 'Kontakt erlaubt=opted_out'");
    assert_eq!(statuses(&test).len(), 0);
    test.run_args(&["subscribers", "import", "in.csv", "--consent", "fair", "--map", "Kontakt erlaubt=opted_out"])
        .success();
    assert_eq!(statuses(&test), ["ann@one.example unsubscribed"]);
}

#[test]
fn a_file_in_which_no_row_is_recognised_is_a_failure() {
    let test = Test::new();
    for text in ["email,name\n", "email,name\nnobody,X\n", "email,name\n,\n"] {
        test.write("in.csv", text);
        test.run("subscribers import in.csv --consent fair").code(1).stderr_has("no row of the file was recognized");
    }
    test.write("in.csv", "email,name\rann@one.example,Ann\rbob@one.example,Bob\r");
    test.run("subscribers import in.csv --consent fair").success().stdout_has("2 subscribers added");
}

#[test]
fn a_column_with_a_space_works_in_templates_and_makes_the_name() {
    let test = Test::new().sample().composed();
    test.write("in.csv", "email,First Name,Last Name,home.town\ncleo@one.example,Cleo,Okafor,Lagos\n");
    test.run("subscribers import in.csv --consent fair").success();
    let footer = test.read("templates/partials/footer.txt.hbs");
    test.write(
        "templates/partials/footer.txt.hbs",
        &format!("For {{{{subscriber.fields.[First Name]}}}} of {{{{subscriber.fields.[home.town]}}}}\n\n{footer}"),
    );
    test.run("render --as cleo@one.example").success();
    let text = test.read(&format!("issues/{ISSUE}/issue.txt"));
    assert!(text.contains("For Cleo of Lagos"), "{text}");
    let cleo = test.run("subscribers show cleo@one.example --format json").success().json();
    assert_eq!(cleo["name"], "Cleo Okafor");
}

#[test]
fn an_export_goes_into_an_empty_list_with_nothing_lost_and_once_more_with_nothing_changed() {
    let test = Test::new();
    test.write(
        "mailchimp.csv",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
         ann@one.example,=Ann,'Lee,2,2021-03-01 10:00:00,203.0.113.7,2021-03-02 10:00:00,203.0.113.7,,1,a,'+1,\"\"\"a\"\",\"\"b\"\"\"\n",
    );
    test.write(
        "left.csv",
        "email,UNSUB_TIME,UNSUB_REASON,consent\nbob@one.example,2024-05-05 10:10:10,NORMAL: =too many,\n",
    );
    test.write(
        "own.csv",
        "email,name,editions,status,created,status name\ncid@one.example,-Cid,sunday,pending,2020-02-03,active\n",
    );
    for file in ["mailchimp.csv", "left.csv", "own.csv"] {
        test.run(&format!("subscribers import {file} --consent =fair")).success();
    }
    test.run("subscribers remove ann@one.example").success();
    let export = test.run("subscribers export").success().stdout;
    let other = Test::new().file("list.csv", &export);
    let told = other.run("subscribers import list.csv --format json").success().json();
    assert_eq!((&told["added"], &told["rejected"]), (&3.into(), &0.into()), "{told}");
    assert_eq!(told["taken_for"][0]["service"], "digest");
    assert_eq!(other.run("subscribers export").success().stdout, export, "nothing is lost");
    for test in [&test, &other] {
        test.write("list.csv", &export);
        let told = test.run("subscribers import list.csv --format json").success().json();
        let changed = (&told["added"], &told["updated"], &told["unchanged"]);
        assert_eq!(changed, (&0.into(), &0.into(), &3.into()), "{told}");
        assert_eq!(test.run("subscribers export").success().stdout, export);
    }
}

#[test]
fn an_import_that_was_killed_mails_nobody_says_so_and_is_made_good_by_the_next() {
    let test = Test::new().sample().approved();
    let mut csv = "email,name\n".to_owned();
    for n in 0..30_000 {
        writeln!(csv, "reader{n}@inbox{}.example,Reader {n}", n % 97).unwrap();
    }
    test.write("big.csv", &csv);
    let mut import = test.start("subscribers import big.csv --consent fair");
    while test.run("subscribers list --format json").stdout.lines().count() < 1_000 {
        assert!(!import.has_ended(), "it ended before it could be killed");
    }
    assert!(import.signal_if_alive("KILL"), "it ended before it was killed");
    import.wait();
    test.run("subscribers list")
        .success()
        .stderr_has("the import of big.csv")
        .stderr_has("was interrupted")
        .stderr_has("run it again");
    test.run_args(&["subscribers", "add", "ann@one.example", "--consent", "by telephone"]).success();
    test.run(SEND).success();
    assert_eq!(test.outbox().len(), 1, "a send sees nothing of it");
    let told = test.run("subscribers import big.csv --consent fair").success();
    assert!(told.stdout_has("30000 subscribers added, 0 updated").stderr_has("taken for").code == Some(0));
    assert!(!test.run("subscribers list").success().stderr.contains("interrupted"));
}

#[test]
fn generated_exports_of_all_services_keep_their_promises() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/exports");
    let Ok(ran) = Command::new("python3").arg(script).arg("60").env("DIGEST", env!("CARGO_BIN_EXE_digest")).output()
    else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(told.lines().filter(|line| line.contains(" 0 opt-outs mailable")).count(), 10, "{told}");
}

#[test]
fn an_international_domain_of_our_own_and_a_sender_with_a_comma_go_out() {
    let test = Test::new().sample().config(
        "[publication]\nurl = \"https://müller.example\"\nfrom = \"Almanac, Inc. <news@müller.example>\"\nreply_to = \"redaktion@müller.example\"",
    );
    let test = test.approved().subscribers(1);
    test.run("check").success();
    test.run(SEND).success();
    let mail = test.outbox().remove(0);
    let from = mail.header("From");
    assert!(from.ends_with(" <news@xn--mller-kva.example>") && !from.contains("Almanac, Inc. <"), "{from}");
    assert_eq!(mail.header("Reply-To"), "redaktion@xn--mller-kva.example");
    assert!(mail.head().is_ascii(), "{}", mail.head());
}
