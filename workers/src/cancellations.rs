//! Running jobs that are asked to end.
//!
//! An attempt stands here from the first time that it has to wait: one that is
//! done at its first poll, as most light jobs are, never does, and costs nothing.
//! So an ask may come too early as well as too late, and is to be repeated for as
//! long as somebody wants the job to end.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nexus_jobs::JobId;

use crate::context::Context;

/// So many parts, so that loops seldom wait for one another.
const SHARDS: usize = 16;

/// The attempts of this process that can be asked to end.
#[derive(Debug, Default)]
pub struct Cancellations {
    shards: [Mutex<HashMap<JobId, Context>>; SHARDS],
}

/// An attempt's standing among those that can be asked; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    all: &'a Cancellations,
    attempt: &'a Context,
}

impl Cancellations {
    /// Asks a job's attempt to end for `reason`: its context says so, and after
    /// `workers.cancel_grace` it is dropped. Says whether it runs here and waits for
    /// something; if not, ask again later. The first reason stays.
    pub fn ask(&self, job: JobId, reason: &str) -> bool {
        let attempt = self.shard(job).get(&job).cloned();
        attempt.is_some_and(|attempt| {
            attempt.ask_to_end(reason);
            true
        })
    }

    /// Why a job's attempt was asked to end, if it was.
    pub(crate) fn reason(&self, job: JobId) -> Option<String> {
        let attempt = self.shard(job).get(&job).cloned()?;
        attempt.cancel_reason().map(str::to_owned)
    }

    /// Lets an attempt be asked. Of two of one job, the later claim counts: the other
    /// holds no lease any more.
    pub(crate) fn stand<'a>(&'a self, attempt: &'a Context) -> Standing<'a> {
        let mut shard = self.shard(attempt.job());
        let other = shard.get(&attempt.job());
        if other.is_none_or(|other| other.run() <= attempt.run()) {
            shard.insert(attempt.job(), attempt.clone());
        }
        drop(shard);
        Standing { all: self, attempt }
    }

    fn shard(&self, job: JobId) -> MutexGuard<'_, HashMap<JobId, Context>> {
        let at = usize::try_from(job.0.unsigned_abs() % SHARDS as u64).unwrap_or(0);
        // A panic elsewhere cannot leave the map half-changed.
        self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let mut shard = self.all.shard(self.attempt.job());
        let mine = |stands: &Context| stands.token() == self.attempt.token();
        if shard.get(&self.attempt.job()).is_some_and(mine) {
            shard.remove(&self.attempt.job());
        }
    }
}
