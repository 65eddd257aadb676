//! A rescuer that runs beside a test.

use nexus_producer::rescuer::Rescuer;
use nexus_schema::Pool;
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
        Self::with_pool(bed, bed.pool().clone())
    }

    /// Starts one that reaches the bed's ledger through a pool of its own.
    pub fn with_pool(bed: &TestBed, pool: Pool) -> Self {
        let settings = bed.settings();
        let rescuer = Rescuer::new(
            pool,
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
