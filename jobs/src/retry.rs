//! Retry policies: how often a job is tried, and how long it waits in between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a job is tried, and how long it waits in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included. At least 1.
    pub attempts: u32,
    /// How long it waits between them.
    pub backoff: Backoff,
}

impl RetryPolicy {
    /// So many attempts, with waits that double from `base` up to `cap`, drawn with full jitter.
    pub const fn exponential(attempts: u32, base: Duration, cap: Duration) -> Self {
        let backoff = Backoff::Exponential { base, cap };
        Self { attempts, backoff }
    }

    /// So many attempts, always with the same wait.
    pub const fn fixed(attempts: u32, wait: Duration) -> Self {
        let backoff = Backoff::Fixed { wait };
        Self { attempts, backoff }
    }

    /// As many attempts as there are waits, and the first.
    pub fn list(waits: impl Into<Vec<Duration>>) -> Self {
        let waits = waits.into();
        Self {
            attempts: u32::try_from(waits.len()).map_or(u32::MAX, |waits| waits.saturating_add(1)),
            backoff: Backoff::List { waits },
        }
    }
}

/// How long a job waits between two attempts.
///
/// As JSON, the form in which a single job carries its own: an object with its
/// `strategy`, and times in whole milliseconds.
///
/// ```
/// use nexus_jobs::Backoff;
///
/// let backoff: Backoff =
///     serde_json::from_str(r#"{"strategy": "linear", "base_ms": 500, "cap_ms": 3000}"#).unwrap();
/// assert_eq!(backoff.wait(2, 7).as_millis(), 1000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
pub enum Backoff {
    /// Always the same.
    Fixed {
        /// The wait.
        #[serde(rename = "wait_ms", with = "millis")]
        wait: Duration,
    },
    /// `base` more after each attempt, up to `cap`.
    Linear {
        /// The first wait.
        #[serde(rename = "base_ms", with = "millis")]
        base: Duration,
        /// The longest wait.
        #[serde(rename = "cap_ms", with = "millis")]
        cap: Duration,
    },
    /// With full jitter: uniform in `[0, min(cap, base · 2^(n-1))]` after attempt `n`.
    ///
    /// It spreads a crowd of failures best for the work it costs; see M. Brooker,
    /// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    Exponential {
        /// Upper bound of the first wait.
        #[serde(rename = "base_ms", with = "millis")]
        base: Duration,
        /// Upper bound of every wait.
        #[serde(rename = "cap_ms", with = "millis")]
        cap: Duration,
    },
    /// These, one after the other; the last one repeats.
    List {
        /// The waits, 1 to [`Backoff::WAITS_MAX`].
        #[serde(rename = "waits_ms", with = "millis_list")]
        waits: Vec<Duration>,
    },
}

/// A backoff that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBackoff {
    /// The list of waits is empty, or too long.
    #[error("{0} waits; a list has 1 to {max}", max = Backoff::WAITS_MAX)]
    Waits(usize),
    /// The first wait is longer than the longest.
    #[error("its base is more than its cap")]
    Base,
    /// It waits for longer than anything may.
    #[error("a wait of more than ten years")]
    TooLong,
}

impl Backoff {
    /// Most waits of a list.
    pub const WAITS_MAX: usize = 100;
    /// The longest wait: ten years of 365 days, as in settings.
    pub const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

    /// Whether it keeps to the rules that its type does not carry.
    pub fn check(&self) -> Result<(), BadBackoff> {
        let longest = match self {
            Self::Fixed { wait } => *wait,
            Self::Linear { base, cap } | Self::Exponential { base, cap } => {
                if base > cap {
                    return Err(BadBackoff::Base);
                }
                *cap
            }
            Self::List { waits } => {
                if !(1..=Self::WAITS_MAX).contains(&waits.len()) {
                    return Err(BadBackoff::Waits(waits.len()));
                }
                waits.iter().copied().max().unwrap_or_default()
            }
        };
        if longest > Self::LONGEST {
            return Err(BadBackoff::TooLong);
        }
        Ok(())
    }

    /// The longest wait after `attempt` attempts are spent.
    pub fn ceiling(&self, attempt: u32) -> Duration {
        match self {
            Self::Fixed { wait } => *wait,
            Self::Linear { base, cap } => base.saturating_mul(attempt.max(1)).min(*cap),
            Self::Exponential { base, cap } => {
                let doublings = attempt.saturating_sub(1).min(31);
                base.saturating_mul(1_u32 << doublings).min(*cap)
            }
            Self::List { waits } => {
                let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
                let wait = waits.get(at).or(waits.last());
                wait.copied().unwrap_or_default()
            }
        }
    }

