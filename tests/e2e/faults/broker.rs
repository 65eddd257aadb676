//! A Redis that stalls, answers badly or has no room.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nexus_config::{Settings, Span};
use nexus_queue::RedisTransport;
use nexus_tests::bed::bounded;
use nexus_tests::chaos::fault::Trouble;
use nexus_tests::chaos::fault_proxy::FaultProxy;
use nexus_tests::effects::effect_tasks;
use nexus_tests::eventually::SOON;
use nexus_tests::{OwnRedis, TestBed, eventually};

use super::{Engine, SOME, by_way_of, goes_on, rides_out, server_of};

async fn bed_on(redis: &OwnRedis, change: impl FnOnce(&mut Settings)) -> TestBed {
    let bed = TestBed::with(|settings| {
        redis.put_into(&mut settings.redis);
        change(settings);
    })
    .await;
    bed.with_effects().await;
    bed
}

fn engine(bed: &TestBed) -> Engine {
    Engine::start(bed, bed.pool(), bed.transport(), effect_tasks())
}

/// Waits until jobs wait that nobody carries.
async fn jobs_wait(bed: &TestBed) {
    eventually("jobs wait", SOON, async || {
        (bed.count("dispatch", "true").await >= SOME).then_some(())
    })
    .await;
}

/// Nobody takes it for dead, and no attempt is spent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stalls_is_waited_for() {
    const STALL: Duration = Duration::from_secs(3);
    bounded(async {
        let redis = OwnRedis::start().await;
        let bed = bed_on(&redis, |_| {}).await;
        rides_out(&bed, engine(&bed), &[], async |engine| {
            redis.freeze();
            jobs_wait(&bed).await;
            // The stall itself, well within redis.response_timeout.
            tokio::time::sleep(STALL).await;
            redis.thaw();
            goes_on(&bed).await;
            assert_eq!(engine.relay.stats().failures.load(Relaxed), 0);
            assert!(!engine.worker.health().broker_away.load(Relaxed));
        })
        .await;
        assert_eq!(bed.count("attempt_errors", "true").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stalls_for_longer_than_anybody_waits_costs_nothing() {
    bounded(async {
        let redis = OwnRedis::start().await;
        let bed = bed_on(&redis, |settings| {
            settings.redis.response_timeout = Span::new(Duration::from_millis(300));
        })
        .await;
        rides_out(&bed, engine(&bed), &[], async |engine| {
            redis.freeze();
            engine.relay_fails(3).await;
            eventually("the worker notices", SOON, async || {
                let away = &engine.worker.health().broker_away;
                away.load(Relaxed).then_some(())
            })
            .await;
            jobs_wait(&bed).await;
            redis.thaw();
        })
        .await;
        assert_eq!(bed.count("attempt_errors", "true").await, 0);
    })
    .await;
}

/// Replies cut in their middle, and every other trouble that a line can have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_to_redis_costs_nothing() {
    const LASTS: Duration = Duration::from_millis(500);
    bounded(async {
        let bed = TestBed::new().await;
        bed.with_effects().await;
        let mut settings = bed.settings().redis.clone();
        let proxy = FaultProxy::to(server_of(&settings.url)).await.unwrap();
        settings.url = by_way_of(&settings.url, proxy.addr());
        let transport = RedisTransport::new(&settings).unwrap();
        let engine = Engine::start(&bed, bed.pool(), transport, effect_tasks());
        rides_out(&bed, engine, &[], async |_| {
            for trouble in Trouble::ALL {
                let touched = proxy.trouble(trouble, LASTS).await;
                assert!(touched > 0, "{trouble:?}");
                goes_on(&bed).await;
            }
        })
        .await;
        assert_eq!(bed.count("attempt_errors", "true").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_is_waited_for_until_it_has_room() {
    bounded(async {
        let redis = OwnRedis::start().await;
        let bed = bed_on(&redis, |_| {}).await;
        let mut connection = bed.redis().connection().await;
        rides_out(&bed, engine(&bed), &[], async |engine| {
            for bytes in ["1", "0"] {
                let () = redis::cmd("CONFIG")
                    .arg(&["SET", "maxmemory", bytes])
                    .query_async(&mut connection)
                    .await
                    .unwrap();
                if bytes == "1" {
                    engine.relay_fails(3).await;
                    jobs_wait(&bed).await;
                }
            }
        })
        .await;
        assert_eq!(bed.count("attempt_errors", "true").await, 0);
    })
    .await;
}
