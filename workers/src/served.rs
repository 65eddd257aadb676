//! A queue that this process serves: what is asked of it, and how that stands.

use std::sync::{Arc, Mutex, PoisonError};

use nexus_schema::asked::Wanted;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::slots::Slots;

/// What the loops of one queue share.
#[derive(Debug)]
pub(crate) struct Served {
    /// Jobs at once, unless an operator asks for another number.
    configured: usize,
    wanted: Mutex<Wanted>,
    /// A place a job that runs.
    pub(crate) slots: Arc<Slots>,
    /// The permit of the one suspect that may run: one a queue in a process.
    pub(crate) suspect: Arc<Semaphore>,
}

/// How what is asked of a queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Jobs that are to run at once.
    pub(crate) desired: usize,
    /// Whether it is asked to pause, and nothing more can start.
    pub(crate) paused: bool,
    /// Whether no more run than are to.
    pub(crate) settled: bool,
}

impl Served {
    /// Nothing runs until it is known what is asked.
    pub(crate) fn new(configured: usize) -> Self {
        Self {
            configured,
            wanted: Mutex::default(),
            slots: Slots::none(),
            suspect: Arc::new(Semaphore::new(1)),
        }
    }

    /// Does as is asked, from now on.
    pub(crate) fn apply(&self, wanted: Wanted, quiet: bool) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        self.slots.allow(allowed(self.configured, wanted, quiet));
    }

    pub(crate) fn standing(&self) -> Standing {
        let wanted = *self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = self.slots.used().settled;
        Standing {
            desired: wanted.concurrency.unwrap_or(self.configured),
            paused: wanted.paused && settled,
            settled,
        }
    }

    /// For the worker's row in the ledger.
    pub(crate) fn to_json(&self) -> Value {
        let standing = self.standing();
        json!({
            "desired": standing.desired,
            "running": self.slots.used().running,
            "paused": standing.paused,
        })
    }
}

/// Jobs that may run at once.
fn allowed(configured: usize, wanted: Wanted, quiet: bool) -> usize {
    if wanted.paused || quiet {
        0
    } else {
        wanted.concurrency.unwrap_or(configured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_goes_before_a_number_and_a_number_before_the_settings() {
        let wanted = |paused, concurrency| Wanted {
            paused,
            concurrency,
            ..Wanted::default()
        };
        assert_eq!(allowed(64, wanted(false, None), false), 64);
        assert_eq!(allowed(64, wanted(false, Some(8)), false), 8);
        assert_eq!(allowed(64, wanted(false, Some(0)), false), 0);
        assert_eq!(allowed(64, wanted(true, Some(8)), false), 0);
        assert_eq!(allowed(64, wanted(false, Some(8)), true), 0);
    }

    #[test]
    fn nothing_may_run_before_it_is_known_what_is_asked() {
        let served = Served::new(64);
        assert_eq!(served.slots.allowed(), 0);
        served.apply(Wanted::default(), false);
        assert_eq!(served.slots.allowed(), 64);
    }
}
