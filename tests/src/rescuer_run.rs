//! A rescuer that runs beside a test.

use nexus_producer::rescuer::Rescuer;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bed::TestBed;

/// A running rescuer; it stops when dropped.
#[derive(Debug)]
pub struct RescuerRun {
    _stop: DropGuard,
}

impl RescuerRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        let settings = bed.settings();
        let rescuer = Rescuer::new(
            bed.pool().clone(),
            settings.rescue.clone(),
            settings.lease.clone(),
            settings.history.months_ahead,
        );
        let stop = CancellationToken::new();
        tokio::spawn(rescuer.run(stop.clone()));
        Self {
            _stop: stop.drop_guard(),
        }
    }
}
