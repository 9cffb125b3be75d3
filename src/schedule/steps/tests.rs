//! Decisions by a table, and whole runs by property: what must hold however the daemon, the editors and the relay behave.

use proptest::prelude::*;

use super::*;
use crate::model::WeekTime;

fn at(text: &str) -> DateTime<Utc> {
    let text = if text.len() > 5 { format!("2026-11-{text}:00Z") } else { format!("2026-11-25T{text}:00Z") };
    text.parse().expect("a time")
}

/// The run of Wednesday, 25 November 2026, 07:00 UTC.
fn run() -> Run {
    Run { date: "2026-11-25".parse().expect("a date"), at: at("07:00") }
}

fn edition() -> Edition {
    let check_links = Duration::ZERO;
    Edition { send: "Wed 07:00".parse::<WeekTime>().expect("a week time"), check_links, ..Edition::default() }
}

/// What is decided at a time, given what the journal says ("drafted 24T07:00, held 07:00").
fn decided(edition: &Edition, now: &str, journal: &str, approval: Approval, send: Option<Sending>) -> Next {
    watched(edition, now, journal, approval, send, "20T00:00")
}

fn watched(
    edition: &Edition,
    now: &str,
    journal: &str,
    approval: Approval,
    send: Option<Sending>,
    since: &str,
) -> Next {
    let line = |line: &str| {
        let (word, time) = line.trim().split_once(' ').expect("a word and a time");
        let what = What::ALL.into_iter().find(|what| what.as_str() == word).expect("a known word");
        Done { what, at: at(time) }
    };
    let done: Vec<Done> = journal.split(',').filter(|l| !l.is_empty()).map(line).collect();
    decide(&Facts {
        edition,
        run: run(),
        now: at(now),
        watched_since: at(since),
        lifetime: Duration::from_hours(24),
        done: &done,
        approval,
        send,
    })
}

const DRAFTED: &str = "drafted 24T07:00";

#[test]
fn links_are_asked_once_while_there_is_time() {
    let e = Edition { check_links: Duration::from_mins(30), ..edition() };
    let given = Approval::Given(at("24T08:00"));
    for (now, journal, approval, step, look) in [
        ("05:00", DRAFTED, given, None, Some("06:30")),
        ("06:30", DRAFTED, given, Some(Step::CheckLinks), None),
        ("06:55", DRAFTED, given, Some(Step::CheckLinks), None),
        ("06:56", DRAFTED, given, None, Some("07:00")),
        ("06:40", "drafted 24T07:00, links-checked 06:31", given, None, Some("07:00")),
        ("06:40", "drafted 24T07:00, reminded 05:00", Approval::Missing, Some(Step::CheckLinks), None),
        ("06:40", DRAFTED, Approval::Missing, Some(Step::Remind), None),
        ("07:00", DRAFTED, given, Some(Step::Send), None),
    ] {
        assert_eq!(decided(&e, now, journal, approval, None), Next { step, look: look.map(at) }, "{now} {journal}");
    }
}

