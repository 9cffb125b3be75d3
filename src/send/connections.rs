//! How many connections a relay accepts: as many as the settings allow, until it refuses one while others are open. They stay; one more
//! is tried now and then. Pure: time comes in as an argument. Knows no socket, no message and no pace.

use std::time::{Duration, Instant};

/// This many are opened at once while none is open, and twice as many for each open one. After the first refusal it is one at a time, or
/// one for this many open ones.
const AT_ONCE: usize = 4;
/// The first wait before one more is tried than the relay took; it doubles with each refusal.
const WAIT: Duration = Duration::from_secs(1);
/// No such wait is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// The connections of a run.
#[derive(Debug)]
pub struct Connections {
    /// The number that the settings allow.
    most: usize,
    /// The number that the relay took when it last refused one; `most` until then.
    limit: usize,
    open: usize,
    opening: usize,
    /// One more than the limit is not tried before this, nor any while none stands.
    next: Instant,
    /// Refusals since the relay last took more than before.
    refusals: u32,
    /// Attempts in a row that left us without any connection.
    failures: u32,
    /// Whether any connection was refused or lost: from then on few are opened at once.
    troubled: bool,
}

/// Whether a connection may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// It counts as being opened from now on.
    Now,
    /// Ask again at this time.
    At(Instant),
    /// Ask again when another one has changed.
    Later,
}

/// What a refused connection means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Others are open, or being opened: the relay accepts no more than those.
    OneTooMany,
    /// There is none, so often in a row.
    None(u32),
}

impl Connections {
    /// At most `most`.
    pub fn new(most: usize, now: Instant) -> Self {
        let most = most.max(1);
        Self { most, limit: most, open: 0, opening: 0, next: now, refusals: 0, failures: 0, troubled: false }
    }

    /// Whether one may be opened now.
    pub fn begin(&mut self, now: Instant) -> Permit {
        let standing = self.open + self.opening;
        let permit = if self.failures > 0 {
            // After a failure one has to show first that the relay is back.
            if standing > 0 { Permit::Later } else { self.not_before_next(now) }
        } else if standing < self.limit {
            let at_once = match (self.troubled, self.open) {
                (false, 0) => AT_ONCE,
                (false, open) => open * 2 * AT_ONCE,
                (true, open) => (open / AT_ONCE).max(1),
            };
            if self.opening < at_once { Permit::Now } else { Permit::Later }
        } else if self.limit < self.most && self.opening == 0 {
            self.not_before_next(now)
        } else {
            Permit::Later
        };
        self.opening += usize::from(permit == Permit::Now);
        permit
    }

    fn not_before_next(&self, now: Instant) -> Permit {
        if now >= self.next { Permit::Now } else { Permit::At(self.next) }
    }

    /// The relay took the connection that was being opened.
    pub fn opened(&mut self, now: Instant) {
        self.opening -= 1;
        self.open += 1;
        if self.open > self.limit {
            self.limit = self.open;
            self.refusals = 0;
            self.next = now + WAIT;
        }
    }

    /// A connection has carried a message: the relay is there. Says whether that was in doubt.
    pub fn carried(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }

    /// A connection has ended in good order.
    pub fn closed(&mut self) {
        self.open -= 1;
    }

    /// A connection that carried messages was lost.
    pub fn lost(&mut self) {
        self.open -= 1;
        self.troubled = true;
    }

    /// A connection that was being opened was refused or lost.
    pub fn refused(&mut self, now: Instant) -> Refused {
        self.opening -= 1;
        self.troubled = true;
        let standing = self.open + self.opening;
        if standing == 0 {
            self.failures += 1;
            self.next = now + doubled(self.failures);
            return Refused::None(self.failures);
        }
        self.limit = self.limit.min(standing);
        // Several that were opened at once and refused together are one refusal.
        if self.refusals == 0 || now >= self.next {
            self.refusals += 1;
            self.next = now + doubled(self.refusals);
        }
        Refused::OneTooMany
    }

    /// An open connection was refused before it carried a message, which is as good as never having been opened.
    pub fn refused_late(&mut self, now: Instant) -> Refused {
        self.open -= 1;
        self.opening += 1;
        self.refused(now)
    }

    /// Whether the relay accepts fewer than the settings allow.
    pub fn is_limited(&self) -> bool {
        self.limit < self.most
    }

    /// Whether another connection than the caller's is open or being opened.
    pub fn has_others(&self) -> bool {
        self.open + self.opening > 1
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.open
    }
}

