//! A tick is one job, whoever decides it and however often.

use std::sync::atomic::Ordering;

use nexus_tests::{SchedulerRun, bounded};
use serde_json::json;

use super::{at, bed, entries, fired, set, ticked, ticking};

/// As a split brain would: the ledger is made to forget which ticks were decided.
#[tokio::test]
async fn a_tick_that_is_decided_again_is_the_same_job() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(
            &bed,
            "a",
            ticking("@hourly", json!({ "missed": "catch_up" })),
        )
        .await;
        let _scheduler = SchedulerRun::start(&bed);
        at(&bed, "a", "2026-03-01T13:00:00Z").await;
        assert_eq!(fired(&bed).await, ["11:00", "12:00", "13:00"]);
        bed.execute("UPDATE nexus.schedules SET next_at = '2026-03-01T10:00:00Z'")
            .await;
        let view = at(&bed, "a", "2026-03-01T14:00:00Z").await;
        assert_eq!(
            fired(&bed).await,
            ["10:00", "11:00", "12:00", "13:00", "14:00"]
        );
        assert_eq!((view.fired, view.skipped), (5, 0));
        assert_eq!(entries(&bed, "a").await.len(), 5);
    })
    .await;
}

/// Several at once, over many schedules, while the clock runs: whoever gets the lock decides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_schedulers_share_the_ticks() {
    const SCHEDULES: usize = 20;
    const MINUTES: usize = 60;
    bounded(async {
        let bed = bed().await;
        let span = json!({
            "start": "2026-03-01T00:00:00Z", "end": "2026-03-01T01:00:00Z", "missed": "catch_up",
        });
        bed.schedule_time("2026-02-28T23:59:00Z").await;
        for nth in 0..SCHEDULES {
            let name = format!("s{nth}");
            set(&bed, &name, ticking("* * * * *", span.clone())).await;
        }
        let schedulers: Vec<_> = (0..5).map(|_| SchedulerRun::start(&bed)).collect();
        bed.schedule_time_flies("2026-02-28T23:59:30Z", 1200).await;
        nexus_tests::eventually("all is over", nexus_tests::eventually::SOON, async || {
            (bed.count("schedules", "next_at IS NOT NULL").await == 0).then_some(())
        })
        .await;
        let ticked = ticked(&bed).await;
        assert_eq!(ticked.len(), SCHEDULES * MINUTES);
        assert!(ticked.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(bed.count("ticks", "outcome = 'fired'").await, 1200);
        let by_each = schedulers
            .iter()
            .map(|one| one.stats().fired.load(Ordering::Relaxed));
        assert_eq!(by_each.sum::<u64>(), 1200);
        for scheduler in schedulers {
            scheduler.stop().await;
        }
    })
    .await;
}
