use std::sync::atomic::Ordering::Relaxed;

use nexus_jobs::WorkerId;
use nexus_schema::asked::{ProcessAsk, ask};
use nexus_schema::workers;
use nexus_tests::bed::{actor, bounded};
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, many};
use nexus_tests::{TestBed, WorkerRun, eventually, in_bed};
use nexus_workers::process::Drained;
use rustix::process::Signal;

use super::{Gated, assert_nothing_was_lost, bed_with_room_for, so_many_say};
use crate::workers::engine;

async fn ids(bed: &TestBed) -> Vec<WorkerId> {
    let listed = workers::list(&mut *bed.conn().await).await.unwrap();
    listed
        .into_iter()
        .map(|worker| WorkerId(worker.id))
        .collect()
}

async fn tell(bed: &TestBed, which: &[WorkerId], what: Option<ProcessAsk>) {
    let there = ask(&mut *bed.conn().await, which, what, &actor()).await;
    assert_eq!(there.unwrap().len(), which.len());
}

async fn quiet(worker: &WorkerRun, is: bool) {
    eventually("it is told", SOON, async || {
        (worker.health().quiet.load(Relaxed) == is).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_process_runs_on_what_runs_and_leaves_the_rest_to_others() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        let (mine, theirs) = (Gated::new(), Gated::new());
        let (_relay, worker) = engine(&bed, mine.registry());
        bed.enqueue(&many(6, |n| HeavyTask { n })).await;
        mine.run(2).await;
        let me = ids(&bed).await;
        tell(&bed, &me, Some(ProcessAsk::Quiet)).await;
        quiet(&worker, true).await;
        so_many_say(&bed, 1, "q->>'running' = '2'").await;
        let other = WorkerRun::with(&bed, bed.transport(), theirs.registry());
        theirs.let_go(4);
        eventually("the other has done the rest", SOON, async || {
            (bed.count("job_history", "true").await == 4).then_some(())
        })
        .await;
        assert_eq!(bed.count("jobs", "state = 'running'").await, 2);

        other.stop().await;
        bed.enqueue(&many(2, |n| HeavyTask { n })).await;
        mine.let_go(4);
        mine.run(0).await;
        tell(&bed, &me, None).await;
        bed.all_complete(8).await;
        quiet(&worker, false).await;
        assert_nothing_was_lost(&bed).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_drain_ends_as_by_a_signal() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        let gated = Gated::new();
        let (_relay, worker) = engine(&bed, gated.registry());
        bed.enqueue(&many(5, |n| HeavyTask { n })).await;
        gated.run(2).await;
        let me = ids(&bed).await;
        tell(&bed, &me, Some(ProcessAsk::Drain)).await;
        eventually("it drains", SOON, async || {
            worker.health().draining.load(Relaxed).then_some(())
        })
        .await;
        tell(&bed, &me, None).await;
        gated.let_go(2);
        eventually("its row is gone", SOON, async || {
            ids(&bed).await.is_empty().then_some(())
        })
        .await;
        assert_eq!(worker.stop().await, Drained { given_back: 0 });
        assert_eq!(bed.count("job_history", "true").await, 2);
        assert_eq!(bed.count("jobs", "run = 0").await, 3);
    })
    .await;
}

#[tokio::test]
async fn the_binary_is_made_quiet_by_a_signal_and_resumed_and_drained_by_commands() {
    in_bed(async |bed| {
        let mut work = bed.spawn(&["work"]);
        let asked = async |what: &str| {
            eventually(what, SOON, async || {
                (bed.count("workers", what).await == 1).then_some(())
            })
            .await;
        };
        let says = |quiet| format!("health->>'quiet' = '{quiet}'");
        asked(&says(false)).await;
        work.signal(Signal::TSTP);
        asked(&format!(
            "{} AND asked = 'quiet' AND asked_by = 'signal'",
            says(true)
        ))
        .await;
        let listed = bed.nexus_ok(&["workers"]).await;
        assert!(listed.contains(" quiet "), "{listed}");
        let told = bed.nexus_ok(&["workers", "resume", "all"]).await;
        assert_eq!(told, "asked to resume: 1 process\n");
        asked(&says(false)).await;
        let id = ids(bed).await[0].to_string();
        bed.nexus_ok(&["workers", "drain", &id[..13]]).await;
        let status = work.wait(SOON).await;
        assert_eq!(status.code(), Some(0), "{}", work.log());
        assert!(ids(bed).await.is_empty());
    })
    .await;
}
