//! Servers that go away under a worker's load: it lives, and each job is done once.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use nexus_config::Span;
use nexus_schema::{Keep, Pool};
use nexus_tests::bed::bounded;
use nexus_tests::effects::{complete_with_effect, effect_tasks};
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::tasks::{HeavyTask, Task, many};
use nexus_tests::{
    CutLine, Kept, OwnRedis, OwnServers, RelayRun, RescuerRun, TestBed, WorkerRun, eventually,
    template,
};
use nexus_workers::Context;
use tokio::sync::watch;

use crate::workers::{engine, lane};

/// Jobs of a load, half of them enqueued before the outage.
const HALF: i64 = 1000;

/// How far a load is when the outage begins.
const UNDER_WAY: i64 = 100;

async fn enqueue_half(bed: &TestBed) {
    bed.enqueue(&many(HALF, |n| Task { n })).await;
}

async fn set(flag: &AtomicBool, to: bool, what: &str) {
    eventually(what, SOON, async || {
        (flag.load(Relaxed) == to).then_some(())
    })
    .await;
}

/// All of a load are completed, in one attempt each, with each effect once.
async fn assert_done_once(bed: &TestBed) {
    bed.all_complete(2 * HALF).await;
    bed.assert_each_effect_once(2 * HALF).await;
    assert_eq!(bed.count("attempt_errors", "true").await, 0);
    assert_eq!(
        bed.count("job_history", "attempt <> 1 OR lost_leases > 0")
            .await,
        0
    );
}