#[test]
fn from_draft_to_hold() {
    let e = edition();
    let given = |time: &str| Approval::Given(at(time));
    for (now, journal, approval, step, look) in [
        ("23T00:00", "", Approval::NoDraft, None, Some("24T07:00")),
        ("24T07:00", "", Approval::NoDraft, Some(Step::Draft), None),
        ("24T07:00", "", given("23T00:00"), None, Some("07:00")),
        ("24T07:05", "draft-failed 24T07:00", Approval::NoDraft, None, Some("24T07:10")),
        ("24T07:10", "draft-failed 24T07:00", Approval::NoDraft, Some(Step::Draft), None),
        ("24T07:01", DRAFTED, Approval::Missing, None, Some("05:00")),
        ("05:00", DRAFTED, Approval::Missing, Some(Step::Remind), None),
        ("05:00", DRAFTED, given("04:00"), None, Some("07:00")),
        ("05:01", "drafted 24T07:00,reminded 05:00", Approval::Missing, None, Some("07:00")),
        ("06:00", "drafted 05:30", Approval::Missing, None, Some("07:00")),
        ("07:00", DRAFTED, given("06:59"), Some(Step::Send), None),
        ("07:00", DRAFTED, Approval::Missing, Some(Step::Hold(Reason::Unapproved)), None),
        ("07:00", "draft-failed 06:55", Approval::NoDraft, Some(Step::Hold(Reason::NoDraft)), None),
        ("08:00", "drafted 24T07:00,held 07:00", Approval::Missing, None, Some("11:00")),
        ("08:00", "drafted 24T07:00,held 07:00", given("08:00"), Some(Step::Send), None),
        ("11:00", "drafted 24T07:00,held 07:00", given("10:59"), Some(Step::Send), None),
        ("11:11", "drafted 24T07:00,held 07:00", given("10:59"), Some(Step::Skip(Reason::Unapproved)), None),
        ("11:00", "drafted 24T07:00,held 07:00", Approval::Missing, Some(Step::Skip(Reason::Unapproved)), None),
        ("12:00", "drafted 24T07:00,held 07:00", given("11:30"), Some(Step::Skip(Reason::Unapproved)), None),
        ("12:00", "drafted 24T07:00,held 07:00,skipped 11:00", given("11:30"), None, None),
        ("12:00", "drafted 24T07:00,sending 07:00,sent 07:02", given("06:00"), None, None),
    ] {
        let expected = Next { step, look: look.map(at) };
        assert_eq!(decided(&e, now, journal, approval, None), expected, "{now} after {journal:?}");
    }
}

#[test]
fn what_cannot_begin_is_tried_again_for_as_long_as_there_is_time() {
    let e = edition();
    for (now, journal, step, look) in [
        ("07:01", "sending 07:00,send-failed 07:00", None, Some("07:05")),
        ("07:05", "sending 07:00,send-failed 07:00", Some(Step::Send), None),
        ("07:06", "sending 07:00,send-failed 07:00,sending 07:05,send-failed 07:05", None, Some("07:15")),
        // Cut off in the middle of a try.
        ("07:06", "sending 07:00,send-failed 07:00,sending 07:05", Some(Step::Send), None),
        ("11:01", "sending 07:00,send-failed 07:00", Some(Step::Skip(Reason::Failed)), None),
    ] {
        let expected = Next { step, look: look.map(at) };
        assert_eq!(decided(&e, now, journal, Approval::Given(at("06:00")), None), expected, "{now} after {journal:?}");
    }
}

#[test]
fn an_edition_may_go_out_unapproved_but_not_unseen() {
    let e = Edition { on_unapproved: OnUnapproved::Send, ..edition() };
    let step = |now, journal, approval| decided(&e, now, journal, approval, None).step;
    assert_eq!(step("07:00", DRAFTED, Approval::Missing), Some(Step::Approve));
    assert_eq!(step("07:00", "drafted 07:00", Approval::Missing), Some(Step::Hold(Reason::LateDraft)));
    assert_eq!(step("07:00", "draft-failed 06:59", Approval::NoDraft), Some(Step::Hold(Reason::NoDraft)));
    // The check found errors: held, and from then on only an editor's word counts.
    assert_eq!(step("07:01", "drafted 24T07:00,held 07:00", Approval::Missing), None);
}

#[test]
fn a_missed_window_follows_the_edition() {
    let within = Edition { missed: Missed::SendWithin(Duration::from_hours(6)), ..edition() };
    let given = Approval::Given(at("06:00"));
    for (e, now, since, approval, step) in [
        // Restarted within the tolerance: nothing was missed.
        (&edition(), "07:04", "07:04", given, Some(Step::Send)),
        (&edition(), "07:11", "07:11", given, Some(Step::Skip(Reason::Missed))),
        // The machine was there, but busy with another send.
        (&edition(), "07:45", "20T00:00", given, Some(Step::Send)),
        (&within, "12:59", "12:59", given, Some(Step::Send)),
        (&within, "13:01", "13:01", given, Some(Step::Skip(Reason::Missed))),
        (&within, "08:00", "08:00", Approval::Missing, Some(Step::Hold(Reason::Unapproved))),
        (&within, "12:00", "12:00", Approval::Missing, Some(Step::Skip(Reason::Unapproved))),
    ] {
        assert_eq!(watched(e, now, DRAFTED, approval, None, since).step, step, "{now}, watched since {since}");
    }
    // Held before the machine went down: it was not missed.
    let held = watched(&edition(), "09:00", "drafted 24T07:00,held 07:00", Approval::Given(at("07:30")), None, "09:00");
    assert_eq!(held.step, Some(Step::Send));
    // Nothing was drafted either: it is composed late, and then held.
    let late = watched(&within, "08:00", "", Approval::NoDraft, None, "08:00");
    assert_eq!(late.step, Some(Step::Draft));
}

