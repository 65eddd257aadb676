//! Handlers that take several jobs at once.

use std::future::Future;
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::NewJob;
use nexus_tests::bed::bounded;
use nexus_tests::ends::errors;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{TestBed, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use serde_json::json;
use tokio::sync::mpsc;

use super::engine;

/// Long enough that only a full batch starts.
const UNTIL_FULL: Duration = Duration::from_hours(1);
/// Short enough that nobody waits for it.
const AT_ONCE: Duration = Duration::from_millis(2);

type Jobs = Vec<(Task, Context)>;
type Answers = Vec<anyhow::Result<Outcome>>;

fn batches<F, Fut>(max: usize, linger: Duration, act: F) -> Registry
where
    F: Fn(Jobs) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answers> + Send + 'static,
{
    Registry::new().with_batch::<Task, _>(act, max, linger)
}

#[tokio::test]
async fn each_job_of_a_full_batch_has_its_own_end() {
    in_bed(async |bed| {
        let (size, mut sizes) = mpsc::unbounded_channel();
        let registry = batches(5, UNTIL_FULL, move |jobs| {
            size.send(jobs.len()).unwrap();
            let answer = |(task, ctx): (Task, Context)| match task.n {
                0 => Err(anyhow::anyhow!("broken")),
                1 => Ok(Outcome::Discard("bad".into())),
                2 => Ok(Outcome::Cancel("off".into())),
                3 if ctx.run() == 1 => Ok(Outcome::Snooze(Duration::from_hours(1))),
                n => Ok(Outcome::Done(Some(json!(n)))),
            };
            async move { jobs.into_iter().map(answer).collect() }
        });
        let (_relay, worker) = engine(bed, registry);
        let mut jobs = many(5, |n| Task { n });
        jobs[0] = jobs[0].clone().attempts(1);
        let ids = bed.enqueue(&jobs).await;
        let broken = bed.end_of(ids[0]).await;
        assert_eq!(errors(&broken), [(1, 1, "error", "broken")]);
        assert_eq!(bed.end_of(ids[1]).await.job.reason.as_deref(), Some("bad"));
        assert_eq!(bed.end_of(ids[2]).await.job.state, "cancelled");
        assert_eq!(bed.end_of(ids[4]).await.job.result, Some(json!(4)));
        assert_eq!(bed.state(ids[3]).await, "retryable");
        assert_eq!(sizes.recv().await, Some(5));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn no_batch_is_larger_than_it_may_be_and_none_waits_for_ever() {
    in_bed(async |bed| {
        let (size, mut sizes) = mpsc::unbounded_channel();
        let registry = batches(8, AT_ONCE, move |jobs| {
            size.send(jobs.len()).unwrap();
            async move { jobs.iter().map(|_| Ok(Outcome::done())).collect() }
        });
        let (_relay, worker) = engine(bed, registry);
        for id in bed.enqueue(&many(100, |n| Task { n })).await {
            assert_eq!(bed.end_of(id).await.job.state, "completed");
        }
        worker.stop().await;
        let mut all = Vec::new();
        while let Some(size) = sizes.recv().await {
            all.push(size);
        }
        assert_eq!(all.iter().sum::<usize>(), 100);
        assert!(all.iter().all(|size| (1..=8).contains(size)), "{all:?}");
        assert!(all.len() < 100, "some were done together");
    })
    .await;
}

#[tokio::test]
async fn a_job_without_an_answer_has_failed() {
    in_bed(async |bed| {
        let registry = batches(3, UNTIL_FULL, |_| async { vec![Ok(Outcome::done())] });
        let (_relay, worker) = engine(bed, registry);
        let jobs: Vec<NewJob> = many(3, |n| Task { n })
            .into_iter()
            .map(|job| job.attempts(1))
            .collect();
        let ids = bed.enqueue(&jobs).await;
        let mut failed = 0;
        for id in ids {
            let end = bed.end_of(id).await;
            if end.job.state == "discarded" {
                failed += 1;
                let text = "the batch handler gave 1 answers for 3 jobs";
                assert_eq!(errors(&end), [(1, 1, "error", text)]);
            }
        }
        assert_eq!(failed, 2);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_fails_the_batch_and_nobody_else() {
    in_bed(async |bed| {
        let registry = batches(2, UNTIL_FULL, |jobs: Jobs| async move {
            assert!(jobs[0].1.attempt() > 1, "broken");
            jobs.iter().map(|_| Ok(Outcome::done())).collect()
        });
        let (_relay, worker) = engine(bed, registry);
        for id in bed.enqueue(&many(2, |n| Task { n })).await {
            let end = bed.end_of(id).await;
            assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 2));
            assert_eq!(errors(&end), [(1, 1, "panic", "broken")]);
        }
        worker.stop().await;
    })
    .await;
}

/// One times out, one is called off, one is done, all in one batch.
#[tokio::test]
async fn each_job_of_a_batch_has_its_own_time_and_is_called_off_by_itself() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.cancel_grace = Span::new(Duration::from_millis(20));
        })
        .await;
        let (open, gate) = tokio::sync::watch::channel(false);
        let registry = batches(3, UNTIL_FULL, move |jobs: Jobs| {
            let mut gate = gate.clone();
            async move {
                let _ = gate.wait_for(|open| *open).await;
                jobs.iter()
                    .map(|(task, ctx)| {
                        assert_eq!(ctx.is_cancelled(), task.n < 2);
                        Ok(Outcome::Done(Some(json!(task.n))))
                    })
                    .collect()
            }
        });
        let (_relay, worker) = engine(&bed, registry);
        let mut jobs = many(3, |n| Task { n });
        jobs[0] = jobs[0]
            .clone()
            .attempts(1)
            .timeout(Duration::from_millis(500));
        let ids = bed.enqueue(&jobs).await;
        worker.call_off(ids[1], "no longer needed").await;
        assert_eq!(bed.end_of(ids[1]).await.job.state, "cancelled");
        assert_eq!(bed.end_of(ids[0]).await.errors[0].reason, "timeout");
        open.send(true).unwrap();
        let end = bed.end_of(ids[2]).await;
        assert_eq!(end.job.result, Some(json!(2)));
        worker.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}

/// With nobody left to answer to, a batch is dropped.
#[tokio::test]
async fn a_batch_ends_with_its_last_job() {
    struct Told(mpsc::UnboundedSender<()>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    in_bed(async |bed| {
        let (dropped, mut drops) = mpsc::unbounded_channel();
        let registry = batches(2, AT_ONCE, move |_| {
            let told = Told(dropped.clone());
            async move {
                let _told = told;
                std::future::pending().await
            }
        });
        let (_relay, worker) = engine(bed, registry);
        let job = NewJob::of(&Task { n: 0 }).unwrap().attempts(1);
        let id = bed.enqueue(&[job.timeout(Duration::from_millis(50))]).await[0];
        assert_eq!(bed.end_of(id).await.errors[0].reason, "timeout");
        assert_eq!(drops.recv().await, Some(()));
        worker.stop().await;
    })
    .await;
}
