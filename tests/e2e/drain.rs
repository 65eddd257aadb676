//! A worker process told to stop.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Execution, Job};
use nexus_queue::Transport;
use nexus_tests::bed::bounded;
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{SpawnedTask, Task, many};
use nexus_tests::{TestBed, WorkerRun, dispatch_rows, eventually, in_bed};
use nexus_workers::process::Drained;
use nexus_workers::{Context, Outcome, Registry};
use tokio::sync::{mpsc, watch};

use crate::workers::{at_once, engine, lane};

async fn draining(worker: &WorkerRun) {
    eventually("it drains", SOON, async || {
        worker.health().draining.load(Relaxed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn running_jobs_end_and_no_other_begins() {
    in_bed(async |bed| {
        let (started, mut starts) = mpsc::unbounded_channel();
        let (open, gate) = watch::channel(false);
        let registry = Registry::new().with::<Task, _>(move |_: Task, _: Context| {
            let (started, mut gate) = (started.clone(), gate.clone());
            async move {
                started.send(())?;
                gate.wait_for(|open| *open).await?;
                Ok(Outcome::done())
            }
        });
        let (_relay, worker) = engine(bed, registry);
        bed.enqueue(&many(5, |n| Task { n })).await;
        for _ in 0..5 {
            starts.recv().await.unwrap();
        }
        worker.ask_to_stop();
        draining(&worker).await;
        let late = bed.enqueue(&many(2, |n| Task { n })).await;
        open.send(true).unwrap();
        assert_eq!(worker.stop().await, Drained { given_back: 0 });
        assert_eq!(bed.count("job_history", "state = 'completed'").await, 5);
        for id in late {
            assert_eq!(bed.state(id).await, "available");
        }
        assert_eq!(bed.count("workers", "true").await, 0);
        assert_eq!(bed.count("leases", "true").await, 0);
    })
    .await;
}

/// A job that does not end is handed back unspent and run by the next worker.
async fn what_does_not_end_is_handed_back<J: Job>(of: fn(i64) -> J) {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.grace = Span::new(Duration::from_millis(200));
        })
        .await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let registry = Registry::new().with::<J, _>(move |_: J, _: Context| {
            let started = started.clone();
            async move {
                started.send(())?;
                std::future::pending().await
            }
        });
        let (relay, worker) = engine(&bed, registry);
        let ids = bed.enqueue(&many(3, of)).await;
        for _ in 0..3 {
            starts.recv().await.unwrap();
        }
        relay.stop().await;
        assert_eq!(worker.stop().await, Drained { given_back: 3 });
        for id in &ids {
            let job = bed.job(*id).await.job;
            assert_eq!(
                (job.state.as_str(), job.attempt, job.run),
                ("available", 0, 1)
            );
            assert_eq!(job.lost_leases, 0);
        }
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let mut waiting: Vec<i64> = rows.iter().flat_map(|row| row.job_ids.clone()).collect();
        waiting.sort_unstable();
        assert!(waiting.iter().eq(ids.iter().map(|id| &id.0)), "{rows:?}");
        assert!(rows.iter().all(|row| !row.suspect && row.epoch.is_none()));
        assert_eq!(bed.count("leases", "true").await, 0);
        assert_eq!(bed.count("workers", "true").await, 0);

        let (_relay, next) = engine(&bed, at_once());
        for id in ids {
            let end = bed.end_of(id).await;
            assert_eq!(
                (end.job.state.as_str(), end.job.attempt, end.job.run),
                ("completed", 1, 2)
            );
            assert_eq!(errors(&end), []);
        }
        next.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_end_in_place_is_handed_back() {
    assert_eq!(Task::EXECUTION, Execution::InPlace);
    what_does_not_end_is_handed_back(|n| Task { n }).await;
}

#[tokio::test]
async fn what_does_not_end_on_a_task_is_handed_back() {
    assert_eq!(SpawnedTask::EXECUTION, Execution::Spawned);
    what_does_not_end_is_handed_back(|n| SpawnedTask { n }).await;
}

#[tokio::test]
async fn entries_that_were_held_are_there_for_others_at_once() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.queues = [("default".to_owned(), 1)].into();
            // Far beyond the test: only what was given back can be taken over.
            settings.workers.takeover_after = Span::new(Duration::from_hours(1));
        })
        .await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let (open, gate) = watch::channel(false);
        let registry = Registry::new().with::<Task, _>(move |_: Task, _: Context| {
            let (started, mut gate) = (started.clone(), gate.clone());
            async move {
                started.send(())?;
                gate.wait_for(|open| *open).await?;
                Ok(Outcome::done())
            }
        });
        let (_relay, worker) = engine(&bed, registry);
        // One entry of which it can start one.
        bed.enqueue(&many(20, |n| Task { n })).await;
        starts.recv().await.unwrap();
        worker.ask_to_stop();
        draining(&worker).await;
        open.send(true).unwrap();
        assert_eq!(worker.stop().await, Drained { given_back: 0 });
        assert_eq!(bed.count("job_history", "true").await, 1);
        assert_eq!(
            bed.count("jobs", "state = 'available' AND run = 0").await,
            19
        );
        let next = WorkerRun::with(&bed, bed.transport(), at_once());
        bed.all_complete(20).await;
        assert_eq!(bed.count("job_history", "run = 1").await, 20);
        next.stop().await;
        assert_eq!(bed.transport().depth(&lane("default")).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_dropped_stops_its_heartbeat() {
    in_bed(async |bed| {
        let process = nexus_workers::WorkerProcess::new(
            bed.settings(),
            bed.pool().clone(),
            std::sync::Arc::new(bed.transport()),
            at_once(),
        )
        .unwrap();
        let task = tokio::spawn(process.run(tokio_util::sync::CancellationToken::new()));
        let rows = async |count| {
            eventually("the worker's row", SOON, async || {
                (bed.count("workers", "true").await == count).then_some(())
            })
            .await;
        };
        rows(1).await;
        task.abort();
        rows(0).await;
    })
    .await;
}

#[tokio::test]
async fn the_binary_ends_well_on_sigterm() {
    in_bed(async |bed| {
        let mut work = bed.spawn(&["work"]);
        eventually("it works", SOON, async || {
            (bed.count("workers", "true").await == 1).then_some(())
        })
        .await;
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
        assert_eq!(bed.count("workers", "true").await, 0);
    })
    .await;
}