async fn bed_on(redis: &OwnRedis) -> TestBed {
    let bed = TestBed::with(|settings| redis.put_into(&mut settings.redis)).await;
    bed.with_effects().await;
    bed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_restarts_empty_costs_nothing() {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let bed = bed_on(&redis).await;
        let (_relay, worker) = engine(&bed, effect_tasks());
        enqueue_half(&bed).await;
        bed.effects_reach("done", UNDER_WAY).await;
        redis.kill();
        enqueue_half(&bed).await;
        set(&worker.health().broker_away, true, "the worker notices").await;
        redis.start_again(Kept::Nothing).await;
        assert_done_once(&bed).await;
        set(&worker.health().broker_away, false, "the worker goes on").await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_flushed_costs_nothing() {
    bounded(async {
        let redis = OwnRedis::start().await;
        let bed = bed_on(&redis).await;
        let (_relay, worker) = engine(&bed, effect_tasks());
        enqueue_half(&bed).await;
        for time in 1..=3 {
            bed.effects_reach("done", time * UNDER_WAY).await;
            redis.flush().await;
        }
        enqueue_half(&bed).await;
        redis.flush().await;
        assert_done_once(&bed).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_group_that_is_destroyed_costs_nothing() {
    bounded(async {
        let bed = TestBed::new().await;
        bed.with_effects().await;
        let (_relay, worker) = engine(&bed, effect_tasks());
        let mut redis = bed.redis().connection().await;
        enqueue_half(&bed).await;
        for time in 1..=3 {
            bed.effects_reach("done", time * UNDER_WAY).await;
            let _: i64 = redis::cmd("XGROUP")
                .arg("DESTROY")
                .arg(bed.redis().stream(&lane("default")))
                .arg("workers")
                .query_async(&mut redis)
                .await
                .unwrap();
        }
        enqueue_half(&bed).await;
        assert_done_once(&bed).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_comes_after_the_worker_is_waited_for() {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        redis.kill();
        let bed = bed_on(&redis).await;
        let (_relay, worker) = engine(&bed, effect_tasks());
        enqueue_half(&bed).await;
        enqueue_half(&bed).await;
        set(&worker.health().broker_away, true, "the worker notices").await;
        redis.start_again(Kept::Data).await;
        assert_done_once(&bed).await;
        worker.stop().await;
    })
    .await;
}

/// For longer than a lease. What was running goes on; of the attempts, only those
/// may fail that wanted Postgres while it was away, and no lease is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_killed_costs_no_lease() {
    const LEASE: Duration = Duration::from_secs(3);
    bounded(async {
        let own = OwnServers::start().await;
        let template = template::make(own.servers()).await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            settings.lease.ttl = Span::new(LEASE);
            settings.retry.attempts = 20;
        })
        .await;
        bed.with_effects().await;
        let (open, gate) = watch::channel(false);
        let registry = effect_tasks().with::<HeavyTask, _>(move |_: HeavyTask, ctx: Context| {
            let mut gate = gate.clone();
            async move {
                gate.wait_for(|open| *open).await?;
                Ok(complete_with_effect(&ctx).await?)
            }
        });
        let transport = bed.transport();
        let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let rescuer = RescuerRun::start(&bed);
        let worker = WorkerRun::with(&bed, transport, registry);
        let lasting = bed.enqueue(&many(5, |n| HeavyTask { n })).await;
        enqueue_half(&bed).await;
        enqueue_half(&bed).await;
        eventually("the lasting jobs run", SOON, async || {
            let running = "state = 'running' AND kind = 'test.heavy'";
            (bed.count("jobs", running).await == 5).then_some(())
        })
        .await;
        bed.effects_reach("done", UNDER_WAY).await;

        own.kill(Which::Postgres).await;
        set(&worker.health().postgres_away, true, "the worker notices").await;
        // The outage itself: it is to outlast every lease.
        tokio::time::sleep(LEASE).await;
        own.start_again().await;
        eventually("the heart beats again", SOON, async || {
            let seen = "seen_at > pg_postmaster_start_time()";
            (bed.count("workers", seen).await == 1).then_some(())
        })
        .await;
        bed.effects_reach("done", 2 * HALF).await;
        for id in &lasting {
            assert_eq!(bed.state(*id).await, "running");
        }
        open.send(true).unwrap();
        bed.all_complete(2 * HALF + 5).await;
        bed.assert_each_effect_once(2 * HALF + 5).await;
        for id in lasting {
            let job = bed.job(id).await.job;
            assert_eq!((job.run, job.attempt, job.lost_leases), (1, 1, 0));
        }
        assert_eq!(bed.count("job_history", "lost_leases > 0").await, 0);
        assert_eq!(bed.count("attempt_errors", "reason <> 'error'").await, 0);
        set(&worker.health().postgres_away, false, "the worker goes on").await;
        worker.stop().await;
        relay.stop().await;
        drop(rescuer);
    })
    .await;
}

/// The claim is committed and its answer lost: nobody runs the jobs, though the
/// heart beats on. They are handed back as soon as the ledger answers.
#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_handed_back() {
    bounded(async {
        let bed = TestBed::new().await;
        bed.with_effects().await;
        let mut settings = bed.settings().postgres.clone();
        let url = settings.app_url.expose().to_owned();
        let (before, place) = url.split_once('@').unwrap();
        let (server, database) = place.split_once('/').unwrap();
        let line = CutLine::to(server.to_owned()).await;
        settings.app_url = format!("{before}@{}/{database}", line.addr())
            .parse()
            .unwrap();
        let pool = Pool::new(&settings, Keep::None);
        let relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let worker = WorkerRun::with_pool(&bed, pool, bed.transport(), effect_tasks());
        // Through the line as it is sound.
        bed.enqueue(&many(1, |n| Task { n })).await;
        bed.all_complete(1).await;

        line.deafen();
        let ids = bed.enqueue(&many(5, |n| Task { n })).await;
        eventually("the claim is committed", SOON, async || {
            (bed.count("jobs", "state = 'running'").await == 5).then_some(())
        })
        .await;
        line.cut();
        bed.all_complete(6).await;
        bed.assert_each_effect_once(6).await;
        for id in ids {
            let job = bed.job(id).await.job;
            assert_eq!((job.run, job.attempt, job.lost_leases), (2, 1, 0));
        }
        worker.stop().await;
        relay.stop().await;
    })
    .await;
}
