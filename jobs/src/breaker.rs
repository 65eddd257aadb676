//! A kind's circuit breaker: a pure state machine.
//!
//! ```text
//!            failures / attempts ≥ share, of at least so many
//!   closed ────────────────────────────────────────────────────▶ open
//!     ▲                                                          │  ▲
//!     │ every probe well                            after `open` ▼  │ a probe failed
//!     └──────────────────────────────────────────────────── half open
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When a breaker opens, and how it closes again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakerPolicy {
    /// Share of failed attempts, above 0 and at most 1, from which it opens.
    pub failure_share: f64,
    /// Attempts in a window below which it never opens.
    pub attempts_min: u32,
    /// The length of a window.
    pub window: Duration,
    /// How long it stays open.
    pub open: Duration,
    /// Jobs let in half open; all well, and it closes.
    pub probes: u32,
}

/// A breaker's state, as claims and releases see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Jobs go.
    Closed,
    /// Jobs wait.
    Open,
    /// Some go, to see how they fare.
    HalfOpen {
        /// Probes that may still be sent.
        left: u32,
    },
}

/// Which of the states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Jobs go.
    #[default]
    Closed,
    /// Jobs wait.
    Open,
    /// Some go, to see how they fare.
    HalfOpen,
}

impl Phase {
    /// The word stored in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }

    /// The meaning of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Closed, Self::Open, Self::HalfOpen]
            .into_iter()
            .find(|phase| phase.as_str() == word)
    }
}

/// A breaker as it stands, and how long it has stood so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Its state.
    pub phase: Phase,
    /// Closed: since its window began. Otherwise: since it came to this state.
    pub age: Duration,
    /// Attempts ended since then.
    pub attempts: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Half open: probes sent.
    pub probing: u32,
}

impl Breaker {
    const fn turned(phase: Phase) -> Self {
        Self {
            phase,
            age: Duration::ZERO,
            attempts: 0,
            failures: 0,
            probing: 0,
        }
    }

    /// The state as claims and releases see it.
    pub const fn state(&self, policy: &BreakerPolicy) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open => BreakerState::Open,
            Phase::HalfOpen => BreakerState::HalfOpen {
                left: policy.probes.saturating_sub(self.probing),
            },
        }
    }

    /// What it becomes by the passing of time: open, it turns half open; half open
    /// without a verdict for as long again, since probes were lost, it starts anew.
    pub fn passed(self, policy: &BreakerPolicy) -> Self {
        match self.phase {
            Phase::Closed if self.age >= policy.window => Self::turned(Phase::Closed),
            Phase::Open if self.age >= policy.open => Self::turned(Phase::HalfOpen),
            Phase::HalfOpen if self.age >= policy.open && self.probing > 0 => {
                Self::turned(Phase::HalfOpen)
            }
            _ => self,
        }
    }

    /// What it becomes by so many more attempts that ended, and so many of them failed.
    pub fn told(self, policy: &BreakerPolicy, attempts: u64, failures: u64) -> Self {
        let told = Self {
            attempts: self.attempts + attempts,
            failures: self.failures + failures,
            ..self
        };
        match self.phase {
            Phase::Closed => {
                let told = if self.age >= policy.window {
                    Self {
                        attempts,
                        failures,
                        ..Self::turned(Phase::Closed)
                    }
                } else {
                    told
                };
                if told.is_bad(policy) {
                    Self::turned(Phase::Open)
                } else {
                    told
                }
            }
            // What ran already when it opened.
            Phase::Open => self,
            Phase::HalfOpen if failures > 0 => Self::turned(Phase::Open),
            // What ran already when it opened may still end: no probe, no verdict.
            Phase::HalfOpen if self.probing == 0 => self,
            Phase::HalfOpen if told.attempts >= u64::from(policy.probes) => {
                Self::turned(Phase::Closed)
            }
            Phase::HalfOpen => told,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 53 bits"
    )]
    fn is_bad(&self, policy: &BreakerPolicy) -> bool {
        self.attempts >= u64::from(policy.attempts_min)
            && self.failures as f64 >= policy.failure_share * self.attempts as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failure_share: 0.5,
        attempts_min: 10,
        window: Duration::from_secs(10),
        open: Duration::from_secs(30),
        probes: 3,
    };

    fn at(phase: Phase, age_s: u64) -> Breaker {
        Breaker {
            age: Duration::from_secs(age_s),
            ..Breaker::turned(phase)
        }
    }

    #[test]
    fn it_opens_on_a_share_of_enough_attempts() {
        let closed = at(Phase::Closed, 1);
        assert_eq!(closed.told(&POLICY, 9, 9).phase, Phase::Closed);
        assert_eq!(closed.told(&POLICY, 20, 9).phase, Phase::Closed);
        assert_eq!(
            closed.told(&POLICY, 9, 9).told(&POLICY, 1, 0).phase,
            Phase::Open
        );
    }

    #[test]
    fn a_window_that_is_over_counts_no_more() {
        let failed = Breaker {
            attempts: 9,
            failures: 9,
            ..at(Phase::Closed, 11)
        };
        let told = failed.told(&POLICY, 1, 1);
        assert_eq!(
            (told.phase, told.attempts, told.age),
            (Phase::Closed, 1, Duration::ZERO)
        );
    }

    #[test]
    fn it_is_half_open_after_its_time_and_closes_when_every_probe_is_well() {
        let open = at(Phase::Open, 29);
        assert_eq!(open.passed(&POLICY), open);
        assert_eq!(open.told(&POLICY, 5, 5), open);
        let half = at(Phase::Open, 30).passed(&POLICY);
        assert_eq!(half.state(&POLICY), BreakerState::HalfOpen { left: 3 });
        assert_eq!(half.told(&POLICY, 5, 0), half, "stragglers are no probes");
        let probing = Breaker { probing: 3, ..half };
        let two = probing.told(&POLICY, 2, 0);
        assert_eq!((two.phase, two.attempts), (Phase::HalfOpen, 2));
        assert_eq!(two.told(&POLICY, 1, 0).phase, Phase::Closed);
        assert_eq!(two.told(&POLICY, 1, 1).phase, Phase::Open);
    }

    #[test]
    fn probes_that_were_lost_are_sent_again() {
        let half = Breaker {
            probing: 3,
            ..at(Phase::HalfOpen, 30)
        };
        assert_eq!(
            half.passed(&POLICY).state(&POLICY),
            BreakerState::HalfOpen { left: 3 }
        );
    }
}
