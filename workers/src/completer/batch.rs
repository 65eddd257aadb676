//! Settlements sorted by what writes them. Pure: no I/O.

use std::time::Duration;

use nexus_jobs::{FailureReason, JobId, Settlement, Token};
use nexus_schema::ledger::Settled;

use crate::settling::Decided;

/// Settlements by the verb that writes them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) complete: Vec<Settled<Option<String>>>,
    pub(super) retry: Vec<Settled<(FailureReason, String, Duration)>>,
    pub(super) snooze: Vec<Settled<Duration>>,
    pub(super) discard: Vec<Settled<(FailureReason, String)>>,
    pub(super) cancel: Vec<Settled<String>>,
    pub(super) settled: Vec<(JobId, Token)>,
    /// Those of them whose attempt was the last.
    pub(super) last_attempts: Vec<JobId>,
}

impl Batch {
    pub(super) fn of(decided: impl IntoIterator<Item = Decided>) -> Self {
        let mut batch = Self::default();
        for Decided {
            job,
            token,
            settlement,
            is_last_attempt,
        } in decided
        {
            batch.settled.push((job, token));
            if is_last_attempt {
                batch.last_attempts.push(job);
            }
            match settlement {
                Settlement::Complete { result } => {
                    let with = result.map(|value| value.to_string());
                    batch.complete.push(Settled { job, token, with });
                }
                Settlement::Retry {
                    reason,
                    error,
                    after,
                } => {
                    batch.retry.push(Settled {
                        job,
                        token,
                        with: (reason, error, after),
                    });
                }
                Settlement::Snooze { after } => {
                    batch.snooze.push(Settled {
                        job,
                        token,
                        with: after,
                    });
                }
                Settlement::Discard { reason, error } => {
                    batch.discard.push(Settled {
                        job,
                        token,
                        with: (reason, error),
                    });
                }
                Settlement::Cancel { reason } => {
                    batch.cancel.push(Settled {
                        job,
                        token,
                        with: reason,
                    });
                }
                Settlement::None => {}
            }
        }
        batch
    }

    /// Each settlement as a batch of its own.
    pub(super) fn singly(self) -> Vec<Self> {
        fn each<T>(of: Vec<Settled<T>>, one: fn(Vec<Settled<T>>) -> Batch) -> Vec<Batch> {
            let single = |s: Settled<T>| Batch {
                settled: vec![(s.job, s.token)],
                ..one(vec![s])
            };
            of.into_iter().map(single).collect()
        }
        [
            each(self.complete, |complete| Self {
                complete,
                ..Self::default()
            }),
            each(self.retry, |retry| Self {
                retry,
                ..Self::default()
            }),
            each(self.snooze, |snooze| Self {
                snooze,
                ..Self::default()
            }),
            each(self.discard, |discard| Self {
                discard,
                ..Self::default()
            }),
            each(self.cancel, |cancel| Self {
                cancel,
                ..Self::default()
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A failed attempt of one job.
    pub(super) fn failed(job: JobId, token: Token, error: String, after: Option<Duration>) -> Self {
        let reason = FailureReason::Error;
        let settlement = match after {
            Some(after) => Settlement::Retry {
                reason,
                error,
                after,
            },
            None => Settlement::Discard { reason, error },
        };
        Self::of([Decided {
            job,
            token,
            settlement,
            is_last_attempt: after.is_none(),
        }])
    }
}
