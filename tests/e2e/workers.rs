//! A worker process on real servers: what it runs, and what becomes of it.

mod batches;
mod blocking;
mod bulk;
mod cancellation;
mod concurrency;
mod context;
mod failures;
mod kinds;
mod outcomes;
mod policies;
mod results;
mod stuck;

use nexus_jobs::{Lane, QueueName};
use nexus_tests::tasks::{HeavyTask, SpawnedTask, Task};
use nexus_tests::{RelayRun, TestBed, WorkerRun};
use nexus_workers::{Context, Outcome, Registry};

/// A relay and a worker process over the bed's part of Redis.
pub(crate) fn engine(bed: &TestBed, registry: Registry) -> (RelayRun, WorkerRun) {
    let transport = bed.transport();
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    (relay, WorkerRun::with(bed, transport, registry))
}

/// Handlers that answer at once for the tests' own kinds.
pub(crate) fn at_once() -> Registry {
    Registry::new()
        .with::<Task, _>(|_: Task, _: Context| async { Ok(Outcome::done()) })
        .with::<SpawnedTask, _>(|_: SpawnedTask, _: Context| async { Ok(Outcome::done()) })
        .with::<HeavyTask, _>(|_: HeavyTask, _: Context| async { Ok(Outcome::done()) })
}

/// The lane of a queue's normal band.
pub(crate) fn lane(queue: &str) -> Lane {
    Lane {
        queue: QueueName::new(queue).unwrap(),
        band: nexus_jobs::Band::Normal,
    }
}
