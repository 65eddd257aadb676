//! How many ids of a lane the broker holds: about what is taken in a second. Pure.

use std::time::{Duration, Instant};

/// How long what is in the broker may last. It cannot be put in another order, so a job
/// of another tenant, or of a queue that was just paused, waits behind all of it.
const LASTS: Duration = Duration::from_secs(1);

/// Ids before anything is known of the lane: little for light jobs, seconds of slow ones.
const FIRST: usize = 1000;

/// A lane's bound, and how fast its ids were taken lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    ids: usize,
    least: usize,
    most: usize,
    since: Instant,
    taken: usize,
}

impl Bound {
    pub(super) fn new(least: usize, most: usize, now: Instant) -> Self {
        Self {
            ids: FIRST.clamp(least, most),
            least,
            most,
            since: now,
            taken: 0,
        }
    }

    pub(super) const fn ids(&self) -> usize {
        self.ids
    }

    /// Takes in a count of what is left, and of what was taken since the last one. Found
    /// half empty, and it went fast: double. Taken too slowly: halve.
    pub(super) fn counted(&mut self, left: usize, taken: usize, now: Instant) {
        self.taken += taken;
        let over = now.duration_since(self.since);
        let in_time = self.taken as u128 * LASTS.as_micros() >= self.ids as u128 * over.as_micros();
        if left <= self.ids / 2 && in_time {
            self.turn(self.ids.saturating_mul(2), now);
        } else if over >= LASTS {
            let ids = if in_time { self.ids } else { self.ids / 2 };
            self.turn(ids, now);
        }
    }

    fn turn(&mut self, ids: usize, now: Instant) {
        self.ids = ids.clamp(self.least, self.most);
        self.since = now;
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane that is always filled up, and counted every 20 ms, while `per_s` are taken.
    fn after_10_s(per_s: usize) -> usize {
        let start = Instant::now();
        let mut bound = Bound::new(20, 20_000, start);
        // In fiftieths of a job.
        let (mut left, mut owed) = (0, 0);
        for step in 1..=500_u32 {
            let filled = bound.ids().max(left);
            owed += per_s;
            let taken = (owed / 50).min(filled);
            owed -= taken * 50;
            left = filled - taken;
            bound.counted(left, taken, start + Duration::from_millis(20) * step);
        }
        bound.ids()
    }

    #[test]
    fn fast_lanes_get_all_they_can_take_and_slow_ones_little() {
        assert!(after_10_s(100_000) >= 2000, "{}", after_10_s(100_000));
        for per_s in [50, 300, 3000] {
            let ids = after_10_s(per_s);
            assert!(ids <= 2 * per_s, "{ids} at {per_s}/s");
            assert!(ids >= per_s / 4, "{ids} at {per_s}/s");
        }
        assert_eq!(after_10_s(1), 20);
    }

    #[test]
    fn jobs_that_trickle_make_it_no_larger() {
        let start = Instant::now();
        let mut bound = Bound::new(20, 20_000, start);
        for nth in 1..20 {
            bound.counted(0, bound.ids(), start + Duration::from_secs(5) * nth);
        }
        assert_eq!(bound.ids(), 20);
    }
}
