//! What a broker lost is pushed again.

use std::sync::atomic::Ordering;

use nexus_queue::Transport;
use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::{Claimant, Kept, OwnRedis, RelayRun, TestBed, eventually, in_bed};

use super::{arrive, consumer, lane};

#[tokio::test]
async fn what_a_wiped_redis_held_is_pushed_again() {
    in_bed(async |bed| {
        let transport = bed.transport();
        let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let mut consumer = consumer(&transport).await;
        let jobs = bed.enqueue_noops(120).await;
        for _ in 0..2 {
            arrive(consumer.as_mut(), &jobs).await;
            bed.redis().wipe().await;
        }
        arrive(consumer.as_mut(), &jobs).await;
        let repushed = &relay.stats().repushed_rows;
        assert!(repushed.load(Ordering::Relaxed) >= 4);
        let all = Claimant::new().claim_all(&mut *bed.conn().await).await;
        assert_eq!(all.jobs.len(), 120);
    })
    .await;
}

#[tokio::test]
async fn what_a_deleted_stream_held_is_pushed_again() {
    in_bed(async |bed| {
        let transport = bed.transport();
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let jobs = bed.enqueue_noops(3).await;
        let mut consumer = consumer(&transport).await;
        arrive(consumer.as_mut(), &jobs).await;
        let mut connection = bed.redis().connection().await;
        let deleted: usize = redis::cmd("DEL")
            .arg(bed.redis().stream(&lane()))
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(deleted, 1);
        arrive(consumer.as_mut(), &jobs).await;
    })
    .await;
}

/// Jobs enqueued before, during and after an outage of Redis arrive.
async fn a_restarted_redis_is_refilled(kept: Kept) {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let bed = TestBed::with(|settings| redis.put_into(&mut settings.redis)).await;
        let transport = bed.transport();
        let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let mut jobs = bed.enqueue_noops(3).await;
        eventually("the jobs are pushed", SOON, async || {
            (transport.depth(&lane()).await.ok()? > 0).then_some(())
        })
        .await;
        redis.kill();
        jobs.extend(bed.enqueue_noops(2).await);
        eventually("the relay notices", SOON, async || {
            let failing = &relay.stats().failing;
            failing.load(Ordering::Relaxed).then_some(())
        })
        .await;
        redis.start_again(kept).await;
        jobs.extend(bed.enqueue_noops(1).await);
        let mut consumer = consumer(&transport).await;
        arrive(consumer.as_mut(), &jobs).await;
        eventually("the relay goes on", SOON, async || {
            let failing = &relay.stats().failing;
            (!failing.load(Ordering::Relaxed)).then_some(())
        })
        .await;
        relay.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_restarts_empty_is_refilled() {
    a_restarted_redis_is_refilled(Kept::Nothing).await;
}

#[tokio::test]
async fn a_redis_that_restarts_with_its_data_is_refilled() {
    a_restarted_redis_is_refilled(Kept::Data).await;
}
