//! A scheduler that runs beside a test.

use std::sync::Arc;

use nexus_config::Settings;
use nexus_producer::schedules::{Scheduler, SchedulerStats};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bed::TestBed;

/// A running scheduler; it stops when dropped.
#[derive(Debug)]
pub struct SchedulerRun {
    stop: CancellationToken,
    task: JoinHandle<()>,
    stats: Arc<SchedulerStats>,
}

impl SchedulerRun {
    /// Starts one with the bed's settings.
    pub fn start(bed: &TestBed) -> Self {
        Self::with(bed, bed.settings())
    }

    /// Starts one with settings of its own, over the bed's ledger.
    pub fn with(bed: &TestBed, settings: &Settings) -> Self {
        let scheduler = Scheduler::new(bed.pool().clone(), settings).expect("a scheduler");
        let stop = CancellationToken::new();
        Self {
            stats: scheduler.stats(),
            task: tokio::spawn(scheduler.run(stop.clone())),
            stop,
        }
    }

    /// Its counters.
    pub fn stats(&self) -> &SchedulerStats {
        &self.stats
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the scheduler ends");
    }
}

impl Drop for SchedulerRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