#[test]
fn a_send_goes_on_stops_and_ends() {
    let e = edition();
    let sending = |due: Option<&str>| Sending { state: IssueState::Sending, by_operator: false, due: due.map(at) };
    let stopped = |by_operator| Sending { state: IssueState::Stopped, by_operator, due: None };
    let sent = Sending { state: IssueState::Sent, by_operator: false, due: None };
    let given = Approval::Given(at("06:00"));
    for (now, journal, send, step, look) in [
        ("07:05", "sending 07:00", sending(Some("07:00")), Some(Step::Send), None),
        ("07:05", "sending 07:00", sending(Some("07:30")), None, Some("07:30")),
        ("07:05", "sending 07:00", sent, Some(Step::Close), None),
        // Begun by hand before its time: the rest waits for it.
        ("06:00", "", sending(Some("05:00")), None, Some("07:00")),
        ("06:00", "", sent, Some(Step::Close), None),
        // Broken off: told once, tried again, and not for ever.
        ("07:05", "sending 07:00", stopped(false), Some(Step::TellStopped), None),
        ("07:06", "sending 07:00,stopped 07:05", stopped(false), None, Some("07:10")),
        ("07:10", "sending 07:00,stopped 07:05", stopped(false), Some(Step::Send), None),
        // It had gone on for hours: five minutes again; else twice as long each time, and an hour at most.
        ("10:59", "sending 07:00,stopped 10:58", stopped(false), None, Some("11:03")),
        ("07:12", "sending 07:00,stopped 07:01,sending 07:06,stopped 07:07", stopped(false), None, Some("07:17")),
        (
            "23:00",
            "stopped 20:00,stopped 21:00,stopped 22:00,stopped 22:30,stopped 22:40",
            stopped(false),
            None,
            Some("23:40"),
        ),
        ("26T06:59", "sending 07:00,stopped 07:05", stopped(false), Some(Step::Send), None),
        ("26T07:01", "sending 07:00,stopped 07:05", stopped(false), Some(Step::GiveUp), None),
        // Something on our side keeps it from going on.
        ("07:05", "sending 07:00,send-failed 07:04", sending(Some("07:00")), None, Some("07:09")),
        ("07:09", "sending 07:00,send-failed 07:04", sending(Some("07:00")), Some(Step::Send), None),
        // Skipped, and begun by hand all the same.
        ("12:00", "skipped 11:00", sending(Some("11:30")), Some(Step::Send), None),
        ("12:00", "skipped 11:00", sent, None, None),
        // By an operator, or by a guardrail: told, and left so until `digest resume`.
        ("07:05", "sending 07:00", stopped(true), Some(Step::TellStopped), None),
        ("07:30", "sending 07:00,stopped 07:05", stopped(true), None, None),
        ("08:00", "sending 07:00,stopped 07:05", sending(Some("07:00")), Some(Step::Send), None),
        ("08:10", "sending 07:00,stopped 07:05,sending 08:00", stopped(true), Some(Step::TellStopped), None),
        // Found half done after days.
        ("28T07:00", "sending 07:00", sending(Some("07:00")), Some(Step::GiveUp), None),
    ] {
        let expected = Next { step, look: look.map(at) };
        assert_eq!(decided(&e, now, journal, given, Some(send)), expected, "{now} after {journal:?}, {send:?}");
    }
}

// The journal was written under a clock that was hours ahead, and then the clock is set right.

fn stopped(by_operator: bool) -> Sending {
    Sending { state: IssueState::Stopped, by_operator, due: None }
}

