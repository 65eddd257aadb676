//! Handlers that compute or block, on threads of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use nexus_config::Span;
use nexus_jobs::{Execution, Job, NewJob};
use nexus_tests::bed::bounded;
use nexus_tests::ends::errors;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{RescuerRun, TestBed, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::engine;

/// A kind whose handler awaits, on a thread of the pool.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct ThreadTask {
    n: i64,
}

impl Job for ThreadTask {
    const KIND: &'static str = "test.thread";
    const EXECUTION: Execution = Execution::Blocking;
}

/// Every thread of the pool, and both of the runtime's, compute for three leases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_compute_cost_no_lease() {
    const LEASE: Duration = Duration::from_millis(600);
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.lease.ttl = Span::new(LEASE);
            settings.lease.heartbeat = Span::new(LEASE / 6);
            settings.workers.timeout_grace = Span::new(Duration::from_mins(1));
            settings.workers.blocking_threads = 4;
        })
        .await;
        let registry = Registry::new()
            .with_blocking::<Task, _>(|_: Task, _: Context| Ok(compute(LEASE * 3)))
            .with::<ThreadTask, _>(|_: ThreadTask, _: Context| async { Ok(compute(LEASE * 3)) });
        let (_relay, worker) = engine(&bed, registry);
        let _rescuer = RescuerRun::start(&bed);
        let ids = bed.enqueue(&many(4, |n| Task { n })).await;
        for id in ids {
            let job = bed.end_of(id).await.job;
            assert_eq!(
                (job.state.as_str(), job.run, job.lost_leases),
                ("completed", 1, 0)
            );
        }
        worker.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}

fn compute(time: Duration) -> Outcome {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
    Outcome::done()
}

#[tokio::test]
async fn the_pool_is_bounded_and_waiting_for_it_spends_no_time() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.workers.blocking_threads = 2).await;
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let registry = Registry::new().with_blocking::<Task, _>(move |_: Task, _: Context| {
            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
            // The work itself: how long it takes is what the test is about.
            std::thread::sleep(Duration::from_millis(100));
            running.fetch_sub(1, SeqCst);
            Ok(Outcome::Done(Some(json!(1))))
        });
        let (_relay, worker) = engine(&bed, registry);
        // Together they take 1 s at least, twice what one of them may.
        let jobs: Vec<NewJob> = many(20, |n| Task { n })
            .into_iter()
            .map(|job| job.timeout(Duration::from_millis(500)))
            .collect();
        for id in bed.enqueue(&jobs).await {
            let end = bed.end_of(id).await;
            assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 1));
            assert_eq!(end.job.result, Some(json!(1)));
            assert_eq!(errors(&end), []);
        }
        assert_eq!(seen.load(SeqCst), 2);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_kind_may_await_on_its_thread() {
    in_bed(async |bed| {
        let registry =
            Registry::new().with::<ThreadTask, _>(|task: ThreadTask, ctx: Context| async move {
                let name = std::thread::current().id();
                tokio::time::sleep(Duration::from_millis(1)).await;
                anyhow::ensure!(std::thread::current().id() == name, "it has moved");
                assert!(task.n != 1 || ctx.attempt() > 1, "broken");
                Ok(Outcome::done())
            });
        let (_relay, worker) = engine(bed, registry);
        let ids = bed.enqueue(&many(2, |n| ThreadTask { n })).await;
        assert_eq!(errors(&bed.end_of(ids[0]).await), []);
        let end = bed.end_of(ids[1]).await;
        assert_eq!(errors(&end), [(1, 1, "panic", "broken")]);
        assert_eq!(end.job.state, "completed");
        worker.stop().await;
    })
    .await;
}

/// Once nobody waits for it, a handler that awaits gives its thread back.
#[tokio::test]
async fn a_timeout_frees_a_thread_that_awaits() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.workers.blocking_threads = 1).await;
        let registry =
            Registry::new().with::<ThreadTask, _>(|task: ThreadTask, _: Context| async move {
                if task.n == 0 {
                    std::future::pending::<()>().await;
                }
                Ok(Outcome::done())
            });
        let (_relay, worker) = engine(&bed, registry);
        let mut jobs = many(2, |n| ThreadTask { n });
        jobs[0] = jobs[0]
            .clone()
            .attempts(1)
            .timeout(Duration::from_millis(50));
        let ids = bed.enqueue(&jobs).await;
        assert_eq!(bed.end_of(ids[0]).await.errors[0].reason, "timeout");
        assert_eq!(bed.end_of(ids[1]).await.job.state, "completed");
        worker.stop().await;
    })
    .await;
}
