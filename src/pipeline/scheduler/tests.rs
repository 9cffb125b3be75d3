//! The daemon by a test clock through a month: two editions, a change of clocks, a cut at every step, a slow editor, a broken
//! source, an error of the check, and two missed windows. The clock is an argument, so nothing sleeps.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use tempfile::TempDir;

use super::*;
use crate::pipeline::{ImportOptions, ListSource, init};
use crate::store::fuse;

mod letters;
mod trouble;

const EDITIONS: &str = r#"
[editions.midweek]
send = "Wed 07:00"
news = 3
guides = 0
min_score = 1.0
check_links = "0s"
skip = [2026-04-01]
extra = [2026-03-27]

[editions.sunday]
send = "Sun 02:30"
news = 3
guides = 0
min_score = 1.0
check_links = "0s"
by_topic = false
on_unapproved = "send"
missed = "send_within:6h"
remind = "0s"

[editors]
notify = ["ann@workspace.example", "bob@workspace.example"]

[serve]
lease = "30d"
"#;

/// A publication in a folder of its own, and the time in it.
struct Workspace {
    dir: TempDir,
    now: DateTime<Utc>,
    holder: String,
    /// Whether the process dies before every single commit in turn, and another one goes on.
    cut: bool,
    deaths: usize,
}

impl Workspace {
    fn new(start: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        let config = include_str!("../../../config.toml").to_owned();
        let editions = config.find("[editions.midweek]").unwrap()..config.find("[compose]").unwrap();
        let config = config.replace(&config[editions], "");
        let without = config.split("[serve]").next().unwrap().to_owned() + &config[config.find("[web]").unwrap()..];
        let without = without.split("[editors]").next().unwrap().to_owned();
        std::fs::write(dir.path().join("config.toml"), without + EDITIONS).unwrap();
        let workspace = Self { dir, now: start.parse().unwrap(), holder: "one".into(), cut: false, deaths: 0 };
        workspace.write_news();
        let csv = "email,name\na@inbox.example,A\nb@inbox.example,B\n";
        let options = ImportOptions { consent: "asked for it".into(), ..ImportOptions::default() };
        let site = workspace.site().subscribers();
        let list = site.open_list(Path::new("subscribers.csv"), ListSource::Bytes(csv.into()), &options).unwrap();
        site.import_list(&list, |_| Ok(())).unwrap();
        drop(site);
        workspace
    }

