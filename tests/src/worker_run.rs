//! A worker process that runs beside a test, inside it.

use std::sync::Arc;

use nexus_jobs::JobId;
use nexus_queue::Transport;
use nexus_schema::Pool;
use nexus_workers::process::Drained;
use nexus_workers::{Cancellations, Health, Registry, WorkerProcess};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bed::TestBed;
use crate::eventually::{SOON, eventually};

/// A running worker process; it is told to drain when dropped.
#[derive(Debug)]
pub struct WorkerRun {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<Drained>>,
    health: Arc<Health>,
    cancellations: Arc<Cancellations>,
}

impl WorkerRun {
    /// Starts one as `nexus work` does: with the built-in kinds, over the bed's part
    /// of Redis.
    pub fn start(bed: &TestBed) -> Self {
        let registry = nexus_handlers::registry::registry(bed.settings());
        Self::with(bed, bed.transport(), registry)
    }

    /// Starts one with the built-in kinds and [`crate::tasks::answering`].
    pub fn answering(bed: &TestBed) -> Self {
        let registry = nexus_handlers::registry::registry(bed.settings());
        Self::with(bed, bed.transport(), crate::tasks::answering(registry))
    }

    /// Starts one over a transport and with kinds of the test's choice.
    pub fn with(bed: &TestBed, transport: impl Transport + 'static, registry: Registry) -> Self {
        Self::with_pool(bed, bed.pool().clone(), transport, registry)
    }

    /// Starts one that reaches the bed's ledger through a pool of its own.
    pub fn with_pool(
        bed: &TestBed,
        pool: Pool,
        transport: impl Transport + 'static,
        registry: Registry,
    ) -> Self {
        let process = WorkerProcess::new(bed.settings(), pool, Arc::new(transport), registry)
            .expect("a worker process");
        Self::of(process)
    }

    /// Starts this one.
    pub fn of(process: WorkerProcess) -> Self {
        let stop = CancellationToken::new();
        Self {
            health: process.health(),
            cancellations: process.cancellations(),
            task: tokio::spawn(process.run(stop.clone())),
            stop,
        }
    }

    /// Its counters.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Asks its running jobs to end.
    pub fn cancellations(&self) -> &Cancellations {
        &self.cancellations
    }

    /// Asks a job that runs in it to end, again and again until it can be asked.
    pub async fn call_off(&self, job: JobId, reason: &str) {
        eventually("the job can be called off", SOON, async || {
            self.cancellations.ask(job, reason).then_some(())
        })
        .await;
    }

    /// Tells it to drain, without waiting for that.
    pub fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Tells it to drain and waits for its end.
    pub async fn stop(mut self) -> Drained {
        self.stop.cancel();
        let ended = (&mut self.task).await.expect("the worker process ends");
        ended.expect("a drain")
    }
}

impl Drop for WorkerRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
