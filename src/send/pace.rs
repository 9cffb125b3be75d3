//! How many messages may be under way, to the relay as a whole and to each group of recipients' domains: as many as replies are
//! good for. Pure: time comes in as an argument. Knows no connection and no ledger.

use std::time::{Duration, Instant};

use crate::mail::DomainGroup;

/// What a reply says about the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Taken, or refused for the recipient's sake.
    Good,
    /// Too fast, or too many connections: slow down, and wait as long as the reply asks.
    Slow(Option<Duration>),
}

/// Which lane a message goes by: 0 for all domains of no group, then the groups in order, as the ledger numbers them.
pub type Lane = usize;

/// The lanes of a run, and the relay that all of them share.
#[derive(Debug)]
pub struct Pace {
    relay: Gate,
    lanes: Vec<Gate>,
}

/// Replies in a row, for each message that may be under way, after which one more may be: a clean window.
const WINDOW: usize = 20;
/// The first wait after a cut when the reply names none; it doubles while cuts follow one another.
const PAUSE: Duration = Duration::from_secs(1);
/// No wait is longer.
const LONGEST: Duration = Duration::from_mins(10);

/// Where messages pass, at most `limit` at a time and not before `next`.
#[derive(Debug)]
struct Gate {
    /// Between two messages; zero without a rate.
    gap: Duration,
    /// What `limit` may grow to.
    most: usize,
    limit: usize,
    under_way: usize,
    /// Good replies since the limit last changed.
    good: usize,
    /// Cuts with no good reply between them.
    cuts: u32,
    /// No message starts before this.
    next: Instant,
    /// When the limit was last cut; replies to older messages do not cut it again.
    cut: Option<Instant>,
}

impl Gate {
    fn new(rate: u32, most: usize, now: Instant) -> Self {
        let gap = if rate == 0 { Duration::ZERO } else { Duration::from_secs(1) / rate };
        Self { gap, most, limit: most, under_way: 0, good: 0, cuts: 0, next: now, cut: None }
    }

    fn is_open(&self, now: Instant) -> bool {
        self.under_way < self.limit && now >= self.next
    }

    fn start(&mut self, now: Instant) {
        self.under_way += 1;
        self.next = self.next.max(now) + self.gap;
    }

    fn end(&mut self, started: Instant, told: Told, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        match told {
            Told::Good => {
                self.cuts = 0;
                self.good += 1;
                if self.good >= WINDOW * self.limit && self.limit < self.most {
                    self.limit += 1;
                    self.good = 0;
                }
            }
            Told::Slow(asked) => {
                self.good = 0;
                if self.cut.is_none_or(|cut| started >= cut) {
                    self.limit = (self.limit / 2).max(1);
                    self.cut = Some(now);
                    let pause = asked.unwrap_or(PAUSE * 2_u32.saturating_pow(self.cuts.min(10)));
                    self.next = self.next.max(now + pause.min(LONGEST));
                    self.cuts += 1;
                }
            }
        }
    }
}

impl Pace {
    /// Lanes for `groups`, and one for everybody else, over at most `connections` connections; `rate` in messages a second,
    /// 0 for no limit.
    pub fn new<'g>(rate: u32, connections: usize, groups: impl Iterator<Item = &'g DomainGroup>, now: Instant) -> Self {
        let connections = connections.max(1);
        let gate = |group: &DomainGroup| {
            let most = if group.connections == 0 { connections } else { group.connections.min(connections) };
            Gate::new(group.rate, most, now)
        };
        let lanes = std::iter::once(Gate::new(0, connections, now)).chain(groups.map(gate)).collect();
        Self { relay: Gate::new(rate, connections, now), lanes }
    }

    /// When the next closed gate opens by time alone; `None` when all wait for replies.
    pub fn opens(&self, now: Instant) -> Option<Instant> {
        let gates = std::iter::once(&self.relay).chain(&self.lanes);
        gates.filter(|gate| gate.under_way < gate.limit && gate.next > now).map(|gate| gate.next).min()
    }

    /// A message starts on its way, when its lane is still open.
    pub fn start(&mut self, lane: Lane, now: Instant) -> bool {
        let open = self.relay.is_open(now) && self.lanes[lane].is_open(now);
        if open {
            self.relay.start(now);
            self.lanes[lane].start(now);
        }
        open
    }

    /// A message counts as under way whether or not its lane is open: it was already refused.
    pub fn join(&mut self, lane: Lane) {
        self.relay.under_way += 1;
        self.lanes[lane].under_way += 1;
    }

    /// Whether nothing holds the lane back but its connections: no rate, and no cut that is not made good yet.
    pub fn is_free(&self, lane: Lane) -> bool {
        [&self.relay, &self.lanes[lane]].iter().all(|gate| gate.gap.is_zero() && gate.limit == gate.most)
    }

    /// There was no message to start after all.
    pub fn cancel(&mut self, lane: Lane) {
        for gate in [&mut self.relay, &mut self.lanes[lane]] {
            gate.under_way = gate.under_way.saturating_sub(1);
            gate.next -= gate.gap;
        }
    }

    /// A message that started at `started` ended: what was told is about its lane, and about the relay too when the lane is
    /// everybody's, since a reply that names no group may be the relay's own.
    pub fn end(&mut self, lane: Lane, started: Instant, told: Told, now: Instant) {
        self.lanes[lane].end(started, told, now);
        let relay = if lane == 0 { told } else { Told::Good };
        self.relay.end(started, relay, now);
    }

    /// The relay takes no more connections: fewer messages at a time, whatever their lanes.
    pub fn fewer(&mut self, now: Instant) {
        self.relay.under_way += 1;
        self.relay.end(now, Told::Slow(None), now);
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }
}

#[cfg(test)]
mod tests;
