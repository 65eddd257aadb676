//! How a supervisor ends, and its processes with it.

use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, eventually};
use rustix::process::Signal;

use super::{all_work, assert_no_attempt_lost, bed_with, send, supervisor};

#[tokio::test]
async fn sigterm_drains_all_processes_and_exits_with_0() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let mut work = bed.spawn(&["work", "--processes", "2"]);
        all_work(&bed, &work, 2).await;
        for _ in 0..3 {
            bed.enqueue_noops(1000).await;
        }
        work.terminate();
        let status = work.wait(SOON).await;
        assert_eq!(status.code(), Some(0), "{}", work.log());
        assert_eq!(bed.count("workers", "true").await, 0);
        assert_eq!(bed.count("leases", "true").await, 0);
        let row = supervisor(&bed).await;
        assert_eq!(
            (&row["processes"], &row["health"]["stopped"]),
            (&0.into(), &true.into())
        );

        let mut next = bed.spawn(&["work", "--processes", "2"]);
        all_work(&bed, &next, 2).await;
        bed.all_complete(3000).await;
        assert_no_attempt_lost(&bed).await;
        next.terminate();
        assert!(next.wait(SOON).await.success(), "{}", next.log());
    })
    .await;
}

#[tokio::test]
async fn processes_end_by_themselves_when_their_supervisor_is_killed() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let work = bed.spawn(&["work", "--processes", "2"]);
        all_work(&bed, &work, 2).await;
        bed.enqueue_noops(1000).await;
        work.kill().await;
        eventually("they drain and end", SOON, async || {
            (bed.count("workers", "true").await == 0).then_some(())
        })
        .await;
        assert_eq!(bed.count("leases", "true").await, 0);

        // The name is free: the process that held it is gone.
        let mut next = bed.spawn(&["work", "--processes", "2"]);
        all_work(&bed, &next, 2).await;
        bed.all_complete(1000).await;
        assert_no_attempt_lost(&bed).await;
        next.terminate();
        assert!(next.wait(SOON).await.success(), "{}", next.log());
    })
    .await;
}

/// A process that does not drain would hold the first signal up.
#[tokio::test]
async fn a_second_signal_kills() {
    bounded(async {
        let bed = bed_with(|_| {}).await;
        let mut work = bed.spawn(&["work", "--processes", "2"]);
        let frozen = all_work(&bed, &work, 2).await;
        send(&frozen[0], Signal::STOP);
        work.terminate();
        work.says("stopping; a second signal ends at once").await;
        work.terminate();
        let status = work.wait(SOON).await;
        assert_eq!(status.code(), Some(143), "{}", work.log());
        assert_eq!(bed.count("workers", "true").await, 0);
    })
    .await;
}
