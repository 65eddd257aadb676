//! Servers that are killed while requests come in.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nexus_jobs::Job;
use nexus_jobs::kinds::Noop;
use nexus_queue::kafka::topic::{Record, TopicProducer};
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::passed_requests::passed;
use nexus_tests::requests_run::take_requests;
use nexus_tests::{OwnServers, TestBed, bounded, eventually, template};

use super::{jobs_are, request};

/// Requests in one send of the load.
const BATCH: usize = 25;

/// Sends requests until told to stop, and tells how many. What no broker acknowledged is sent
/// again, so one may be there twice.
async fn load(bed: &TestBed, enough: &AtomicBool) -> usize {
    let producer = TopicProducer::new(&bed.settings().kafka).unwrap();
    let mut sent = 0;
    while !enough.load(Relaxed) {
        let mut left: Vec<Record> = (sent..sent + BATCH).map(|n| request(bed, n)).collect();
        while !left.is_empty() {
            let mut outcomes = producer.send(&left).await.into_iter();
            left.retain(|_| outcomes.next().is_none_or(|outcome| outcome.is_err()));
        }
        sent += BATCH;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sent
}

/// Waits until so many more requests are jobs.
async fn more(bed: &TestBed, jobs: i64) {
    let before = bed.count("jobs", "true").await;
    eventually("requests are taken", 2 * SOON, async || {
        (bed.count("jobs", "true").await >= before + jobs).then_some(())
    })
    .await;
}

/// The group's offset has passed no request that is no job.
async fn what_was_passed_is_there(bed: &TestBed) {
    let passed = passed(bed.settings()).await;
    assert!(!passed.is_empty(), "no offset was committed");
    let named: Vec<String> = passed.iter().map(|id| format!("'{id}'")).collect();
    let there = bed
        .count_in(
            "(SELECT DISTINCT args ->> 'padding' AS id FROM nexus.jobs) AS j",
            &format!("id IN ({})", named.join(", ")),
        )
        .await;
    assert_eq!(there, i64::try_from(passed.len()).unwrap());
}

#[tokio::test]
async fn brokers_ledgers_and_ingests_killed_under_requests_lose_and_double_nothing() {
    bounded(async {
        let Some(own) = OwnServers::start_with_kafka().await else {
            return;
        };
        let template = template::make(own.servers()).await;
        let bed = TestBed::on(own.servers(), &template, |settings| {
            let brokers = settings.kafka.brokers.clone();
            take_requests(settings, &brokers, &[Noop::KIND]);
            settings.requests.batch_max = 20;
            settings.kafka.delivery_timeout = "1s".parse().unwrap();
            settings.kafka.request_timeout = "1s".parse().unwrap();
        })
        .await;
        let enough = AtomicBool::new(false);
        let killing = async {
            let serve = bed.spawn(&["serve"]);
            more(&bed, 200).await;

            own.kill(Which::Kafka).await;
            own.start_again().await;
            more(&bed, 200).await;

            own.kill(Which::Postgres).await;
            own.start_again().await;
            more(&bed, 200).await;

            // With requests in hand that the ledger never got.
            own.kill(Which::Postgres).await;
            serve.kill().await;
            own.start_again().await;
            what_was_passed_is_there(&bed).await;

            let serve = bed.spawn(&["serve"]);
            more(&bed, 200).await;
            serve.kill().await;
            own.kill(Which::Kafka).await;
            own.kill(Which::Postgres).await;
            own.start_again().await;
            what_was_passed_is_there(&bed).await;

            let serve = bed.spawn(&["serve"]);
            more(&bed, 200).await;
            enough.store(true, Relaxed);
            serve
        };
        let (sent, serve) = tokio::join!(load(&bed, &enough), killing);
        let all = i64::try_from(sent).unwrap();
        jobs_are(&bed, all).await;
        eventually("the offset passes all of them", SOON, async || {
            (passed(bed.settings()).await.len() == sent).then_some(())
        })
        .await;
        jobs_are(&bed, all).await;
        serve.kill().await;
    })
    .await;
}
