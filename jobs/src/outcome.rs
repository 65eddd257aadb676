//! What a handler answers.

use std::time::Duration;

use serde_json::Value;

/// A handler's answer. An error from `?` means [`Outcome::Retry`] by the policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Done, with a result worth keeping or `None`.
    Done(Option<Value>),
    /// Done, and already settled in the ledger by the transaction that the
    /// handler ran through its context: there is nothing left to write.
    Settled,
    /// Failed; try again. `after` overrides the policy's wait.
    Retry {
        /// What went wrong, kept with the attempt.
        error: String,
        /// How long to wait instead of what the policy says.
        after: Option<Duration>,
    },
    /// Not now: call again after this long. Spends no attempt.
    Snooze(Duration),
    /// Never: the job becomes a dead letter with this reason.
    Discard(String),
    /// No longer wanted: the job ends as cancelled with this reason.
    Cancel(String),
}

impl Outcome {
    /// Done, with nothing to keep.
    pub const fn done() -> Self {
        Self::Done(None)
    }
}
