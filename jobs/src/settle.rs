//! What becomes of a job after an attempt: a pure decision.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::outcome::Outcome;
use crate::retry::Backoff;

/// How an attempt ended, as the executor saw it.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempted {
    /// The handler answered.
    Answered(Outcome),
    /// The handler returned an error, or the kind could not be run.
    Failed {
        /// What kind of failure.
        reason: FailureReason,
        /// What went wrong.
        error: String,
    },
}

impl Attempted {
    /// The same end, of an attempt that was asked to end for `reason` (`None`: nobody asked).
    ///
    /// Who was faster decides: done is done, and what a handler gave up or called off by
    /// itself stays so. Whatever would have run again runs no more.
    #[must_use]
    pub fn called_off(self, reason: Option<&str>) -> Self {
        let Some(reason) = reason else { return self };
        let would_run_again = match &self {
            Self::Answered(outcome) => {
                matches!(outcome, Outcome::Retry { .. } | Outcome::Snooze(_))
            }
            Self::Failed { reason, .. } => *reason != FailureReason::Undecodable,
        };
        if would_run_again {
            Self::Answered(Outcome::Cancel(reason.to_owned()))
        } else {
            self
        }
    }
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The handler returned an error.
    Error,
    /// The handler panicked.
    Panic,
    /// The attempt took longer than its timeout.
    Timeout,
    /// The worker went silent for longer than its lease.
    LostLease,
    /// The arguments are not of the kind's shape.
    Undecodable,
    /// The handler gave the job up.
    Discarded,
}

impl FailureReason {
    /// The name stored with an attempt's error.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::LostLease => "lost_lease",
            Self::Undecodable => "undecodable",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the ledger is to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// To history, completed.
    Complete {
        /// The handler's result.
        result: Option<Value>,
    },
    /// Wait, then run again.
    Retry {
        /// Why the attempt failed.
        reason: FailureReason,
        /// What went wrong.
        error: String,
        /// How long to wait.
        after: Duration,
    },
    /// Wait, then run again; the attempt is not spent.
    Snooze {
        /// How long to wait.
        after: Duration,
    },
    /// To history, discarded.
    Discard {
        /// Why the attempt failed.
        reason: FailureReason,
        /// What went wrong.
        error: String,
    },
    /// To history, cancelled.
    Cancel {
        /// Why it was called off.
        reason: String,
    },
    /// Nothing: the handler's own transaction settled it.
    None,
}

/// Decides what becomes of a job.
///
/// `attempt` counts this attempt; `attempts_max` and `backoff` are the job's own;
/// `seed` decides the jitter.
pub fn settle(
    attempted: Attempted,
    attempt: u32,
    attempts_max: u32,
    backoff: &Backoff,
    seed: u64,
) -> Settlement {
    match attempted {
        Attempted::Answered(Outcome::Done(result)) => Settlement::Complete { result },
        Attempted::Answered(Outcome::Settled) => Settlement::None,
        Attempted::Answered(Outcome::Snooze(after)) => Settlement::Snooze { after },
        Attempted::Answered(Outcome::Cancel(reason)) => Settlement::Cancel { reason },
        Attempted::Answered(Outcome::Discard(error)) => Settlement::Discard {
            reason: FailureReason::Discarded,
            error,
        },
        Attempted::Failed {
            reason: reason @ FailureReason::Undecodable,
            error,
        } => Settlement::Discard { reason, error },
        Attempted::Answered(Outcome::Retry { error, after }) => again(
            FailureReason::Error,
            error,
            after,
            attempt,
            attempts_max,
            backoff,
            seed,
        ),
        Attempted::Failed { reason, error } => {
            again(reason, error, None, attempt, attempts_max, backoff, seed)
        }
    }
}

fn again(
    reason: FailureReason,
    error: String,
    after: Option<Duration>,
    attempt: u32,
    attempts_max: u32,
    backoff: &Backoff,
    seed: u64,
) -> Settlement {
    if attempt >= attempts_max {
        return Settlement::Discard { reason, error };
    }
    let after = after.unwrap_or_else(|| backoff.wait(attempt, seed));
    Settlement::Retry {
        reason,
        error,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff::Exponential {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(1),
    };

    fn failed(reason: FailureReason) -> Attempted {
        Attempted::Failed {
            reason,
            error: "no".into(),
        }
    }

    #[test]
    fn the_last_attempt_discards_and_earlier_ones_retry() {
        for attempt in 1..3 {
            let settled = settle(failed(FailureReason::Panic), attempt, 3, &BACKOFF, 7);
            assert!(matches!(
                settled,
                Settlement::Retry {
                    reason: FailureReason::Panic,
                    ..
                }
            ));
        }
        let settled = settle(failed(FailureReason::Timeout), 3, 3, &BACKOFF, 7);
        assert!(matches!(
            settled,
            Settlement::Discard {
                reason: FailureReason::Timeout,
                ..
            }
        ));
    }

    #[test]
    fn what_cannot_be_read_is_not_tried_again() {
        let settled = settle(failed(FailureReason::Undecodable), 1, 3, &BACKOFF, 7);
        assert!(matches!(settled, Settlement::Discard { .. }));
    }

    #[test]
    fn a_handler_chooses_its_own_wait() {
        let after = Duration::from_secs(99);
        let answered = Outcome::Retry {
            error: "busy".into(),
            after: Some(after),
        };
        let settled = settle(Attempted::Answered(answered), 1, 3, &BACKOFF, 7);
        assert!(matches!(settled, Settlement::Retry { after: a, .. } if a == after));
    }

    #[test]
    fn what_was_asked_to_end_runs_no_more() {
        let off = |attempted: Attempted| {
            let attempted = attempted.called_off(Some("not needed"));
            settle(attempted, 1, 3, &BACKOFF, 7)
        };
        let cancelled = Settlement::Cancel {
            reason: "not needed".into(),
        };
        let again = Outcome::Retry {
            error: "stopped".into(),
            after: None,
        };
        let snooze = Outcome::Snooze(Duration::from_secs(1));
        for ended in [
            Attempted::Answered(again),
            Attempted::Answered(snooze),
            failed(FailureReason::Error),
            failed(FailureReason::Panic),
            failed(FailureReason::Timeout),
        ] {
            assert_eq!(off(ended.clone()), cancelled, "{ended:?}");
            assert_eq!(ended.clone().called_off(None), ended);
        }
    }

    #[test]
    fn an_end_that_was_faster_stands() {
        for ended in [
            Attempted::Answered(Outcome::done()),
            Attempted::Answered(Outcome::Settled),
            Attempted::Answered(Outcome::Discard("no such case".into())),
            Attempted::Answered(Outcome::Cancel("stopped at row 7".into())),
            failed(FailureReason::Undecodable),
        ] {
            assert_eq!(ended.clone().called_off(Some("not needed")), ended);
        }
    }

    #[test]
    fn a_snooze_never_discards() {
        let answered = Attempted::Answered(Outcome::Snooze(Duration::from_secs(1)));
        assert!(matches!(
            settle(answered, 9, 3, &BACKOFF, 7),
            Settlement::Snooze { .. }
        ));
    }
}
