//! A releaser that runs beside a test.

use nexus_producer::releaser::Releaser;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bed::TestBed;

/// A running releaser; it stops when dropped.
#[derive(Debug)]
pub struct ReleaserRun {
    _stop: DropGuard,
}

impl ReleaserRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        let releaser = Releaser::new(bed.pool().clone(), bed.settings().limits.clone());
        let stop = CancellationToken::new();
        tokio::spawn(releaser.run(stop.clone()));
        Self {
            _stop: stop.drop_guard(),
        }
    }
}
