//! What operators ask of running workers, and what these make of it.

mod bands;
mod front_door;
mod leases;
mod pause;
mod processes;
mod scale;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use nexus_jobs::QueueName;
use nexus_jobs::kinds::Noop;
use nexus_schema::queues;
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, Task};
use nexus_tests::{TestBed, eventually};
use nexus_workers::{Context, Outcome, Registry};
use tokio::sync::Semaphore;

fn default() -> QueueName {
    QueueName::new("default").unwrap()
}

async fn pause(bed: &TestBed) {
    let paused = queues::pause(&mut *bed.conn().await, &[default()], &actor()).await;
    assert_eq!(paused.unwrap().len(), 1);
}

async fn resume(bed: &TestBed) {
    let resumed = queues::resume(&mut *bed.conn().await, &[default()], &actor()).await;
    assert_eq!(resumed.unwrap().len(), 1);
}

async fn scale(bed: &TestBed, to: Option<u32>) {
    let wanted = [(default(), to)];
    let scaled = queues::scale(&mut *bed.conn().await, &wanted, &actor()).await;
    assert_eq!(scaled.unwrap().len(), 1);
}

/// Waits until so many processes say this of the queue `default`, as SQL over `q`.
async fn so_many_say(bed: &TestBed, processes: i64, what: &str) {
    let relation = "(SELECT health->'queues'->'default' AS q FROM nexus.workers) AS w";
    eventually(&format!("{processes} say {what}"), SOON, async || {
        (bed.count_in(relation, what).await == processes).then_some(())
    })
    .await;
}

const PAUSED: &str = "q->>'paused' = 'true'";

/// A job of another queue passes through relay, broker and workers: had they anything else to
/// do before, they would have done it.
async fn another_queue_works(bed: &TestBed) {
    for id in bed.enqueue_noops(3).await {
        bed.end_of(id).await;
    }
}

/// How many jobs of the queue `default` were ever started; in one statement, since one that ends
/// between two would be counted by both.
async fn started(bed: &TestBed) -> i64 {
    let all = "(SELECT queue, run FROM nexus.jobs
                UNION ALL SELECT queue, run FROM nexus.job_history) AS j";
    bed.count_in(all, "queue = 'default' AND run > 0").await
}

/// Heavy jobs that run until they are let go, counted while they run.
#[derive(Clone)]
struct Gated {
    running: Arc<AtomicUsize>,
    /// Most at once, since it was last set.
    most: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Gated {
    fn new() -> Self {
        Self {
            running: Arc::default(),
            most: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    fn registry(&self) -> Registry {
        let all = self.clone();
        noop_and_task().with::<HeavyTask, _>(move |_: HeavyTask, _: Context| {
            let all = all.clone();
            async move {
                let now = all.running.fetch_add(1, SeqCst) + 1;
                all.most.fetch_max(now, SeqCst);
                let passed = all.gate.acquire().await;
                all.running.fetch_sub(1, SeqCst);
                passed?.forget();
                Ok(Outcome::done())
            }
        })
    }

    fn let_go(&self, jobs: usize) {
        self.gate.add_permits(jobs);
    }

    async fn run(&self, jobs: usize) {
        eventually(&format!("{jobs} jobs run"), SOON, async || {
            (self.running.load(SeqCst) == jobs).then_some(())
        })
        .await;
    }

    /// Counts the most at once anew.
    fn watch(&self) {
        self.most.store(self.running.load(SeqCst), SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(SeqCst)
    }
}

/// A registry with `noop`, and [`Task`]s that are done at once.
fn noop_and_task() -> Registry {
    Registry::new()
        .with::<Noop, _>(|_: Noop, _: Context| async { Ok(Outcome::done()) })
        .with::<Task, _>(|_: Task, _: Context| async { Ok(Outcome::done()) })
}

async fn bed_with_room_for(concurrency: usize) -> TestBed {
    TestBed::with(|settings| {
        let queues = [("default", concurrency), ("noop", 8)];
        settings.workers.queues = queues.map(|(name, n)| (name.to_owned(), n)).into();
    })
    .await
}

/// Every job was started once, in its first attempt.
async fn assert_nothing_was_lost(bed: &TestBed) {
    assert_eq!(
        bed.count("job_history", "run <> 1 OR attempt <> 1").await,
        0
    );
    assert_eq!(bed.count("attempt_errors", "true").await, 0);
}