/// The wait after the first, second … time.
fn doubled(times: u32) -> Duration {
    (WAIT * 2_u32.saturating_pow(times.saturating_sub(1).min(10))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// Opens as many as may be opened now; returns how many.
    fn volley(connections: &mut Connections, now: Instant) -> usize {
        std::iter::from_fn(|| (connections.begin(now) == Permit::Now).then_some(())).count()
    }

    #[test]
    fn they_are_opened_a_few_at_once_and_more_as_the_relay_takes_them() {
        let now = Instant::now();
        let mut connections = Connections::new(32, now);
        let mut volleys = Vec::new();
        while connections.open < 32 {
            let opened = volley(&mut connections, now);
            (0..opened).for_each(|_| connections.opened(now));
            volleys.push(opened);
        }
        assert_eq!(volleys, [4, 28]);
        assert_eq!(connections.begin(now), Permit::Later);
        assert!(!connections.is_limited());
    }

    #[test]
    fn a_relay_that_takes_two_keeps_two_and_is_asked_for_one_more_now_and_then() {
        let start = Instant::now();
        let mut connections = Connections::new(8, start);
        assert_eq!(volley(&mut connections, start), 4);
        connections.opened(start);
        assert_eq!(connections.refused(start), Refused::OneTooMany);
        connections.opened(start);
        assert_eq!(connections.refused(start), Refused::OneTooMany);
        assert!(connections.is_limited());
        // One more after 1, 2, 4 … seconds, a minute at most.
        let mut now = start;
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(connections.begin(now), Permit::At(now + seconds(wait)));
            now += seconds(wait);
            assert_eq!(volley(&mut connections, now), 1, "one at a time");
            assert_eq!(connections.refused(now), Refused::OneTooMany);
        }
        // A connection that ends is reopened at once, and changes nothing we know.
        connections.closed();
        assert_eq!(volley(&mut connections, now), 1);
        connections.opened(now);
        assert_eq!(connections.begin(now), Permit::At(now + seconds(60)));
        // When it takes a third, it is soon asked for a fourth.
        now += seconds(60);
        assert_eq!(volley(&mut connections, now), 1);
        connections.opened(now);
        assert_eq!(connections.begin(now), Permit::At(now + seconds(1)));
    }

    #[test]
    fn a_relay_that_takes_none_is_tried_by_one_connection_until_a_message_went() {
        let mut now = Instant::now();
        let mut connections = Connections::new(8, now);
        assert_eq!(volley(&mut connections, now), 4);
        (0..3).for_each(|_| assert_eq!(connections.refused(now), Refused::OneTooMany));
        assert_eq!(connections.refused(now), Refused::None(1));
        for (wait, failures) in [(1, 2), (2, 3), (4, 4)] {
            assert_eq!(connections.begin(now), Permit::At(now + seconds(wait)));
            now += seconds(wait);
            assert_eq!(volley(&mut connections, now), 1);
            assert_eq!(connections.refused(now), Refused::None(failures));
        }
        now += seconds(8);
        assert_eq!(volley(&mut connections, now), 1);
        connections.opened(now);
        // It says hello, and breaks off at the first message.
        assert_eq!(connections.begin(now), Permit::Later);
        assert_eq!(connections.refused_late(now), Refused::None(5));
        now += seconds(16);
        assert_eq!(volley(&mut connections, now), 1);
        connections.opened(now);
        connections.carried();
        assert_eq!(connections.refused_late(now), Refused::None(1));
    }

    proptest! {
        /// Whatever a relay with room for some does with us: we have as many as it takes, and it refuses one a second at most.
        #[test]
        fn we_have_as_many_as_the_relay_takes(most in 1_usize..40, room in 1_usize..10, closing in any::<u64>()) {
            let start = Instant::now();
            let mut connections = Connections::new(most, start);
            let (mut stands, mut refusals) = (0, Vec::new());
            for tenth in 0..600_u64 {
                let now = start + Duration::from_millis(tenth * 100);
                for _ in 0..volley(&mut connections, now) {
                    if stands < room {
                        stands += 1;
                        connections.opened(now);
                        connections.carried();
                    } else {
                        refusals.push(tenth);
                        prop_assert_eq!(connections.refused(now), Refused::OneTooMany);
                    }
                }
                prop_assert_eq!(stands, connections.open());
                prop_assert!(stands <= most.min(room));
                prop_assert!(tenth < 5 || stands == most.min(room), "{} of {} at {}", stands, room, tenth);
                // Now and then one has carried enough messages and is opened anew.
                if closing.rotate_left(u32::try_from(tenth % 64).unwrap()).trailing_zeros() >= 3 {
                    stands -= 1;
                    connections.closed();
                    prop_assert_eq!(connections.begin(now), Permit::Now);
                    stands += 1;
                    connections.opened(now);
                }
            }
            let later = refusals.iter().filter(|tenth| **tenth >= 5).count();
            prop_assert!(later <= 7, "{:?}", refusals);
        }
    }
}
