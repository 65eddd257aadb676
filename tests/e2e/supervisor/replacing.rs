//! Processes that are replaced, successor first.

use nexus_config::Bytes;
use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, TestBed, eventually};
use rustix::process::Signal;

use super::{all_work, assert_no_attempt_lost, bed_with, processes, supervisor, workers};

/// Neither the ledger's workers nor the supervisor's count fall below so many.
async fn assert_at_work(bed: &TestBed, least: i64) {
    assert!(bed.count("workers", "true").await >= least);
    let told = format!("processes >= {least}");
    assert_eq!(bed.count("supervisors", &told).await, 1);
}

#[tokio::test]
async fn a_rolling_restart_leaves_no_gap_and_loses_no_attempt() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let mut work = bed.spawn(&["work", "--processes", "2"]);
        let mut before = all_work(&bed, &work, 2).await;
        let mut jobs = 0;
        for by_signal in [false, true] {
            if by_signal {
                work.signal(Signal::HUP);
            } else {
                bed.nexus_ok(&["workers", "restart"]).await;
            }
            eventually("all are new", SOON, async || {
                if jobs < 30_000 {
                    bed.enqueue_noops(200).await;
                    jobs += 200;
                }
                assert_at_work(&bed, 2).await;
                let now = processes(&bed).await;
                workers(&now).is_disjoint(&workers(&before)).then_some(())
            })
            .await;
            before = all_work(&bed, &work, 2).await;
        }
        bed.all_complete(jobs).await;
        assert_no_attempt_lost(&bed).await;
        let told = supervisor(&bed).await["health"].clone();
        assert_eq!(told["restarting"], false);
        assert_eq!(told["processes"][0]["restarts"], 0, "nobody died: {told}");
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}

#[tokio::test]
async fn a_process_over_its_memory_is_drained_and_replaced() {
    bounded(async {
        let bed = bed_with(|settings| {
            settings.supervisor.memory_max = Bytes::new(1 << 20);
            settings.supervisor.crash_loop_deaths = 2;
        })
        .await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let mut work = bed.spawn(&["work", "--processes", "1"]);
        let first = eventually("a process works", SOON, async || {
            let first = processes(&bed).await;
            let works = first.iter().any(|one| one.state == "working");
            works.then_some(first)
        })
        .await;
        let mut jobs = 0;
        eventually("it is replaced more than once", SOON, async || {
            if jobs < 30_000 {
                bed.enqueue_noops(200).await;
                jobs += 200;
            }
            assert_at_work(&bed, 1).await;
            let told = supervisor(&bed).await["health"]["processes"][0].clone();
            (told["restarts"].as_u64()? >= 2).then_some(())
        })
        .await;
        assert!(!workers(&processes(&bed).await).is_superset(&workers(&first)));
        let log = work.log();
        assert!(log.contains("over supervisor.memory_max"), "{log}");
        let text = bed.nexus_ok(&["workers"]).await;
        assert!(text.contains("last: over supervisor.memory_max"), "{text}");
        bed.all_complete(jobs).await;
        assert_no_attempt_lost(&bed).await;
        work.terminate();
        assert!(work.wait(SOON).await.success(), "{}", work.log());
    })
    .await;
}