#[test]
fn a_clock_set_back_keeps_no_failed_draft_waiting() {
    let next = decided(&edition(), "24T08:00", "draft-failed 24T12:00", Approval::NoDraft, None);
    assert_eq!(next, Next::now(Step::Draft));
}

#[test]
fn a_clock_set_back_keeps_no_broken_send_waiting_and_gives_none_up() {
    for broke_off in ["10:00", "15:00"] {
        let journal = format!("sending 07:00,stopped {broke_off}");
        let next = decided(&edition(), "07:30", &journal, Approval::Given(at("06:00")), Some(stopped(false)));
        assert_eq!(next, Next::now(Step::Send), "{broke_off}");
    }
}

#[test]
fn a_stop_is_told_by_its_place_in_the_journal_and_not_by_its_time() {
    for journal in ["sending 07:00,stopped 10:00,sending 07:30", "sending 07:00,stopped 07:30,sending 07:30"] {
        for by_operator in [false, true] {
            let next = decided(&edition(), "07:40", journal, Approval::Given(at("06:00")), Some(stopped(by_operator)));
            assert_eq!(next, Next::now(Step::TellStopped), "{journal}");
        }
    }
}

#[test]
fn absurd_settings_do_no_harm() {
    let e = Edition { draft_ahead: Duration::MAX, remind: Duration::MAX, grace: Duration::MAX, ..edition() };
    assert_eq!(decided(&e, "01T00:00", "", Approval::NoDraft, None).step, Some(Step::Draft));
    assert_eq!(decided(&e, "28T00:00", "held 07:00", Approval::Given(at("27T00:00")), None).step, Some(Step::Send));
    let none = Edition { draft_ahead: Duration::ZERO, grace: Duration::ZERO, ..edition() };
    assert_eq!(decided(&none, "07:00", "", Approval::NoDraft, None).step, Some(Step::Draft));
    let hold = decided(&none, "07:00", "drafted 07:00", Approval::Missing, None).step;
    assert_eq!(hold, Some(Step::Hold(Reason::Unapproved)));
    let skip = decided(&none, "07:00", "drafted 07:00,held 07:00", Approval::Missing, None).step;
    assert_eq!(skip, Some(Step::Skip(Reason::Unapproved)));
}

/// What may happen beside the daemon between two looks, and how its own steps may end.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Quiet,
    /// An editor approves, or edits what was approved.
    Approve,
    Edit,
    /// The step is done, but the process ends before it is on record.
    Crash,
    /// The step cannot be done: no draft, errors of the check, a relay that is away.
    Fail,
    /// The machine is down until now.
    Down,
    /// An operator stops the send, or lets it go on.
    Stop,
    Resume,
}

/// One run as the world has it.
struct World {
    edition: Edition,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    done: Vec<Done>,
    approval: Approval,
    send: Option<Sending>,
    /// When the issue first went out, and whether it was approved then.
    out: Vec<(DateTime<Utc>, bool)>,
}

impl World {
    fn act(&mut self, fate: Fate) {
        match fate {
            Fate::Approve if self.approval == Approval::Missing => self.approval = Approval::Given(self.now),
            Fate::Edit if matches!(self.approval, Approval::Given(_)) => self.approval = Approval::Missing,
            Fate::Down => self.since = self.now,
            Fate::Stop => self.stop(true),
            Fate::Resume => {
                if let Some(send) = self.send.as_mut().filter(|send| send.state == IssueState::Stopped) {
                    *send = Sending { state: IssueState::Sending, by_operator: false, due: Some(self.now) };
                }
            }
            _ => {}
        }
    }

    fn stop(&mut self, by_operator: bool) {
        if let Some(send) = self.send.as_mut().filter(|send| send.state == IssueState::Sending) {
            *send = Sending { state: IssueState::Stopped, by_operator, due: None };
        }
    }

