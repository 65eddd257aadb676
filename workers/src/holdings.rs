//! Which jobs and leases this process holds.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use nexus_jobs::{JobId, Token};

/// Jobs claimed and not yet settled, by their lease.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    leases: Mutex<Leases>,
}

#[derive(Debug, Default)]
struct Leases {
    held: HashMap<Token, HashSet<JobId>>,
    /// What became of their jobs is decided, but not written yet.
    closing: HashSet<Token>,
}

impl Holdings {
    /// Notes a batch that is claimed, or about to be.
    pub(crate) fn add(&self, lease: Token, jobs: impl IntoIterator<Item = JobId>) {
        self.lock().held.insert(lease, jobs.into_iter().collect());
    }

    /// Notes that a batch was not claimed after all, or was given back.
    pub(crate) fn forget(&self, lease: Token) {
        self.lock().held.remove(&lease);
    }

    /// Notes settled jobs; returns the leases that hold no job any more. They are to be
    /// prolonged until it is written what became of the jobs: see [`Holdings::closed`].
    pub(crate) fn settle(&self, settled: impl IntoIterator<Item = (JobId, Token)>) -> Vec<Token> {
        let mut leases = self.lock();
        let mut empty = Vec::new();
        for (job, lease) in settled {
            if let Some(jobs) = leases.held.get_mut(&lease) {
                jobs.remove(&job);
                if jobs.is_empty() {
                    leases.held.remove(&lease);
                    leases.closing.insert(lease);
                    empty.push(lease);
                }
            }
        }
        empty
    }

    /// Notes that it is written what became of these leases' jobs.
    pub(crate) fn closed(&self, leases: &[Token]) {
        let mut known = self.lock();
        for lease in leases {
            known.closing.remove(lease);
        }
    }

    /// Every lease that is to be prolonged.
    pub(crate) fn leases(&self) -> Vec<Token> {
        let leases = self.lock();
        leases.held.keys().chain(&leases.closing).copied().collect()
    }

    /// Everything held.
    pub(crate) fn all(&self) -> Vec<(JobId, Token)> {
        let leases = self.lock();
        leases
            .held
            .iter()
            .flat_map(|(&lease, jobs)| jobs.iter().map(move |&job| (job, lease)))
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Leases> {
        // A panic elsewhere cannot leave the map half-changed.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_empty_once_its_last_job_is_settled() {
        let holdings = Holdings::default();
        let (a, b) = (Token::random(), Token::random());
        holdings.add(a, [JobId(1), JobId(2)]);
        holdings.add(b, [JobId(3)]);
        assert!(holdings.settle([(JobId(1), a)]).is_empty());
        assert_eq!(holdings.settle([(JobId(2), a), (JobId(3), b)]), [a, b]);
        assert!(holdings.all().is_empty());
        assert_eq!(holdings.leases().len(), 2, "until it is written");
        holdings.closed(&[a, b]);
        assert!(holdings.leases().is_empty());
    }
}
