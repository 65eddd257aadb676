use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use nexus_schema::ingest::Arrived;

/// What an ingest did so far; read by metrics.
#[derive(Debug, Default)]
pub struct IngestStats {
    /// Messages that became jobs.
    pub jobs: AtomicU64,
    /// Messages that were taken before, and dropped.
    pub known: AtomicU64,
    /// Messages that became dead letters.
    pub refused: AtomicU64,
    /// Times that it could not go on, since a server was away.
    pub failures: AtomicU64,
    /// Sources that cannot go on just now.
    pub failing: AtomicUsize,
}

impl IngestStats {
    /// Counts what became of messages.
    pub(super) fn count(&self, arrived: &[Arrived]) {
        for one in arrived {
            let counter = match one {
                Arrived::New(_) => &self.jobs,
                Arrived::Refused(_) => &self.refused,
                Arrived::Known => &self.known,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}
