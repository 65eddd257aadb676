//! Postgres killed: what was acknowledged is there, and everybody goes on.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use nexus_jobs::kinds::Noop;
use nexus_jobs::{Band, Job, Lane, QueueName};
use nexus_queue::{MemoryTransport, Transport};
use nexus_tests::bed::{actor, bounded, noop};
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::{OwnServers, RelayRun, TestBed, eventually, template};

#[tokio::test]
async fn a_killed_postgres_loses_nothing_and_the_relay_goes_on() {
    bounded(async {
        let own = OwnServers::start().await;
        let template = template::make(own.servers()).await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            settings.postgres.pool_wait = "200ms".parse().unwrap();
            settings.postgres.retry_attempts = 2;
        })
        .await;
        let transport = MemoryTransport::new();
        let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let failing = || relay.stats().failing.load(Ordering::Relaxed);
        let mut jobs = bed.enqueue_noops(3).await;
        let taken = Mutex::new(Vec::new());

        own.kill(Which::Postgres).await;
        eventually("the relay notices", SOON, async || failing().then_some(())).await;
        // Server processes outlive their killed parent for a moment, and may still
        // take a job: what they acknowledge counts.
        let away = eventually("enqueueing fails", SOON, async || {
            match bed.producer().enqueue(&noop(), &actor()).await {
                Ok(job) => {
                    taken.lock().unwrap().push(job.id());
                    None
                }
                Err(error) => Some(error),
            }
        })
        .await;
        assert!(away.is_transient(), "{away}");
        jobs.append(&mut taken.lock().unwrap());

        own.start_again().await;
        let job = eventually("enqueueing works again", SOON, async || {
            bed.producer().enqueue(&noop(), &actor()).await.ok()
        })
        .await;
        jobs.push(job.id());
        let lane = Lane {
            queue: QueueName::new(Noop::QUEUE).unwrap(),
            band: Band::Normal,
        };
        eventually("the relay goes on", SOON, async || {
            let pushed = transport.depth(&lane).await.unwrap();
            (pushed >= 2 && !failing()).then_some(())
        })
        .await;
        for id in jobs {
            assert_eq!(bed.state(id).await, "available");
        }
    })
    .await;
}
