//! The `Job` trait: a kind, its arguments and its defaults.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::lane::Band;
use crate::retry::RetryPolicy;

/// A kind of job. The type is its arguments; the constants are its defaults,
/// which a single [`crate::NewJob`] may override.
///
/// A kind says *what* is to be done. *How* is a handler's business
/// (`nexus_workers::Handler`), so a producer never links the handlers.
///
/// ```
/// use nexus_jobs::Job;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct SendLetter { case: i64 }
///
/// impl Job for SendLetter {
///     const KIND: &'static str = "send_letter";
/// }
/// assert_eq!(SendLetter::QUEUE, "default");
/// ```
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name in the ledger: 1 to 100 characters, never reused for
    /// arguments of another shape.
    const KIND: &'static str;
    /// The queue it waits in.
    const QUEUE: &'static str = "default";
    /// Its priority band.
    const BAND: Band = Band::Normal;
    /// How many of it travel in one broker entry.
    const WEIGHT: Weight = Weight::Light;
    /// Where its handler runs.
    const EXECUTION: Execution = Execution::InPlace;
    /// Longest time one attempt may take; `None` takes the worker's default.
    const TIMEOUT: Option<Duration> = None;

    /// How it is retried; `None` takes the configured default.
    fn retry() -> Option<RetryPolicy> {
        None
    }
}

/// How many jobs of a kind travel in one broker entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Milliseconds of work: up to `enqueue.entry_ids_max` ids an entry.
    Light,
    /// Seconds of work or more: one id an entry, so that processes share them evenly.
    Heavy,
}

impl Weight {
    /// Ids in one dispatch row, given the setting for light kinds.
    pub const fn entry_ids(self, light_max: usize) -> usize {
        match self {
            Self::Light => light_max,
            Self::Heavy => 1,
        }
    }
}

/// Where a handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// Polled inside the worker's loop: cheapest, for handlers that only await.
    InPlace,
    /// On a task of its own, for handlers that compute between awaits.
    Spawned,
    /// On a thread of the bounded pool (`workers.blocking_threads`), for handlers that
    /// block or compute for long. Its time runs from when it has its thread.
    Blocking,
}
