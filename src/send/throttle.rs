//! How many messages may be under way, to the relay as a whole and to each group of recipients' domains: as many as replies are
//! good for. Pure: time comes in as an argument. Knows no connection and no ledger.

use std::time::{Duration, Instant};

use crate::mail::DomainGroup;

/// What a reply says about the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Taken, or refused for the recipient's sake.
    Good,
    /// Too fast, or too many connections: slow down, and wait as long as the reply asks.
    Slow(Option<Duration>),
    /// Nothing: the connection was lost, or had been closed while it was idle.
    None,
}

/// A message's domain group: 0 for all domains in no group, then the groups in order, as the ledger numbers them.
pub type GroupIndex = usize;

/// The domain groups of a run, and the relay that all of them share.
#[derive(Debug)]
pub struct Throttle {
    relay: Gate,
    domain_groups: Vec<Gate>,
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
    /// The time between two messages of all senders together; zero if there is no rate.
    whole_gap: Duration,
    /// The most messages under way of all senders together, if there is a limit.
    whole: Option<usize>,
    /// The time between two messages of this sender.
    gap: Duration,
    /// What `limit` may grow to; 0 if the other senders have the whole share.
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
        Self {
            whole_gap: gap,
            whole: None,
            gap,
            most,
            limit: most,
            under_way: 0,
            good: 0,
            cuts: 0,
            next: now,
            cut: None,
        }
    }

    /// Sets the share of sender `rank` of `size`.
    fn share(&mut self, rank: usize, size: usize) {
        self.gap = self.whole_gap * u32::try_from(size).unwrap_or(u32::MAX);
        if let Some(whole) = self.whole {
            let most = whole / size + usize::from(rank < whole % size);
            self.limit = if self.limit == self.most { most } else { self.limit.clamp(most.min(1), most) };
            self.most = most;
        }
    }

    fn is_open(&self, now: Instant) -> bool {
        self.under_way < self.limit && now >= self.next
    }

    fn start(&mut self, now: Instant) {
        self.under_way += 1;
        // A message that starts a little late must not delay all the following ones.
        self.next = self.next.max(now.checked_sub(self.gap).unwrap_or(now)) + self.gap;
    }

    fn end(&mut self, started: Instant, told: Feedback, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        match told {
            Feedback::Good => {
                self.cuts = 0;
                self.good += 1;
                if self.good >= WINDOW * self.limit && self.limit < self.most {
                    self.limit += 1;
                    self.good = 0;
                }
            }
            Feedback::Slow(asked) => {
                self.good = 0;
                if self.cut.is_none_or(|cut| started >= cut) {
                    self.limit = (self.limit / 2).max(1);
                    self.cut = Some(now);
                    let pause = asked.unwrap_or(PAUSE * 2_u32.saturating_pow(self.cuts.min(10)));
                    self.next = self.next.max(now + pause.min(LONGEST));
                    self.cuts += 1;
                }
            }
            Feedback::None => {}
        }
    }
}

impl Throttle {
    /// Lanes for `groups`, and one for everybody else, over at most `connections` connections; `rate` in messages a second,
    /// 0 for no limit.
    pub fn new<'g>(rate: u32, connections: usize, groups: impl Iterator<Item = &'g DomainGroup>, now: Instant) -> Self {
        let connections = connections.max(1);
        let gate = |group: &DomainGroup| {
            let whole = Some(group.connections).filter(|connections| *connections > 0);
            Gate { whole, ..Gate::new(group.rate, whole.map_or(connections, |whole| whole.min(connections)), now) }
        };
        let domain_groups = std::iter::once(Gate::new(0, connections, now)).chain(groups.map(gate)).collect();
        Self { relay: Gate::new(rate, connections, now), domain_groups }
    }

    /// Sets this sender's share of the rates and of the groups' connections: there are `size` senders, and this one is number `rank`, counted from 0.
    pub fn share(&mut self, rank: usize, size: usize) {
        for gate in std::iter::once(&mut self.relay).chain(&mut self.domain_groups) {
            gate.share(rank, size);
        }
    }

    /// Nothing that has a rate starts before this.
    pub fn delay(&mut self, until: Instant) {
        for gate in std::iter::once(&mut self.relay).chain(&mut self.domain_groups) {
            if !gate.gap.is_zero() {
                gate.next = gate.next.max(until);
            }
        }
    }

    /// The domain groups in which this sender has a share.
    pub fn ours(&self) -> Vec<GroupIndex> {
        (0..self.domain_groups.len()).filter(|group| self.domain_groups[*group].most > 0).collect()
    }

    /// When the next closed gate opens by time alone; `None` when all wait for replies.
    pub fn opens(&self, now: Instant) -> Option<Instant> {
        let gates = std::iter::once(&self.relay).chain(&self.domain_groups);
        gates.filter(|gate| gate.under_way < gate.limit && gate.next > now).map(|gate| gate.next).min()
    }

    /// A message starts on its way, when its domain group is still open.
    pub fn start(&mut self, domain_group: GroupIndex, now: Instant) -> bool {
        let open = self.relay.is_open(now) && self.domain_groups[domain_group].is_open(now);
        if open {
            self.relay.start(now);
            self.domain_groups[domain_group].start(now);
        }
        open
    }

    /// A message counts as under way whether or not its domain group is open: it was already refused.
    pub fn join(&mut self, domain_group: GroupIndex) {
        self.relay.under_way += 1;
        self.domain_groups[domain_group].under_way += 1;
    }

    /// Whether nothing holds the domain group back but its connections: no rate, and no cut that is not made good yet.
    pub fn is_free(&self, domain_group: GroupIndex) -> bool {
        [&self.relay, &self.domain_groups[domain_group]]
            .iter()
            .all(|gate| gate.gap.is_zero() && gate.limit == gate.most)
    }

    /// There was no message to start after all.
    pub fn cancel(&mut self, domain_group: GroupIndex) {
        for gate in [&mut self.relay, &mut self.domain_groups[domain_group]] {
            gate.under_way = gate.under_way.saturating_sub(1);
            gate.next -= gate.gap;
        }
    }

    /// A message that started at `started` ended: what was told is about its domain group, and about the relay too when the domain group is
    /// everybody's, since a reply that names no group may be the relay's own.
    pub fn end(&mut self, domain_group: GroupIndex, started: Instant, told: Feedback, now: Instant) {
        self.domain_groups[domain_group].end(started, told, now);
        let relay = if domain_group == 0 || told == Feedback::None { told } else { Feedback::Good };
        self.relay.end(started, relay, now);
    }

    /// How many domain groups there are.
    pub fn domain_groups(&self) -> usize {
        self.domain_groups.len()
    }
}

#[cfg(test)]
mod tests;
