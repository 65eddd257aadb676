//! A kind's breaker: it opens, leaves jobs waiting unspent, probes, closes, opens again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Job, Outcome};
use nexus_schema::gates::{BreakerChange, breakers, set_breaker};
use nexus_tests::bed::{actor, bounded};
use nexus_tests::eventually::SOON;
use nexus_tests::releaser_run::ReleaserRun;
use nexus_tests::tasks::{HeavyTask, many};
use nexus_tests::{RelayRun, TestBed, WorkerRun, eventually};
use nexus_workers::Registry;

async fn state(bed: &TestBed) -> String {
    breakers(&mut *bed.conn().await).await.unwrap()[0]
        .state
        .clone()
}

async fn becomes(bed: &TestBed, wanted: &str) {
    eventually(&format!("the breaker is {wanted}"), SOON, async || {
        (state(bed).await == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn it_opens_leaves_jobs_unspent_and_closes_once_probes_are_well() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.limits.poll = Span::new(Duration::from_millis(50));
            settings.workers.queues = [("default".to_owned(), 4)].into();
        })
        .await;
        let policy = BreakerChange {
            failure_share: 0.5,
            attempts_min: 10,
            window_ms: 60_000,
            open_ms: 400,
            probes: 3,
        };
        set_breaker(&mut *bed.conn().await, HeavyTask::KIND, &policy, &actor())
            .await
            .unwrap();
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let _releaser = ReleaserRun::start(&bed);
        let broken = Arc::new(AtomicBool::new(true));
        let is_broken = Arc::clone(&broken);
        let registry = Registry::new().with::<HeavyTask, _>(move |_, _| {
            let broken = is_broken.load(Ordering::SeqCst);
            async move {
                tokio::time::sleep(Duration::from_millis(2)).await;
                anyhow::ensure!(!broken, "what it calls is down");
                Ok(Outcome::done())
            }
        });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        let jobs = many(500, |n| HeavyTask { n })
            .into_iter()
            .map(|job| job.attempts(1000));
        bed.enqueue(&jobs.collect::<Vec<_>>()).await;
        becomes(&bed, "open").await;
        // Probes fail, so it opens again, and again.
        becomes(&bed, "half_open").await;
        becomes(&bed, "open").await;
        eventually("all wait", SOON, async || {
            let parked = format!("parked_on = 'breaker:{}'", HeavyTask::KIND);
            (bed.count("jobs", &parked).await >= 497).then_some(())
        })
        .await;
        assert!(
            bed.count("jobs", "attempt = 0").await > 100,
            "most were never tried"
        );
        broken.store(false, Ordering::SeqCst);
        becomes(&bed, "closed").await;
        bed.all_complete(500).await;
        assert_eq!(state(&bed).await, "closed");
        let ended = "gate NOT IN (SELECT gate FROM nexus.gate_ends)";
        assert_eq!(
            bed.count("gates", &format!("in_use <> 0 AND {ended}"))
                .await,
            0
        );
        assert_eq!(bed.count("gates", "waiting").await, 0);
    })
    .await;
}
