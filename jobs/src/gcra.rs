//! Rates by the generic cell rate algorithm (ITU-T I.371, annex A, as virtual
//! scheduling).
//!
//! A gate keeps one instant, the theoretical arrival time TAT. With emission
//! interval T = per / count and tolerance τ = (burst − 1) T, a start at time t
//! conforms if t ≥ TAT − τ; then TAT becomes max(t, TAT) + T. No counter, no window:
//! in any stretch of time of length L at most burst + L / T starts conform.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// So many starts in a time, and so many of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Starts in each `per`; at least 1.
    pub count: u32,
    /// The time, in microseconds; at least 1.
    pub per_us: u64,
    /// Starts that may come at once after a pause; at least 1.
    pub burst: u32,
}

impl Rate {
    /// By how much `starts` of them move TAT on, in microseconds; rounded up, so that
    /// the rate is never exceeded.
    pub const fn advance_us(&self, starts: u32) -> u64 {
        (starts as u64 * self.per_us).div_ceil(self.count as u64)
    }

    /// How many starts conform now, with TAT `ahead_us` in the future.
    pub const fn room(&self, ahead_us: u64) -> u32 {
        // The nth start at once conforms if ahead + (n − 1) T ≤ (burst − 1) T.
        let Some(left) = self.advance_us(self.burst).checked_sub(ahead_us) else {
            return 0;
        };
        let starts = left * self.count as u64 / self.per_us;
        // At most `burst`, as the left side never exceeds its advance.
        if starts > self.burst as u64 {
            self.burst
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "at most a u32's burst")]
            let starts = starts as u32;
            starts
        }
    }

    /// How long until one more start conforms.
    pub const fn wait(&self, ahead_us: u64) -> Duration {
        let allowed = self.advance_us(self.burst) - self.advance_us(1);
        Duration::from_micros(ahead_us.saturating_sub(allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The algorithm as the recommendation words it, start by start, in exact numbers:
    /// all times are multiplied by `count`, so that T is the whole number `per_us`.
    struct ByTheBook {
        tat: u64,
    }

    impl ByTheBook {
        fn conforms(&mut self, rate: &Rate, now_us: u64) -> bool {
            let t = now_us * u64::from(rate.count);
            let tolerance = u64::from(rate.burst - 1) * rate.per_us;
            if t + tolerance < self.tat {
                return false;
            }
            self.tat = self.tat.max(t) + rate.per_us;
            true
        }
    }

    proptest! {
        /// Whatever we let in conforms by the book, and where T is whole nothing is kept out
        /// that the book lets in.
        #[test]
        fn what_is_let_in_conforms(
            count in 1_u32..50, per_ms in 1_u64..2000, burst in 1_u32..20, whole in any::<bool>(),
            steps in prop::collection::vec((0_u64..500_000, 0_u32..30), 1..100),
        ) {
            let per_us = if whole { u64::from(count) * per_ms } else { per_ms * 1000 };
            let rate = Rate { count, per_us, burst };
            let mut book = ByTheBook { tat: 0 };
            let (mut tat, mut now) = (0_u64, 0_u64);
            for (pause, wanted) in steps {
                now += pause;
                let ahead = tat.saturating_sub(now);
                let room = rate.room(ahead);
                let taken = room.min(wanted);
                for _ in 0..taken {
                    prop_assert!(book.conforms(&rate, now));
                }
                if taken > 0 {
                    tat = tat.max(now) + rate.advance_us(taken);
                }
                if whole && taken < wanted {
                    prop_assert!(!book.conforms(&rate, now), "one more would conform");
                }
                let ahead = tat.saturating_sub(now);
                if rate.room(ahead) == 0 {
                    let later = u64::try_from(rate.wait(ahead).as_micros()).unwrap();
                    prop_assert!(later > 0);
                    prop_assert!(rate.room(ahead - later) > 0);
                }
            }
        }
    }

    #[test]
    fn a_hundred_a_minute_are_five_at_once_and_then_one_every_600_ms() {
        let rate = Rate {
            count: 100,
            per_us: 60_000_000,
            burst: 5,
        };
        assert_eq!(rate.room(0), 5);
        let ahead = rate.advance_us(5);
        assert_eq!(rate.room(ahead), 0);
        assert_eq!(rate.wait(ahead), Duration::from_millis(600));
        assert_eq!(rate.room(ahead - 600_000), 1);
    }
}
