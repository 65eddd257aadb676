//! Running jobs that somebody calls off.

use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{JobId, NewJob};
use nexus_schema::Error;
use nexus_schema::jobs::JobDetail;
use nexus_tests::bed::bounded;
use nexus_tests::effects::complete_with_effect;
use nexus_tests::ends::errors;
use nexus_tests::tasks::{SpawnedTask, Task};
use nexus_tests::{TestBed, WorkerRun, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use tokio::sync::mpsc;

use super::engine;

const REASON: &str = "no longer needed";

fn task() -> NewJob {
    NewJob::of(&Task { n: 0 }).unwrap()
}

/// One job, called off while it runs.
async fn called_off(bed: &TestBed, job: NewJob, registry: Registry) -> (WorkerRun, JobDetail) {
    let (_relay, worker) = engine(bed, registry);
    let id = bed.enqueue(&[job]).await[0];
    worker.call_off(id, REASON).await;
    let end = bed.end_of(id).await;
    bed.nothing_is_left().await;
    (worker, end)
}

fn assert_cancelled(end: &JobDetail) {
    let said = (end.job.state.as_str(), end.job.reason.as_deref());
    assert_eq!(said, ("cancelled", Some(REASON)));
    assert_eq!(errors(end), []);
}

/// A bed whose grace is so long that only a handler's own answer ends a test.
async fn patient() -> TestBed {
    TestBed::with(|settings| settings.workers.cancel_grace = Span::new(Duration::from_hours(1)))
        .await
}

/// Waits to be called off, and then answers so.
fn answering(answer: fn(&Context) -> anyhow::Result<Outcome>) -> Registry {
    Registry::new().with::<Task, _>(move |_: Task, ctx: Context| async move {
        assert!(!ctx.is_cancelled());
        assert_eq!(ctx.cancel_reason(), None);
        ctx.cancelled().await;
        assert_eq!(ctx.cancel_reason(), Some(REASON));
        answer(&ctx)
    })
}

#[tokio::test]
async fn whatever_would_run_again_is_cancelled() {
    bounded(async {
        let bed = patient().await;
        for answer in [
            |_: &Context| anyhow::bail!("interrupted"),
            |_: &Context| Ok(Outcome::Snooze(Duration::from_secs(1))),
            |_: &Context| {
                Ok(Outcome::Retry {
                    error: "later".into(),
                    after: None,
                })
            },
            |ctx: &Context| panic!("at attempt {}", ctx.attempt()),
        ] {
            let (worker, end) = called_off(&bed, task(), answering(answer)).await;
            assert_cancelled(&end);
            worker.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_faster_stands() {
    bounded(async {
        let bed = patient().await;
        let done = answering(|_| Ok(Outcome::done()));
        let (worker, end) = called_off(&bed, task(), done).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 1));
        worker.stop().await;
    })
    .await;
}

/// A handler that does not listen is dropped.
async fn is_dropped_after_the_grace(job: NewJob, registry: Registry) {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.cancel_grace = Span::new(Duration::from_millis(50));
        })
        .await;
        let (worker, end) = called_off(&bed, job, registry).await;
        assert_cancelled(&end);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_deaf_handler_in_place_is_dropped_after_the_grace() {
    let deaf = |_: Task, _: Context| std::future::pending();
    is_dropped_after_the_grace(task(), Registry::new().with::<Task, _>(deaf)).await;
}

#[tokio::test]
async fn a_deaf_handler_on_a_task_is_dropped_after_the_grace() {
    let deaf = |_: SpawnedTask, _: Context| std::future::pending();
    let job = NewJob::of(&SpawnedTask { n: 0 }).unwrap();
    is_dropped_after_the_grace(job, Registry::new().with::<SpawnedTask, _>(deaf)).await;
}

/// A thread cannot be dropped: it goes on, and what it would leave behind is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_goes_on_leaves_nothing() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.cancel_grace = Span::new(Duration::from_millis(50));
        })
        .await;
        bed.with_effects().await;
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let (said, mut says) = mpsc::unbounded_channel();
        let registry = Registry::new().with_blocking::<Task, _>(move |_: Task, ctx: Context| {
            let _ = wait.lock().unwrap().recv();
            let runtime = tokio::runtime::Handle::current();
            let done = runtime.block_on(complete_with_effect(&ctx));
            let stale = matches!(done, Err(Error::StaleClaim(_)));
            said.send((ctx.is_cancelled(), stale))?;
            Ok(done?)
        });
        let (worker, end) = called_off(&bed, task(), registry).await;
        assert_cancelled(&end);
        drop(go_on);
        assert_eq!(says.recv().await, Some((true, true)));
        assert_eq!(bed.effects("done").await, 0);
        assert_eq!(bed.count("job_history", "true").await, 1);
        worker.stop().await;
    })
    .await;
}

/// The first thread is busy until the test's end, so the second job waits for one.
#[tokio::test]
async fn a_job_that_waits_for_a_thread_never_starts() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.workers.blocking_threads = 1).await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let registry = Registry::new().with_blocking::<Task, _>(move |task: Task, ctx: Context| {
            started.send(task.n)?;
            // A handler that computes, but leaves the core to others.
            while !ctx.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(Outcome::done())
        });
        let (_relay, worker) = engine(&bed, registry);
        let first = bed.enqueue(&[task()]).await[0];
        assert_eq!(starts.recv().await, Some(0));
        let second = bed.enqueue(&[NewJob::of(&Task { n: 1 }).unwrap()]).await[0];
        worker.call_off(second, REASON).await;
        assert_cancelled(&bed.end_of(second).await);
        worker.call_off(first, REASON).await;
        assert_eq!(bed.end_of(first).await.job.state, "completed");
        worker.stop().await;
        assert_eq!(starts.recv().await, None, "the second one never started");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_asked_who_does_not_run_here() {
    in_bed(async |bed| {
        let (_relay, worker) = engine(bed, super::at_once());
        let id = bed.enqueue(&[task()]).await[0];
        bed.end_of(id).await;
        assert!(!worker.cancellations().ask(id, REASON), "it has ended");
        assert!(
            !worker.cancellations().ask(JobId(0), REASON),
            "there is none"
        );
        worker.stop().await;
    })
    .await;
}
