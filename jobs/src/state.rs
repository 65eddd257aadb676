//! The states of a job and the steps between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting for its due time.
    Scheduled,
    /// Due, waiting for a worker.
    Available,
    /// Claimed by a worker whose lease holds.
    Running,
    /// Failed or snoozed, waiting for its next attempt.
    Retryable,
    /// Done. Final.
    Completed,
    /// Given up: a dead letter. Final.
    Discarded,
    /// Called off. Final.
    Cancelled,
}

/// What can happen to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A worker takes it.
    Claim,
    /// Its handler is done.
    Complete,
    /// Its attempt failed and another follows.
    Retry,
    /// Its handler asked to be called later.
    Snooze,
    /// It is handed back unspent: drain, or a lost lease.
    GiveBack,
    /// No attempt is left, or its handler gave up.
    Discard,
    /// Somebody called it off.
    Cancel,
}

impl State {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 7] = [
        Self::Scheduled,
        Self::Available,
        Self::Running,
        Self::Retryable,
        Self::Completed,
        Self::Discarded,
        Self::Cancelled,
    ];

    /// The state after a step, or `None` where the step is not legal.
    ///
    /// The ledger's statements carry the same rule in their conditions; the
    /// end-to-end tests hold the two together.
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Scheduled | Self::Available | Self::Retryable, Step::Claim) => {
                Some(Self::Running)
            }
            (Self::Running, Step::Complete) => Some(Self::Completed),
            (Self::Running, Step::Retry | Step::Snooze) => Some(Self::Retryable),
            (Self::Running, Step::GiveBack) => Some(Self::Available),
            (Self::Running, Step::Discard) => Some(Self::Discarded),
            (from, Step::Cancel) if !from.is_final() => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// Whether nothing can happen any more: such jobs are in history.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Discarded | Self::Cancelled)
    }

    /// Whether a worker may claim it once it is due.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Available | Self::Retryable)
    }

    /// The name used in SQL, API and CLI.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Running => "running",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| {
                let all = Self::ALL.map(Self::as_str).join(", ");
                format!("no state {text:?}: use one of {all}")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_step() -> impl Strategy<Value = Step> {
        prop::sample::select(vec![
            Step::Claim,
            Step::Complete,
            Step::Retry,
            Step::Snooze,
            Step::GiveBack,
            Step::Discard,
            Step::Cancel,
        ])
    }

    proptest! {
        #[test]
        fn what_is_final_stays_final(steps in prop::collection::vec(any_step(), 1..40)) {
            let mut state = State::Available;
            for step in steps {
                let next = state.after(step);
                if state.is_final() {
                    prop_assert_eq!(next, None);
                }
                if step == Step::Claim {
                    prop_assert_eq!(next.is_some(), state.is_waiting());
                }
                state = next.unwrap_or(state);
            }
        }
    }

    #[test]
    fn only_a_running_job_can_be_settled() {
        for state in State::ALL.into_iter().filter(|s| *s != State::Running) {
            for step in [
                Step::Complete,
                Step::Retry,
                Step::Snooze,
                Step::GiveBack,
                Step::Discard,
            ] {
                assert_eq!(state.after(step), None, "{state} {step:?}");
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
