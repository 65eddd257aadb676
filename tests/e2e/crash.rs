//! Worker processes that are killed or frozen.

use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{JobId, NewJob};
use nexus_tests::bed::bounded;
use nexus_tests::binary::Running;
use nexus_tests::effects::Gated;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, RescuerRun, TestBed, eventually};
use rustix::process::Signal;

async fn bed() -> TestBed {
    let bed = TestBed::with(|settings| {
        settings.lease.ttl = Span::new(Duration::from_millis(1500));
        settings.lease.heartbeat = Span::new(Duration::from_millis(300));
    })
    .await;
    bed.with_effects().await;
    bed
}

fn worker(bed: &TestBed) -> Running {
    bed.spawn_test_worker(env!("CARGO_BIN_EXE_nexus-test-worker"))
}

fn relay_and_rescuer(bed: &TestBed) -> (RelayRun, RescuerRun) {
    let relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
    (relay, RescuerRun::start(bed))
}

async fn enqueue(bed: &TestBed, count: usize, fenced: bool) -> Vec<JobId> {
    let job = NewJob::of(&Gated { fenced }).unwrap();
    bed.enqueue(&vec![job; count]).await
}

async fn rescued(bed: &TestBed, count: i64) {
    eventually("the jobs are rescued", SOON, async || {
        (bed.count("jobs", "lost_leases = 1").await == count).then_some(())
    })
    .await;
}

/// Each was run twice, spent one attempt, and lost one lease, which did not count.
async fn assert_rescued_once(bed: &TestBed, ids: &[JobId]) {
    for id in ids {
        let end = bed.end_of(*id).await;
        let counts = (end.job.run, end.job.attempt, end.job.lost_leases);
        assert_eq!((end.job.state.as_str(), counts), ("completed", (2, 1, 1)));
        assert_eq!(end.errors.len(), 1, "{:?}", end.errors);
        assert_eq!(
            (end.errors[0].reason.as_str(), end.errors[0].attempt),
            ("lost_lease", 0)
        );
    }
}

/// Suspects run one at a time, and hold up nobody else.
#[tokio::test]
async fn jobs_of_a_killed_process_are_run_by_another_one_at_a_time() {
    bounded(async {
        let bed = bed().await;
        let _others = relay_and_rescuer(&bed);
        let killed = worker(&bed);
        let suspects = enqueue(&bed, 4, true).await;
        bed.effects_reach("started", 4).await;
        killed.kill().await;
        rescued(&bed, 4).await;

        let _next = worker(&bed);
        bed.effects_reach("started", 5).await;
        let innocent = enqueue(&bed, 3, true).await;
        bed.effects_reach("started", 8).await;
        let running = bed.count("jobs", "state = 'running' AND lost_leases > 0");
        assert_eq!(running.await, 1, "of the suspects");
        bed.open_gate(2).await;
        assert_rescued_once(&bed, &suspects).await;
        let overlaps = "nexus.job_history AS a JOIN nexus.job_history AS b ON a.id < b.id \
             AND a.lost_leases > 0 AND b.lost_leases > 0 \
             AND a.started_at < b.finished_at AND b.started_at < a.finished_at";
        assert_eq!(bed.count_in(overlaps, "true").await, 0);
        for id in innocent {
            let job = bed.end_of(id).await.job;
            assert_eq!((job.run, job.attempt, job.lost_leases), (1, 1, 0));
        }
        bed.assert_each_effect_once(7).await;
        bed.nothing_is_left().await;
    })
    .await;
}

/// Frozen for longer than its lease, a process wakes up while others run its jobs.
async fn a_frozen_process_changes_nothing(fenced: bool) {
    bounded(async {
        let bed = bed().await;
        let _others = relay_and_rescuer(&bed);
        let frozen = worker(&bed);
        let ids = enqueue(&bed, 3, fenced).await;
        bed.effects_reach("started", 3).await;
        frozen.signal(Signal::STOP);
        rescued(&bed, 3).await;
        let _next = worker(&bed);
        bed.effects_reach("started", 4).await;

        bed.open_gate(1).await;
        frozen.signal(Signal::CONT);
        let noticed = if fenced { "stale" } else { "answered" };
        bed.effects_reach(noticed, 3).await;
        if !fenced {
            frozen.says("settled too late").await;
        }
        assert_eq!(bed.count("job_history", "true").await, 0);
        assert_eq!(bed.effects("done").await, 0);
        assert_eq!(bed.count("jobs", "lost_leases = 1").await, 3);

        bed.open_gate(2).await;
        assert_rescued_once(&bed, &ids).await;
        assert_eq!(bed.count("job_history", "true").await, 3);
        if fenced {
            bed.assert_each_effect_once(3).await;
        }
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_frozen_process_leaves_no_effect() {
    a_frozen_process_changes_nothing(true).await;
}

#[tokio::test]
async fn a_frozen_process_settles_nothing() {
    a_frozen_process_changes_nothing(false).await;
}

#[tokio::test]
async fn a_load_outlives_the_binary_that_runs_it() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.lease.ttl = Span::new(Duration::from_millis(1500));
            settings.workers.queues = [("noop".to_owned(), 100)].into();
        })
        .await;
        let _others = relay_and_rescuer(&bed);
        let killed = bed.spawn(&["work"]);
        for _ in 0..3 {
            bed.enqueue_noops(1000).await;
        }
        eventually("it is at work", SOON, async || {
            (bed.count("job_history", "true").await > 0).then_some(())
        })
        .await;
        killed.kill().await;
        let mut next = bed.spawn(&["work"]);
        bed.all_complete(3000).await;
        assert_eq!(bed.count("job_history", "attempt <> 1").await, 0);
        next.terminate();
        assert!(next.wait(SOON).await.success(), "{}", next.log());
    })
    .await;
}
