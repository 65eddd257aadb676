//! An advancer of workflows that runs beside a test.

use nexus_producer::workflows::Advancer;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bed::TestBed;

/// A running advancer; it stops when dropped, wherever it is.
#[derive(Debug)]
pub struct AdvancerRun {
    _stop: DropGuard,
}

impl AdvancerRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(Advancer::new(bed.pool().clone(), bed.settings()).run(stop.clone()));
        Self {
            _stop: stop.drop_guard(),
        }
    }
}