    /// The wait after `attempt` attempts are spent. `seed` is the job's luck:
    /// the same seed gives the same wait.
    pub fn wait(&self, attempt: u32, seed: u64) -> Duration {
        let ceiling = self.ceiling(attempt);
        if !matches!(self, Self::Exponential { .. }) {
            return ceiling;
        }
        let share = u128::from(splitmix64(seed ^ u64::from(attempt)));
        // Ten years in microseconds are 49 bits, so the product fits.
        let micros = (ceiling.min(Self::LONGEST).as_micros() * share) >> 64;
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// A duration as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(wait: &Duration, to: S) -> Result<S::Ok, S::Error> {
        u64::try_from(wait.as_millis())
            .unwrap_or(u64::MAX)
            .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

/// Durations as whole milliseconds.
mod millis_list {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(waits: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(waits.iter().map(Duration::as_millis))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Duration>, D::Error> {
        let waits = Vec::<u64>::deserialize(from)?;
        Ok(waits.into_iter().map(Duration::from_millis).collect())
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

    const EXPONENTIAL: Backoff = Backoff::Exponential {
        base: Duration::from_secs(1),
        cap: Duration::from_mins(1),
    };

    fn any_backoff() -> impl Strategy<Value = Backoff> {
        let wait = || (0_u64..=315_360_000_000).prop_map(Duration::from_millis);
        let pair = || (wait(), wait()).prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop_oneof![
            wait().prop_map(|wait| Backoff::Fixed { wait }),
            pair().prop_map(|(base, cap)| Backoff::Linear { base, cap }),
            pair().prop_map(|(base, cap)| Backoff::Exponential { base, cap }),
            prop::collection::vec(wait(), 1..=Backoff::WAITS_MAX)
                .prop_map(|waits| Backoff::List { waits }),
        ]
    }

    proptest! {
        #[test]
        fn a_wait_never_passes_its_ceiling(backoff in any_backoff(), attempt: u32, seed: u64) {
            prop_assert_eq!(backoff.check(), Ok(()));
            let wait = backoff.wait(attempt, seed);
            prop_assert!(wait <= backoff.ceiling(attempt));
            prop_assert!(wait <= Backoff::LONGEST);
            prop_assert_eq!(wait, backoff.wait(attempt, seed));
        }

        #[test]
        fn ceilings_never_fall_unless_they_are_listed(backoff in any_backoff(), attempt in 1_u32..1000) {
            if !matches!(backoff, Backoff::List { .. }) {
                prop_assert!(backoff.ceiling(attempt) <= backoff.ceiling(attempt + 1));
            }
        }

        #[test]
        fn what_is_written_reads_back(backoff in any_backoff()) {
            let text = serde_json::to_string(&backoff).unwrap();
            prop_assert_eq!(serde_json::from_str::<Backoff>(&text).unwrap(), backoff);
        }
    }

    fn seconds(backoff: &Backoff) -> Vec<u64> {
        (1..=8).map(|n| backoff.ceiling(n).as_secs()).collect()
    }

    #[test]
    fn ceilings_double_up_to_the_cap() {
        assert_eq!(seconds(&EXPONENTIAL), [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_linear_one_grows_by_its_base_up_to_its_cap() {
        let (base, cap) = (Duration::from_secs(2), Duration::from_secs(9));
        let backoff = Backoff::Linear { base, cap };
        assert_eq!(seconds(&backoff), [2, 4, 6, 8, 9, 9, 9, 9]);
        assert_eq!(backoff.wait(2, 1), Duration::from_secs(4));
    }

    #[test]
    fn the_last_of_a_list_repeats() {
        let waits = [5, 1, 30].map(Duration::from_secs);
        let policy = RetryPolicy::list(waits);
        assert_eq!(policy.attempts, 4);
        assert_eq!(seconds(&policy.backoff), [5, 1, 30, 30, 30, 30, 30, 30]);
        let fixed = RetryPolicy::fixed(3, Duration::from_secs(4)).backoff;
        assert_eq!(seconds(&fixed), [4; 8]);
    }

    #[test]
    fn jitter_is_full_and_even() {
        let mut quarters = [0_u32; 4];
        for seed in 0..4000 {
            let micros = EXPONENTIAL.wait(3, seed).as_micros();
            quarters[usize::try_from(micros / 1_000_001).unwrap()] += 1;
        }
        assert!(
            quarters.iter().all(|n| (900..1100).contains(n)),
            "{quarters:?}"
        );
    }

    #[test]
    fn what_breaks_a_rule_is_told() {
        let read = |text: &str| serde_json::from_str::<Backoff>(text).unwrap().check();
        let empty = read(r#"{"strategy": "list", "waits_ms": []}"#);
        assert_eq!(empty, Err(BadBackoff::Waits(0)));
        let upside_down = read(r#"{"strategy": "linear", "base_ms": 2, "cap_ms": 1}"#);
        assert_eq!(upside_down, Err(BadBackoff::Base));
        let endless = read(r#"{"strategy": "fixed", "wait_ms": 315360000001}"#);
        assert_eq!(endless, Err(BadBackoff::TooLong));
        for unread in [
            r#"{"strategy": "fixed", "wait_ms": -1}"#,
            r#"{"strategy": "fixed", "wait": 1}"#,
            r#"{"strategy": "fixed", "wait_ms": 1, "cap_ms": 2}"#,
            r#"{"strategy": "never"}"#,
        ] {
            assert!(serde_json::from_str::<Backoff>(unread).is_err(), "{unread}");
        }
    }
}
