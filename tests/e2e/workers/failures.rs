//! Panics and timeouts: attempts like any other, and nobody else's business.

use std::sync::Arc;
use std::time::Duration;

use nexus_jobs::{Job, NewJob};
use nexus_tests::ends::errors;
use nexus_tests::tasks::{SpawnedTask, Task, many};
use nexus_tests::{TestBed, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use tokio::sync::{Barrier, mpsc, watch};

use super::engine;

/// One of eight jobs panics while all of them run.
async fn a_panic_is_its_own<J: Job>(bed: &TestBed, of: fn(i64) -> J, n: fn(&J) -> i64) {
    const JOBS: usize = 8;
    const PANICS: usize = 3;
    let all_run = Arc::new(Barrier::new(JOBS));
    let (settled, gate) = watch::channel(false);
    let registry = Registry::new().with::<J, _>(move |job: J, _: Context| {
        let (all_run, mut gate) = (Arc::clone(&all_run), gate.clone());
        async move {
            all_run.wait().await;
            assert!(n(&job) != 3, "job {} broke", n(&job));
            gate.wait_for(|open| *open).await?;
            Ok(Outcome::done())
        }
    });
    let (_relay, worker) = engine(bed, registry);
    let mut jobs = many(8, of);
    jobs[PANICS] = jobs[PANICS].clone().attempts(1);
    let ids = bed.enqueue(&jobs).await;
    let end = bed.end_of(ids[PANICS]).await;
    assert_eq!(end.job.state, "discarded");
    assert_eq!(errors(&end), [(1, 1, "panic", "job 3 broke")]);
    settled.send(true).unwrap();
    for (at, id) in ids.into_iter().enumerate() {
        if at != PANICS {
            let end = bed.end_of(id).await;
            assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 1));
            assert_eq!(errors(&end), []);
        }
    }
    worker.stop().await;
    bed.nothing_is_left().await;
}

#[tokio::test]
async fn a_panic_in_place_spends_its_own_attempt_only() {
    in_bed(async |bed| a_panic_is_its_own(bed, |n| Task { n }, |task| task.n).await).await;
}

#[tokio::test]
async fn a_panic_on_a_task_spends_its_own_attempt_only() {
    in_bed(async |bed| a_panic_is_its_own(bed, |n| SpawnedTask { n }, |task| task.n).await).await;
}

/// Beside a job that never ends, another one does.
async fn a_timeout_is_an_attempt<J: Job>(bed: &TestBed, of: fn(i64) -> J, n: fn(&J) -> i64) {
    let registry = Registry::new().with::<J, _>(move |job: J, ctx: Context| async move {
        if n(&job) == 0 && ctx.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(Outcome::done())
    });
    let (_relay, worker) = engine(bed, registry);
    let mut jobs = many(2, of);
    jobs[0] = jobs[0].clone().timeout(Duration::from_millis(70));
    let ids = bed.enqueue(&jobs).await;
    let end = bed.end_of(ids[0]).await;
    assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 2));
    assert_eq!(
        errors(&end),
        [(1, 1, "timeout", "took longer than its timeout of 70ms")]
    );
    assert_eq!(errors(&bed.end_of(ids[1]).await), []);
    worker.stop().await;
    bed.nothing_is_left().await;
}

#[tokio::test]
async fn a_timeout_in_place_is_an_attempt() {
    in_bed(async |bed| a_timeout_is_an_attempt(bed, |n| Task { n }, |task| task.n).await).await;
}

#[tokio::test]
async fn a_timeout_on_a_task_is_an_attempt() {
    in_bed(async |bed| a_timeout_is_an_attempt(bed, |n| SpawnedTask { n }, |task| task.n).await)
        .await;
}

#[tokio::test]
async fn a_blocking_thread_sees_that_its_attempt_timed_out() {
    in_bed(async |bed| {
        let (noticed, mut told) = mpsc::unbounded_channel();
        let registry = Registry::new().with::<Task, _>(move |_: Task, ctx: Context| {
            let noticed = noticed.clone();
            async move {
                let attempt = ctx.clone();
                let waiting = ctx.blocking().run(move || {
                    while !attempt.is_cancelled() {
                        std::thread::yield_now();
                    }
                    noticed.send(attempt.attempt())
                });
                waiting.await??;
                Ok(Outcome::done())
            }
        });
        let (_relay, worker) = engine(bed, registry);
        let job = NewJob::of(&Task { n: 0 }).unwrap().attempts(1);
        let id = bed.enqueue(&[job.timeout(Duration::from_millis(50))]).await[0];
        assert_eq!(told.recv().await, Some(1));
        let end = bed.end_of(id).await;
        assert_eq!(end.job.state, "discarded");
        assert_eq!(end.errors[0].reason, "timeout");
        worker.stop().await;
    })
    .await;
}
