//! Kill anywhere: rounds in which a send is killed, stopped, paused and doubled at moments that the dice choose, until it is
//! done; then every subscriber has the issue, nobody else has it, and duplicates are few and identical.
//!
//! The suite plays a few rounds; `bench/storm 200` plays as many as you like and prints the table.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::database::{Postgres, Proxy};
use crate::dice::Dice;
use crate::house::{ISSUE, Running, Test};
use crate::smtp::{Act, At, Rule, Server};

const SUBSCRIBERS: usize = 60;

/// What happens to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// SIGKILL.
    Kill,
    /// SIGTERM: it ends by itself, nothing in doubt.
    Term,
    /// SIGSTOP, a second sender that must refuse, SIGCONT, then SIGKILL.
    Pause,
}

/// Where the publication's database is, and the way to it.
struct Database<'p> {
    postgres: &'p Postgres,
    way: Proxy,
}

impl Database<'_> {
    /// Has the server crash, cuts the way to it, or stalls it for a moment.
    fn suffer(&self, dice: &mut Dice) {
        match dice.roll(5) {
            0 | 1 => self.postgres.crash(),
            2 | 3 => self.way.cut(),
            _ => {
                self.way.stall();
                std::thread::sleep(Duration::from_millis(50));
                self.way.flow();
            }
        }
    }
}

/// The result of one round.
#[derive(Debug, Default)]
struct Round {
    kills: usize,
    others: usize,
    /// Paused senders that another one took over from: on PostgreSQL their lease runs out.
    taken_over: usize,
    connections: usize,
    /// Copies beyond the first of a subscriber.
    twice: usize,
}

/// Waits until the server has had this many commands, or the sender has ended.
fn await_commands(server: &Server, count: usize, sender: &mut Running) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.commands().len() < count {
        if sender.has_ended() {
            return false;
        }
        assert!(Instant::now() < deadline, "the send stands still at {} commands", server.commands().len());
        std::thread::sleep(Duration::from_micros(200));
    }
    true
}

/// Plays one round; the same seed gives the same blows after the same number of commands.
fn play(seed: u64, postgres: Option<&Postgres>) -> Round {
    let mut dice = Dice::new(seed);
    let connections = 1 + dice.roll(6);
    // Now and then a server that refuses for a while, or one that hangs up.
    let mut rules = Vec::new();
    if dice.roll(2) == 0 {
        rules.push(Rule::at(At::Rcpt, Act::Say("451 4.3.0 later")).skip(dice.roll(20)).times(1 + dice.roll(3)));
    }
    if dice.roll(2) == 0 {
        rules.push(Rule::at(At::Data, Act::HangUp).skip(dice.roll(30)).times(1));
    }
    let server = Server::start(rules);
    let durability = if dice.roll(4) == 0 { "power" } else { "process" };
    let database = postgres.map(|postgres| Database { postgres, way: Proxy::to(postgres.port()) });
    let url = database.as_ref().map(|database| database.postgres.database(database.way.port()));
    let url = url.map(|url| format!("url = \"{url}\"\n")).unwrap_or_default();
    // A server that does not wait for its disk forgets the last commits when it crashes.
    let durability = if database.is_some() { "power" } else { durability };
    let test = Test::new()
        .sample()
        .config(&format!("[store]\n{url}durability = \"{durability}\""))
        .smtp(&server.address())
        .subscribers(SUBSCRIBERS)
        .approved()
        .config(&format!(
            "[delivery.smtp]\nconnections = {connections}\ntimeouts = {{ command = \"2s\", data = \"2s\" }}"
        ));
    let mut round = Round { connections, ..Round::default() };
    let send = format!("send {ISSUE} --yes");
    for _ in 0..=dice.roll(5) {
        let mut sender = test.start(&send);
        // What happens to the database, the sender has to live through.
        for database in database.iter().cycle().take(dice.roll(3) * usize::from(database.is_some())) {
            if await_commands(&server, server.commands().len() + dice.roll(SUBSCRIBERS), &mut sender) {
                database.suffer(&mut dice);
            }
        }
        let moment = server.commands().len() + dice.roll(SUBSCRIBERS * 3);
        let blow = [Blow::Kill, Blow::Kill, Blow::Kill, Blow::Term, Blow::Pause][dice.roll(5)];
        if !await_commands(&server, moment, &mut sender) {
            sender.wait();
            break;
        }
        match blow {
            Blow::Kill => sender.signal_if_alive("KILL"),
            Blow::Term => sender.signal_if_alive("TERM"),
            Blow::Pause if sender.signal_if_alive("STOP") => {
                // Either the lock of the sender refuses, or the database that the paused one was just writing; and a free lock
                // means that the paused one had done its work and was about to end by itself. On PostgreSQL the second one goes on.
                let refused = test.run(&send).code_in(&[0, 1, 75]).code == Some(1);
                sender.signal_if_alive("CONT");
                round.taken_over += usize::from(!refused && database.is_some());
                refused && sender.signal_if_alive("KILL")
            }
            Blow::Pause => false,
        };
        let killed = sender.wait().code.is_none();
        round.kills += usize::from(killed);
        round.others += usize::from(!killed);
    }
    finish(&test, &send);
    check(&server, seed, &mut round);
    test.counts(&format!("delivered={SUBSCRIBERS}"));
    round
}