    /// Four items a day, each of its own words.
    fn write_news(&self) {
        let first: NaiveDate = "2026-02-20".parse().unwrap();
        let lines = (0..50_u64).flat_map(|day| (0..4_u64).map(move |n| (day, n))).map(|(day, n)| {
            let word = |k: u64| format!("w{:x}", (day * 4 + n + 1) * 7919 + k * 104_729);
            let date = first + chrono::Days::new(day);
            serde_json::json!({
                "id": format!("i{day}-{n}"), "title": format!("{} {} {}", word(1), word(2), word(3)),
                "source": format!("Source {n}"), "published": format!("{date}T0{n}:00:00Z"), "score": 9 - n,
                "url": format!("https://news{n}.example/{day}"),
                "summary": format!("{} {} {} {} in a sentence.", word(4), word(5), word(6), word(7)),
            })
            .to_string()
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        std::fs::write(self.dir.path().join("content/news/2026-W10.jsonl"), text + "\n").unwrap();
    }

    fn site(&self) -> Site {
        Site::open(self.dir.path(), Path::new("config.toml"), self.now).unwrap()
    }

    fn draft(&self, issue: &str) -> std::path::PathBuf {
        self.dir.path().join("issues").join(issue).join("issue.toml")
    }

    fn sql(&self, sql: &str) {
        rusqlite::Connection::open(self.dir.path().join("data/digest.db")).unwrap().execute_batch(sql).unwrap();
    }

    /// One look, with the send and the letters that come of it. Its process may die before the first commit, before the second, and
    /// so on, until one comes through.
    async fn look(&mut self) -> Tick {
        let database = self.dir.path().join("data/digest.db");
        for commits in 0.. {
            if !self.cut {
                break;
            }
            fuse::arm(&database, commits);
            let turn = self.work().await;
            if !fuse::disarm(&database) {
                return turn.unwrap();
            }
            self.deaths += 1;
            // Another process takes over, when the lease has run out.
            self.sql("UPDATE lease SET expires_ms = 0");
            self.holder = format!("after death {}", self.deaths);
        }
        self.work().await.unwrap()
    }

    async fn work(&self) -> anyhow::Result<Tick> {
        let fencing_token = self.site().daemon().hold_lease(&self.holder)?.expect("nobody else acts");
        let turn = self.site().daemon().scheduler_step(&fencing_token, false).await?;
        if let Tick::Send(due_send) = &turn {
            let (_keep, stop) = watch::channel(false);
            Box::pin(self.site().daemon().depart(&fencing_token, due_send, stop)).await?;
        }
        let letters = Box::pin(self.site().daemon().send_letters(self.now)).await;
        // Letters wait, too, where there is no outbox.
        if !self.dir.path().join("outbox").is_file() {
            letters?;
        }
        Ok(turn)
    }

    /// Goes on to `until`, at each moment where something is due.
    async fn run_to(&mut self, until: &str) {
        let until: DateTime<Utc> = until.parse().unwrap();
        for _ in 0..1000 {
            match self.look().await {
                Tick::Did { .. } | Tick::Send(_) => {}
                Tick::Rest(Some(at)) if at <= until => self.now = at.max(self.now),
                Tick::Rest(_) => {
                    self.now = until;
                    return;
                }
                Tick::Stale => panic!("nobody else acts"),
            }
        }
        panic!("it does not come to rest");
    }

    /// Nobody watches until then; another process does from then on.
    async fn down_to(&mut self, until: &str) {
        self.site().delivery().release_lease(&self.site().daemon().hold_lease(&self.holder).unwrap().unwrap()).unwrap();
        self.now = until.parse().unwrap();
        self.holder.push('+');
        self.look().await;
    }

    fn journal(&self) -> Vec<String> {
        let store = self.site().delivery().ledger_store().unwrap();
        let mut entries = store.scheduling().latest_decisions(1000).unwrap();
        entries.reverse();
        entries.iter().map(|e| format!("{} {} {}", e.at.format("%m-%d %H:%M"), e.issue, e.what)).collect()
    }

    /// How many copies stand delivered in the ledger, and how often they were tried.
    fn tries(&self) -> (i64, i64) {
        let store = rusqlite::Connection::open(self.dir.path().join("data/digest.db")).unwrap();
        let sql = "SELECT count(*), sum(attempts) FROM deliveries WHERE state = 'delivered'";
        store.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    }

    /// How many copies each issue's folder of the outbox has.
    fn outbox(&self) -> BTreeMap<String, usize> {
        let folders = std::fs::read_dir(self.dir.path().join("outbox")).unwrap().map(Result::unwrap);
        folders.map(|f| (f.file_name().into_string().unwrap(), f.path().read_dir().unwrap().count())).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_two_editions_is_exactly_this() {
    month(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_with_a_death_before_every_commit_is_the_same() {
    month(true).await;
}

async fn month(cut: bool) {
    let mut workspace = Workspace { cut, ..Workspace::new("2026-03-02T00:00:00Z") };
    let approve = |workspace: &Workspace, issue: &str| {
        drop(workspace.site().drafts().approve(&issue.parse().unwrap(), "Ann").unwrap());
    };
    workspace.run_to("2026-03-03T12:00:00Z").await;
    approve(&workspace, "2026-03-04-midweek");
    // A slow editor, after the send time.
    workspace.run_to("2026-03-11T07:30:00Z").await;
    approve(&workspace, "2026-03-11-midweek");
    // The check finds an error at the send time.
    workspace.run_to("2026-03-14T12:00:00Z").await;
    let draft = std::fs::read_to_string(workspace.draft("2026-03-15-sunday")).unwrap();
    let (key, rest) = draft.split_once("subject = ").unwrap();
    let broken = format!("{key}subject = \"\"{}", &rest[rest.find('\n').unwrap()..]);
    std::fs::write(workspace.draft("2026-03-15-sunday"), broken).unwrap();
    workspace.run_to("2026-03-15T04:00:00Z").await;
    std::fs::write(workspace.draft("2026-03-15-sunday"), draft).unwrap();
    approve(&workspace, "2026-03-15-sunday");
    // A source that cannot be read when the draft is due; then an issue that nobody ever approves.
    workspace.run_to("2026-03-17T05:00:00Z").await;
    std::fs::write(workspace.dir.path().join("content/news/2026-W12.jsonl"), "{ this is no JSON\n").unwrap();
    workspace.run_to("2026-03-17T06:15:00Z").await;
    std::fs::remove_file(workspace.dir.path().join("content/news/2026-W12.jsonl")).unwrap();
    workspace.run_to("2026-03-22T01:00:00Z").await;
    // Down over a send time, within what the edition allows; and once over one that it does not.
    workspace.down_to("2026-03-22T05:00:00Z").await;
    workspace.run_to("2026-03-25T05:00:00Z").await;
    approve(&workspace, "2026-03-25-midweek");
    workspace.down_to("2026-03-25T08:00:00Z").await;
    workspace.run_to("2026-03-26T12:00:00Z").await;
    approve(&workspace, "2026-03-27-midweek");
    workspace.run_to("2026-04-02T00:00:00Z").await;

    let expected = [
        "03-03 06:00 2026-03-04-midweek drafted",
        "03-04 06:00 2026-03-04-midweek sending",
        "03-04 06:00 2026-03-04-midweek sent",
        "03-07 01:30 2026-03-08-sunday drafted",
        "03-08 01:30 2026-03-08-sunday approved",
        "03-08 01:30 2026-03-08-sunday sending",
        "03-08 01:30 2026-03-08-sunday sent",
        "03-10 06:00 2026-03-11-midweek drafted",
        "03-11 04:00 2026-03-11-midweek reminded",
        "03-11 06:00 2026-03-11-midweek held",
        "03-11 07:30 2026-03-11-midweek sending",
        "03-11 07:30 2026-03-11-midweek sent",
        "03-14 01:30 2026-03-15-sunday drafted",
        "03-15 01:30 2026-03-15-sunday held",
        "03-15 04:00 2026-03-15-sunday sending",
        "03-15 04:00 2026-03-15-sunday sent",
        "03-17 06:00 2026-03-18-midweek draft-failed",
        "03-17 06:10 2026-03-18-midweek draft-failed",
        "03-17 06:20 2026-03-18-midweek drafted",
        "03-18 04:00 2026-03-18-midweek reminded",
        "03-18 06:00 2026-03-18-midweek held",
        "03-18 10:00 2026-03-18-midweek skipped",
        "03-21 01:30 2026-03-22-sunday drafted",
        "03-22 05:00 2026-03-22-sunday approved",
        "03-22 05:00 2026-03-22-sunday sending",
        "03-22 05:00 2026-03-22-sunday sent",
        "03-24 06:00 2026-03-25-midweek drafted",
        "03-25 04:00 2026-03-25-midweek reminded",
        "03-25 08:00 2026-03-25-midweek skipped",
        "03-26 06:00 2026-03-27-midweek drafted",
        "03-27 06:00 2026-03-27-midweek sending",
        "03-27 06:00 2026-03-27-midweek sent",
        "03-28 01:00 2026-03-29-sunday drafted",
        // 02:30 does not exist on this day; 03:00 in Paris is 01:00.
        "03-29 01:00 2026-03-29-sunday approved",
        "03-29 01:00 2026-03-29-sunday sending",
        "03-29 01:00 2026-03-29-sunday sent",
    ];
    // A death between an approval and its record leaves the approval, which is then no longer asked for.
    let recorded = |line: &&str| !(cut && line.ends_with(" approved"));
    assert_eq!(workspace.journal(), expected.into_iter().filter(recorded).collect::<Vec<_>>());
    for letter in std::fs::read_dir(workspace.dir.path().join("outbox/letters")).unwrap() {
        let text = std::fs::read_to_string(letter.unwrap().path()).unwrap();
        let list = text.lines().find(|line| line.starts_with("List-") || line.starts_with("Precedence:"));
        assert_eq!(list, None, "a letter to an editor is no mail of a list");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }
    let mut outbox = workspace.outbox();
    // Two editors have a mail of each draft, reminder, hold, issue sent, issue skipped, and of the first failed draft.
    let told = 9 + 3 + 3 + 7 + 2 + 1;
    assert_eq!(outbox.remove("letters"), Some(2 * told));
    // And the draft itself, as a test copy: on the first try of each, so not after a cut.
    let previews = outbox.extract_if(.., |folder, _| folder.ends_with("-test")).count();
    assert_eq!(previews, 9);
    let sent = expected.iter().filter_map(|line| line.strip_suffix(" sent")).map(|line| line[12..].to_owned());
    assert_eq!(outbox, sent.map(|issue| (issue, 2)).collect(), "each subscriber has each issue once, and no other");
    let (copies, tries) = workspace.tries();
    assert_eq!(copies, 14, "seven issues to two subscribers");
    assert!(tries <= 2 * copies, "a death costs one more try of the copy that was under way: {tries}");
    assert_eq!(workspace.deaths > 200, cut, "{} deaths", workspace.deaths);
}

/// How many letters to the editors were ever queued whose key has this in it.
fn letters(workspace: &Workspace, part: &str) -> i64 {
    let store = rusqlite::Connection::open(workspace.dir.path().join("data/digest.db")).unwrap();
    let sql = "SELECT count(*) FROM letters WHERE key LIKE '%' || ?1 || '%'";
    store.query_row(sql, [part], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_an_approved_issue_from_going_out_is_told_once_and_tried_again() {
    let mut workspace = Workspace::new("2026-03-03T07:00:00Z");
    workspace.run_to("2026-03-03T12:00:00Z").await;
    workspace.site().drafts().approve(&"2026-03-04-midweek".parse().unwrap(), "Ann").unwrap();
    // Where copies would go stands a file.
    let outbox = workspace.dir.path().join("outbox");
    std::fs::remove_dir_all(&outbox).unwrap();
    std::fs::write(&outbox, "").unwrap();
    workspace.run_to("2026-03-04T06:40:00Z").await;
    let tries = |workspace: &Workspace| {
        let failed = |line: &String| line.ends_with(" send-failed").then(|| line[6..11].to_owned());
        workspace.journal().iter().filter_map(failed).collect::<Vec<_>>()
    };
    assert_eq!(tries(&workspace), ["06:00", "06:05", "06:15", "06:35"], "at longer and longer intervals");
    assert_eq!(letters(&workspace, ":send-failed:"), 2, "both editors are told, once");
    let issue: IssueName = "2026-03-04-midweek".parse().unwrap();
    let next = workspace.site().delivery().status(&issue).unwrap().next.unwrap();
    assert_eq!((next.who, next.at), ("digest serve", Some("2026-03-04T07:15:00Z".parse().unwrap())));
    assert!(next.why.contains("cannot create the outbox"), "{}", next.why);
    // It is mended.
    std::fs::remove_file(&outbox).unwrap();
    workspace.run_to("2026-03-04T07:20:00Z").await;
    assert_eq!(workspace.journal().last().unwrap(), "03-04 07:15 2026-03-04-midweek sent");
    assert_eq!(workspace.outbox()["2026-03-04-midweek"], 2);
    assert_eq!(workspace.site().delivery().status(&issue).unwrap().next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_begun_by_hand_on_any_date_is_finished() {
    let mut workspace = Workspace::new("2026-03-05T07:00:00Z");
    let issue: IssueName = "2026-03-05-midweek".parse().unwrap();
    workspace.site().drafts().compose("midweek", Some(issue.date)).unwrap();
    workspace.site().drafts().approve(&issue, "Ann").unwrap();
    let options = SendOptions { limit: Some(1), ..SendOptions::default() };
    let (_keep, stop) = watch::channel(false);
    Box::pin(workspace.site().delivery().send(&issue, &options, stop, |_| {})).await.unwrap();
    assert_eq!(workspace.outbox()["2026-03-05-midweek"], 1);
    workspace.run_to("2026-03-05T07:10:00Z").await;
    assert_eq!(workspace.outbox()["2026-03-05-midweek"], 2);
    assert_eq!(workspace.journal().last().unwrap(), "03-05 07:00 2026-03-05-midweek sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_daemon_does_nothing_and_its_send_is_stopped() {
    let mut workspace = Workspace::new("2026-03-03T07:00:00Z");
    workspace.run_to("2026-03-03T12:00:00Z").await;
    let issue: IssueName = "2026-03-04-midweek".parse().unwrap();
    workspace.site().drafts().approve(&issue, "Ann").unwrap();
    let old = workspace.site().daemon().hold_lease("one").unwrap().unwrap();
    // It had begun to send when it was paused.
    let mut store = workspace.site().delivery().ledger_store().unwrap();
    store.sends().freeze_audience(&issue, workspace.now).unwrap();
    let send = store.sends().send(&issue).unwrap().unwrap().id;
    assert!(store.scheduling().set_fencing_token(send, Some(&old)).unwrap());
    // Its lease runs out, and another one acts.
    let later = workspace.now + TimeDelta::days(31);
    workspace.now = later;
    assert_eq!(
        workspace.site().daemon().hold_lease("two").unwrap().map(|fencing_token| fencing_token.number),
        Some(old.number + 1)
    );
    assert_eq!(workspace.site().daemon().hold_lease("one").unwrap(), None);
    let stopped = store.sends().send(&issue).unwrap().unwrap();
    assert_eq!((stopped.state, stopped.by_operator), (IssueState::Stopped, false));
    assert!(!store.scheduling().set_fencing_token(send, Some(&old)).unwrap(), "it cannot take the send back");
    let (_keep, stop) = watch::channel(false);
    assert_eq!(workspace.site().daemon().scheduler_step(&old, false).await.unwrap(), Tick::Stale);
    // The lease is lost between its look and its step: what the other one sends is not given up.
    let (site, run) = (workspace.site(), Run { date: issue.date, at: workspace.now });
    let (edition, known) = (site.config.edition("midweek").unwrap(), site.daemon().known(&store, &issue).unwrap());
    let turn = site.daemon().take(&mut store, &old, &issue, (edition, run, &known), Step::GiveUp).await.unwrap();
    let send = store.sends().send(&issue).unwrap().unwrap();
    assert_eq!((turn, send.by_operator, send.reason.as_str()), (Tick::Stale, false, TAKEN_OVER));
    let options = SendOptions { fencing_token: Some(old), ..SendOptions::default() };
    assert!(workspace.site().delivery().send(&issue, &options, stop, |_| {}).await.is_err());
    assert_eq!(workspace.outbox().get(&issue.to_string()).copied().unwrap_or(0), 0);
}

#[test]
fn a_clock_set_back_does_not_keep_a_dead_holder_alive() {
    let mut workspace = Workspace::new("2026-03-03T07:00:00Z");
    let first = workspace.site().daemon().hold_lease("one").unwrap().unwrap();
    workspace.now -= TimeDelta::days(400);
    let second =
        workspace.site().daemon().hold_lease("two").unwrap().expect("its end is further off than any lease is long");
    assert!(second.number > first.number);
}
