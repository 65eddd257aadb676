//! Threads that never come back, seen from within. What becomes of the process stands
//! in `poison.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use nexus_config::{Settings, Span};
use nexus_jobs::{Job, NewJob};
use nexus_tests::bed::bounded;
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, SpawnedTask, Task};
use nexus_tests::{RelayRun, TestBed, WorkerRun, eventually};
use nexus_workers::{Context, Registry, Stuck, WorkerProcess};
use tokio::sync::mpsc;

/// Holds a handler's thread until it is let go, so that a test can end.
#[derive(Clone, Default)]
struct Hold(Arc<AtomicBool>);

impl Hold {
    fn until_let_go(&self) {
        // Not a spin: the thread is to be held, and the core is others' to use.
        while !self.0.load(SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn let_go(&self) {
        self.0.store(true, SeqCst);
    }
}

async fn bed() -> TestBed {
    TestBed::with(|settings: &mut Settings| {
        settings.workers.timeout_grace = Span::new(Duration::from_millis(100));
        settings.workers.grace = Span::new(Duration::from_millis(200));
        settings.workers.blocking_threads = 2;
    })
    .await
}

/// A worker, and what it says when a thread of it is lost.
fn start(
    bed: &TestBed,
    registry: Registry,
) -> (RelayRun, WorkerRun, mpsc::UnboundedReceiver<Stuck>) {
    let transport = bed.transport();
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    let (said, says) = mpsc::unbounded_channel();
    let process = WorkerProcess::new(
        bed.settings(),
        bed.pool().clone(),
        Arc::new(transport),
        registry,
    );
    let process = process.unwrap().on_stuck(move |stuck| {
        let _ = said.send(stuck);
    });
    (relay, WorkerRun::of(process), says)
}

/// The stuck job fails by its timeout; a neighbour that waits is handed back unspent.
async fn a_held_thread_is_found<J: Job>(of: fn(i64) -> J) {
    let bed = bed().await;
    let hold = Hold::default();
    let thread = hold.clone();
    let registry = Registry::new()
        .with::<J, _>(move |_: J, _: Context| {
            let thread = thread.clone();
            async move {
                thread.until_let_go();
                anyhow::bail!("too late")
            }
        })
        .with::<HeavyTask, _>(|_: HeavyTask, _: Context| std::future::pending());
    let (relay, worker, mut says) = start(&bed, registry);
    let neighbour = NewJob::of(&HeavyTask { n: 0 }).unwrap();
    let neighbour = bed.enqueue(&[neighbour]).await[0];
    eventually("the neighbour runs", SOON, async || {
        (bed.state(neighbour).await == "running").then_some(())
    })
    .await;
    let stuck = NewJob::of(&of(0)).unwrap().attempts(1);
    let stuck = bed
        .enqueue(&[stuck.timeout(Duration::from_millis(100))])
        .await[0];
    assert_eq!(says.recv().await, Some(Stuck::Working));
    relay.stop().await;
    let end = bed.job(stuck).await;
    assert_eq!(end.job.state, "discarded");
    let text = "took longer than its timeout of 100ms, and never gave its thread back";
    let text_of_waiter = "took longer than its timeout of 100ms";
    let said = errors(&end)[0].3;
    assert!([text, text_of_waiter].contains(&said), "{said}");
    let waiting = bed.job(neighbour).await;
    assert_eq!(
        (waiting.job.state.as_str(), waiting.job.attempt),
        ("available", 0)
    );
    assert_eq!(bed.count("leases", "true").await, 0);
    hold.let_go();
    worker.stop().await;
    assert_eq!(
        errors(&bed.job(stuck).await).len(),
        1,
        "it answered too late"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thread_held_in_place_is_found() {
    bounded(a_held_thread_is_found(|n| Task { n })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thread_held_by_a_task_is_found() {
    bounded(a_held_thread_is_found(|n| SpawnedTask { n })).await;
}

/// One lost thread of two is borne, two are not: the process drains and starts again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_threads_of_the_pool_are_counted() {
    bounded(async {
        let bed = bed().await;
        let hold = Hold::default();
        let thread = hold.clone();
        let registry = Registry::new().with_blocking::<Task, _>(move |_: Task, _: Context| {
            thread.until_let_go();
            anyhow::bail!("too late")
        });
        let (_relay, worker, mut says) = start(&bed, registry);
        let job = NewJob::of(&Task { n: 0 }).unwrap().attempts(1);
        let job = job.timeout(Duration::from_millis(100));
        let first = bed.enqueue(std::slice::from_ref(&job)).await[0];
        assert_eq!(bed.end_of(first).await.errors[0].reason, "timeout");
        eventually("it is written off", SOON, async || {
            (worker.health().written_off.load(SeqCst) == 1).then_some(())
        })
        .await;
        assert!(says.is_empty(), "one is borne");
        let second = bed.enqueue(&[job]).await[0];
        assert_eq!(bed.end_of(second).await.errors[0].reason, "timeout");
        assert_eq!(says.recv().await, Some(Stuck::Working));
        hold.let_go();
        worker.stop().await;
    })
    .await;
}

/// A handler that holds its thread does not hold up a drain either.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_held_thread_holds_up_no_drain() {
    bounded(async {
        let bed = bed().await;
        let hold = Hold::default();
        let thread = hold.clone();
        let registry = Registry::new().with::<Task, _>(move |_: Task, _: Context| {
            let thread = thread.clone();
            async move {
                thread.until_let_go();
                anyhow::bail!("too late")
            }
        });
        let (_relay, worker, _says) = start(&bed, registry);
        let id = bed.enqueue(&[NewJob::of(&Task { n: 0 }).unwrap()]).await[0];
        eventually("it runs", SOON, async || {
            (bed.state(id).await == "running").then_some(())
        })
        .await;
        assert_eq!(worker.stop().await.given_back, 1);
        let job = bed.job(id).await.job;
        assert_eq!((job.state.as_str(), job.attempt), ("available", 0));
        hold.let_go();
    })
    .await;
}
