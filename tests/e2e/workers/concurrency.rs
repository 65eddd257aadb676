//! How many run at once, where, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use nexus_jobs::NewJob;
use nexus_tests::bed::bounded;
use nexus_tests::tasks::{HeavyTask, Task, many};
use nexus_tests::{TestBed, WorkerRun, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use tokio::sync::Barrier;

use super::{at_once, engine};

async fn bed_with_room_for(concurrency: usize) -> TestBed {
    TestBed::with(|settings| {
        settings.workers.queues = [("default".to_owned(), concurrency)].into();
    })
    .await
}

/// Counts one more while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one_more(of: &Arc<AtomicUsize>, most: &AtomicUsize) -> Self {
        most.fetch_max(of.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(Arc::clone(of))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Every job waits until three run: with a slot lost, to a panic or a timeout,
/// the others would wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_runs_as_many_as_it_may_and_no_more() {
    bounded(async {
        let bed = bed_with_room_for(3).await;
        let (running, most) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let (seen, three) = (Arc::clone(&most), Arc::new(Barrier::new(3)));
        let registry = Registry::new().with::<Task, _>(move |task: Task, _: Context| {
            let counted = Counted::one_more(&running, &most);
            let three = Arc::clone(&three);
            async move {
                three.wait().await;
                drop(counted);
                match task.n {
                    0..3 => std::future::pending().await,
                    3..6 => panic!("broken"),
                    6..9 => anyhow::bail!("no"),
                    _ => Ok(Outcome::done()),
                }
            }
        });
        let (_relay, worker) = engine(&bed, registry);
        let mut jobs = many(36, |n| Task { n });
        for job in &mut jobs {
            *job = job.clone().attempts(1);
        }
        for job in &mut jobs[..3] {
            *job = job.clone().timeout(Duration::from_secs(3));
        }
        for id in bed.enqueue(&jobs).await {
            bed.end_of(id).await;
        }
        assert_eq!(seen.load(SeqCst), 3);
        for reason in ["timeout", "panic", "error"] {
            let of_that = format!("reason = '{reason}'");
            assert_eq!(bed.count("attempt_errors", &of_that).await, 3, "{reason}");
        }
        worker.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}

/// Each process has room for two: four run at once only if both take part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_backlog() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        let four = Arc::new(Barrier::new(4));
        let registry = Registry::new().with::<HeavyTask, _>(move |_: HeavyTask, _: Context| {
            let four = Arc::clone(&four);
            async move {
                four.wait().await;
                Ok(Outcome::done())
            }
        });
        bed.enqueue(&many(40, |n| HeavyTask { n })).await;
        let (_relay, one) = engine(&bed, registry.clone());
        let other = WorkerRun::with(&bed, bed.transport(), registry);
        bed.all_complete(40).await;
        assert_eq!(bed.count("job_history", "run = 1").await, 40);
        tokio::join!(one.stop(), other.stop());
    })
    .await;
}

#[tokio::test]
async fn a_delayed_job_does_not_run_before_it_is_due() {
    in_bed(async |bed| {
        let (_relay, _worker) = engine(bed, at_once());
        let job = NewJob::of(&Task { n: 0 }).unwrap();
        let ids = bed
            .enqueue(&[job.clone().after(Duration::from_millis(700)), job])
            .await;
        bed.end_of(ids[1]).await;
        let late = bed.end_of(ids[0]).await.job;
        assert_eq!(late.state, "completed");
        assert!(late.started_at >= Some(late.due_at), "{late:?}");
        assert!(late.due_at >= late.created_at + Duration::from_millis(700));
    })
    .await;
}