/// Runs the send until it is done, later each time, as an operator's timer would.
fn finish(test: &Test, send: &str) {
    for hour in 6..18 {
        if test.run_at(&format!("2026-11-25T{hour:02}:10:00Z"), send).code_in(&[0, 75]).code == Some(0) {
            return;
        }
    }
    panic!("the send is not done after twelve runs: {}", test.status());
}

/// Nobody missed, no stranger, few duplicates, and those the same message.
fn check(server: &Server, seed: u64, round: &mut Round) {
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in server.messages().into_iter().filter(|message| message.code.is_none_or(|code| code == 250)) {
        let data = String::from_utf8_lossy(&message.data).into_owned();
        let id = data.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
        copies.entry(message.to.join(" ")).or_default().push(id);
    }
    let mut subscribers: Vec<String> = (1..=SUBSCRIBERS).map(|n| format!("reader{n}@inbox.example")).collect();
    subscribers.sort();
    let reached: Vec<String> = copies.keys().cloned().collect();
    assert_eq!(reached, subscribers, "seed {seed}: lost or strangers");
    for (subscriber, ids) in &copies {
        assert!(ids.iter().all(|id| *id == ids[0]), "seed {seed}: {subscriber} got two different messages: {ids:?}");
        round.twice += ids.len() - 1;
    }
    let most = (round.kills + round.taken_over) * round.connections;
    assert!(round.twice <= most, "seed {seed}: {} came twice, at most {most} may: {round:?}", round.twice);
}

#[test]
fn killed_anywhere_nobody_is_lost_and_few_are_mailed_twice() {
    rounds(None, 6);
}

/// Plays some rounds, or as many as `DIGEST_STORM_ROUNDS` says.
pub fn rounds(postgres: Option<&Postgres>, few: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (rounds, first) = (number("DIGEST_STORM_ROUNDS").unwrap_or(few), number("DIGEST_STORM_SEED").unwrap_or(1));
    eprintln!("{:>6} {:>12} {:>6} {:>7} {:>6}", "seed", "connections", "kills", "others", "twice");
    let mut all = Round::default();
    for seed in first..first + rounds {
        let round = play(seed, postgres);
        eprintln!("{seed:>6} {:>12} {:>6} {:>7} {:>6}", round.connections, round.kills, round.others, round.twice);
        all.kills += round.kills;
        all.others += round.others;
        all.twice += round.twice;
    }
    let (kills, others, twice) = (all.kills, all.others, all.twice);
    eprintln!(
        "{rounds} rounds of {SUBSCRIBERS} subscribers, {kills} kills, {others} other ends: 0 lost, 0 strangers, {twice} twice, all of \
         them the same message"
    );
}
