//! Jobs that keep coming, one after another.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use nexus_jobs::{Enqueued, JobId, NewJob};
use nexus_tests::TestBed;
use nexus_tests::bed::actor;
use nexus_tests::tasks::Task;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Pause between two jobs.
const EVERY: Duration = Duration::from_millis(5);

/// What its connection calls itself, so that a test can cut all others.
pub(super) const NAME: &str = "trickle";

/// A producer beside a test, on a connection of its own that no fault touches.
pub(super) struct Trickle {
    stop: CancellationToken,
    task: JoinHandle<Vec<JobId>>,
}

impl Trickle {
    /// Starts one.
    pub(super) async fn start(bed: &TestBed) -> Self {
        let mut conn = bed.pool().connect().await.unwrap();
        conn.batch_execute(&format!("SET application_name = '{NAME}'"))
            .await
            .unwrap();
        let producer = bed.producer();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut beat = tokio::time::interval(EVERY);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut came = Vec::new();
            for n in 0.. {
                if stopped.is_cancelled() {
                    break;
                }
                beat.tick().await;
                let job = [NewJob::of(&Task { n }).unwrap()];
                let enqueued = producer.enqueue_in(&mut conn, &job, &actor()).await;
                came.extend(enqueued.unwrap().into_iter().map(Enqueued::id));
            }
            came
        });
        Self { stop, task }
    }

    /// Stops it; returns what came.
    pub(super) async fn stop(self) -> Vec<JobId> {
        self.stop.cancel();
        self.task.await.unwrap()
    }
}
