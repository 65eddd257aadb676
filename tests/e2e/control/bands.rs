use std::time::Duration;

use nexus_config::{BandPolicy, BandWeights, Settings};
use nexus_jobs::{Band, NewJob};
use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, Task, many};
use nexus_tests::{TestBed, eventually};
use nexus_workers::{Context, Outcome, Registry};

use crate::workers::{at_once, engine};

fn in_band(jobs: Vec<NewJob>, band: Band) -> Vec<NewJob> {
    let with_band = |job| NewJob { band, ..job };
    jobs.into_iter().map(with_band).collect()
}

async fn bed_with(concurrency: usize, change: impl FnOnce(&mut Settings)) -> TestBed {
    TestBed::with(|settings| {
        settings.workers.queues = [("default".to_owned(), concurrency)].into();
        change(settings);
    })
    .await
}

/// Jobs that take a millisecond.
fn short() -> Registry {
    Registry::new().with::<Task, _>(|_: Task, _: Context| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Outcome::done())
    })
}

/// Ten thousand wait and have begun; what is urgent passes them, but for what had been fetched and
/// for the turns in which it lets others go first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urgent_jobs_pass_a_backlog() {
    bounded(async {
        let bed = bed_with(4, |_| {}).await;
        for _ in 0..10 {
            bed.enqueue(&in_band(many(1000, |n| Task { n }), Band::Low))
                .await;
        }
        let (_relay, worker) = engine(&bed, short());
        eventually("the backlog is under way", SOON, async || {
            (bed.count("job_history", "true").await > 100).then_some(())
        })
        .await;
        bed.enqueue(&in_band(many(200, |n| Task { n }), Band::Critical))
            .await;
        eventually("what is urgent is done", SOON, async || {
            (bed.count("job_history", "band = 0").await == 200).then_some(())
        })
        .await;
        assert!(
            bed.count("jobs", "band = 3").await > 0,
            "the backlog was over too soon to tell"
        );
        let between = "band = 3 AND started_at BETWEEN \
            (SELECT min(started_at) FROM nexus.job_history WHERE band = 0) AND \
            (SELECT max(started_at) FROM nexus.job_history WHERE band = 0)";
        let passed = bed.count("job_history", between).await;
        // One turn in 48, of at most as many jobs as one of the others.
        assert!(passed <= 200 / 4, "{passed} went before");
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_urgent_jobs_starves_nobody() {
    bounded(async {
        let bed = bed_with(2, |settings| settings.workers.bands_lift_every = 4).await;
        for _ in 0..5 {
            bed.enqueue(&in_band(many(1000, |n| HeavyTask { n }), Band::Critical))
                .await;
        }
        for band in [Band::High, Band::Normal, Band::Low] {
            bed.enqueue(&in_band(many(20, |n| HeavyTask { n }), band))
                .await;
        }
        let (_relay, worker) = engine(&bed, at_once());
        eventually("the others are done", SOON, async || {
            (bed.count("job_history", "band > 0").await == 60).then_some(())
        })
        .await;
        let last = "(SELECT max(started_at) FROM nexus.job_history WHERE band > 0)";
        bed.all_complete(5060).await;
        let after = bed
            .count("job_history", &format!("band = 0 AND started_at > {last}"))
            .await;
        assert!(after > 1000, "they came last: {after} after them");
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_are_shares() {
    bounded(async {
        let bed = bed_with(1, |settings| {
            settings.workers.bands = BandPolicy::Weighted;
            settings.workers.bands_weights = BandWeights {
                critical: 5,
                high: 1,
                normal: 1,
                low: 3,
            };
        })
        .await;
        for band in [Band::Critical, Band::Low] {
            bed.enqueue(&in_band(many(500, |n| HeavyTask { n }), band))
                .await;
        }
        let (relay, worker) = engine(&bed, at_once());
        bed.all_complete(1000).await;
        relay.stop().await;
        worker.stop().await;
        // Both bands wait all this while. The turns of the empty ones go to the most urgent.
        let first = "(SELECT band FROM nexus.job_history ORDER BY started_at LIMIT 400) AS h";
        let low = bed.count_in(first, "band = 3").await;
        assert!((90..=150).contains(&low), "three in ten of 400: {low}");
    })
    .await;
}
