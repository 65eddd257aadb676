//! Retry policies: how long to wait before the next attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Exponential backoff with full jitter: the wait before attempt `n + 1` is
/// uniform in `[0, min(cap, base · 2^(n-1))]`.
///
/// Full jitter spreads a crowd of failures best for the work it costs; see
/// M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included. At least 1.
    pub attempts: u32,
    /// Upper bound of the first wait.
    pub base: Duration,
    /// Upper bound of every wait.
    pub cap: Duration,
}

impl RetryPolicy {
    /// The upper bound of the wait after `attempt` attempts are spent.
    pub fn ceiling(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.base.saturating_mul(1_u32 << doublings).min(self.cap)
    }

    /// The wait after `attempt` attempts are spent. `seed` is the job's luck:
    /// the same seed gives the same wait.
    pub fn wait(&self, attempt: u32, seed: u64) -> Duration {
        let ceiling = self.ceiling(attempt).as_micros();
        let share = u128::from(splitmix64(seed ^ u64::from(attempt)));
        let micros = (ceiling * share) >> 64;
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// One step of `SplitMix64`, a full-period mixing of 64 bits.
///
/// G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
pub(crate) const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 5,
        base: Duration::from_secs(1),
        cap: Duration::from_mins(1),
    };

    proptest! {
        #[test]
        fn a_wait_never_passes_its_ceiling(attempt in 0_u32..200, seed: u64) {
            let wait = POLICY.wait(attempt, seed);
            prop_assert!(wait <= POLICY.ceiling(attempt));
            prop_assert!(wait <= POLICY.cap);
            prop_assert_eq!(wait, POLICY.wait(attempt, seed));
        }
    }

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let seconds: Vec<u64> = (1..=8).map(|n| POLICY.ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn jitter_is_full_and_even() {
        let mut quarters = [0_u32; 4];
        for seed in 0..4000 {
            let micros = POLICY.wait(3, seed).as_micros();
            quarters[usize::try_from(micros / 1_000_001).unwrap()] += 1;
        }
        assert!(
            quarters.iter().all(|n| (900..1100).contains(n)),
            "{quarters:?}"
        );
    }
}