    fn step(&mut self, fate: Fate) -> Option<Step> {
        let next = decide(&Facts {
            edition: &self.edition,
            run: run(),
            now: self.now,
            watched_since: self.since,
            lifetime: Duration::from_hours(24),
            done: &self.done,
            approval: self.approval,
            send: self.send,
        });
        let step = next.step?;
        let record = match (step, fate) {
            (Step::Draft, Fate::Fail) => What::DraftFailed,
            (Step::Draft, _) => {
                if self.approval == Approval::NoDraft {
                    self.approval = Approval::Missing;
                }
                What::Drafted
            }
            (Step::Remind, _) => What::Reminded,
            (Step::CheckLinks, _) => What::LinksChecked,
            (Step::Hold(_), _) | (Step::Approve, Fate::Fail) => What::Held,
            (Step::Approve, _) => {
                self.approval = Approval::Given(self.now);
                What::Approved
            }
            (Step::Send, _) => {
                let approved = matches!(self.approval, Approval::Given(_)) || self.send.is_some();
                self.out.push((self.now, approved));
                // On record before the first copy.
                if fate != Fate::Crash {
                    self.done.push(Done { what: What::Sending, at: self.now });
                }
                let state = if matches!(fate, Fate::Fail) { IssueState::Stopped } else { IssueState::Sent };
                self.send = Some(Sending { state, by_operator: false, due: None });
                return Some(step);
            }
            (Step::TellStopped, _) => What::Stopped,
            (Step::GiveUp, _) => {
                self.stop(true);
                What::Stopped
            }
            (Step::Close, _) => What::Sent,
            (Step::Skip(_), _) => What::Skipped,
        };
        if fate != Fate::Crash {
            self.done.push(Done { what: record, at: self.now });
        }
        Some(step)
    }
}

impl PartialEq for Fate {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    use Fate::*;
    proptest::sample::select(vec![Quiet, Quiet, Quiet, Approve, Approve, Edit, Crash, Fail, Down, Stop, Resume])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_an_issue_ends_once_and_goes_out_only_as_it_may(
        story in proptest::collection::vec((fate(), prop_oneof![1_i64..3, 1_i64..600]), 5..200),
        send_unapproved in any::<bool>(),
        within in proptest::option::of(0_u64..12),
        grace in 0_u64..8,
    ) {
        let mut world = World {
            edition: Edition {
                on_unapproved: if send_unapproved { OnUnapproved::Send } else { OnUnapproved::Hold },
                missed: within.map_or(Missed::Skip, |h| Missed::SendWithin(Duration::from_hours(h))),
                grace: Duration::from_hours(grace),
                ..edition()
            },
            now: at("23T00:00"),
            since: at("23T00:00"),
            done: Vec::new(),
            approval: Approval::NoDraft,
            send: None,
            out: Vec::new(),
        };
        for (fate, minutes) in story {
            world.now += TimeDelta::minutes(minutes);
            // Nobody looked for longer than a lease lasts: the watch was broken.
            if minutes > 1 {
                world.since = world.now;
            }
            world.act(fate);
            // The loop takes steps until none is due; each on record makes way for the next.
            let mut steps = 0;
            while let Some(step) = world.step(fate) {
                steps += 1;
                prop_assert!(steps < 12 || fate == Fate::Crash, "it does not come to rest: {step:?}, {:?}", world.done);
                if fate == Fate::Crash {
                    break;
                }
            }
        }
        let ends = world.done.iter().filter(|d| matches!(d.what, What::Sent | What::Skipped)).count();
        prop_assert!(ends <= 1);
        for what in [What::Reminded, What::Held, What::Approved, What::Drafted] {
            prop_assert!(world.done.iter().filter(|d| d.what == what).count() <= 1, "{what:?} once: {:?}", world.done);
        }
        let skipped = world.done.iter().find(|d| d.what == What::Skipped);
        for (when, approved) in &world.out {
            prop_assert!(*when >= run().at, "never early");
            prop_assert!(approved, "never unapproved");
            prop_assert!(skipped.is_none_or(|d| d.at > *when), "never after it was skipped");
        }
        if let Some((first, _)) = world.out.first() {
            let longest = i64::try_from(grace.max(within.unwrap_or(0))).expect("few hours");
            prop_assert!(*first <= run().at + TimeDelta::hours(longest) + TOLERANCE, "never late: {first}");
        }
    }
}
