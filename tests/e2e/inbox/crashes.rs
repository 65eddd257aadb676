//! Whoever dies, and whenever: each task is a job, once.

use std::sync::atomic::Ordering;

use diesel_async::SimpleAsyncConnection;
use nexus_jobs::Job;
use nexus_jobs::kinds::Noop;
use nexus_tests::eventually::SOON;
use nexus_tests::inbox_run::{inbox_name, take_inbox};
use nexus_tests::own_servers::Which;
use nexus_tests::{InboxRun, Kept, OwnRedis, OwnServers, TestBed, bounded, eventually, template};

use super::{counted, inbox_is_empty, jobs_are, push};

/// The ledger has committed and Redis knows nothing of it: it was frozen in between, and
/// then lost what it had not read.
#[tokio::test]
async fn tasks_that_are_in_the_ledger_and_still_in_redis_are_known() {
    const TASKS: usize = 500;
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND);
            settings.inbox.takeover_after = "100ms".parse().unwrap();
            redis.put_into(&mut settings.redis);
        })
        .await;
        push(&bed, 0, TASKS).await;
        let mut held = bed.conn_as("nexus_owner").await;
        held.batch_execute("BEGIN; LOCK TABLE nexus.reservations IN EXCLUSIVE MODE")
            .await
            .unwrap();
        let ingest = InboxRun::start(&bed);
        eventually("the ingest waits for the ledger", SOON, async || {
            let waits = "wait_event_type = 'Lock' AND datname = current_database()";
            (bed.count_in("pg_stat_activity", waits).await > 0).then_some(())
        })
        .await;
        redis.freeze();
        held.batch_execute("COMMIT").await.unwrap();
        jobs_are(&bed, 500).await;
        ingest.crash().await;
        redis.kill();
        redis.start_again(Kept::Data).await;
        let taken: i64 = redis::cmd("ZCARD")
            .arg(format!("{}:nexus:taken", inbox_name(bed.settings())))
            .query_async(&mut bed.redis().connection().await)
            .await
            .unwrap();
        assert_eq!(taken, 500);

        let again = InboxRun::start(&bed);
        inbox_is_empty(&bed).await;
        eventually("all are known", SOON, async || {
            (counted(again.stats()) == (0, 500, 0)).then_some(())
        })
        .await;
        jobs_are(&bed, 500).await;
    })
    .await;
}

#[tokio::test]
async fn an_ingest_killed_over_and_over_loses_and_doubles_nothing() {
    const TASKS: usize = 10_000;
    const KILLS: i64 = 8;
    bounded(async {
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND);
            settings.inbox.takeover_after = "50ms".parse().unwrap();
            settings.inbox.chunk_tasks = 50;
        })
        .await;
        push(&bed, 0, TASKS).await;
        for kill in 1..=KILLS {
            let serve = bed.spawn(&["serve"]);
            let wanted = kill * 500;
            eventually("it moves tasks", SOON, async || {
                (bed.count("jobs", "true").await >= wanted).then_some(())
            })
            .await;
            serve.kill().await;
        }
        let _serve = bed.spawn(&["serve"]);
        jobs_are(&bed, 10_000).await;
        inbox_is_empty(&bed).await;
        jobs_are(&bed, 10_000).await;
    })
    .await;
}

#[tokio::test]
async fn an_ingest_outlasts_its_servers() {
    bounded(async {
        let own = OwnServers::start().await;
        let template = template::make(own.servers()).await;
        let mut redis = OwnRedis::start().await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            take_inbox(settings, Noop::KIND);
            settings.inbox.url = Some(redis.url().parse().unwrap());
        })
        .await;
        let ingest = InboxRun::start(&bed);
        let failing = || ingest.stats().failing.load(Ordering::Relaxed) > 0;
        push(&bed, 0, 100).await;
        jobs_are(&bed, 100).await;

        own.kill(Which::Postgres).await;
        push(&bed, 100, 200).await;
        eventually("the ledger is missed", SOON, async || {
            failing().then_some(())
        })
        .await;
        own.start_again().await;
        jobs_are(&bed, 200).await;
        eventually("it goes on", SOON, async || (!failing()).then_some(())).await;

        redis.kill();
        eventually("Redis is missed", SOON, async || failing().then_some(())).await;
        redis.start_again(Kept::Data).await;
        push(&bed, 200, 300).await;
        jobs_are(&bed, 300).await;
        eventually("it goes on", SOON, async || (!failing()).then_some(())).await;
    })
    .await;
}
