//! Requests: what a service sends to the topic is a job, once.

mod deaths;
mod odd;
mod outages;
mod read;

use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_jobs::Job;
use nexus_jobs::kinds::Noop;
use nexus_producer::ingest::IngestStats;
use nexus_queue::kafka::topic::{Received, Record, TopicConsumer, TopicProducer};
use nexus_tests::eventually::SOON;
use nexus_tests::requests_run::{brokers, take_requests};
use nexus_tests::{RequestsRun, TestBed, bounded, eventually};
use serde_json::json;

/// Runs a test in a bed whose requests come through a real broker, where there is one.
async fn with_requests(test: impl AsyncFnOnce(&TestBed)) {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        let bed = TestBed::with(|settings| take_requests(settings, &brokers, &[Noop::KIND])).await;
        test(&bed).await;
    })
    .await;
}

/// A record for the topic of requests.
fn record(bed: &TestBed, payload: impl Into<Vec<u8>>) -> Record {
    Record {
        topic: format!("{}.requests", bed.settings().kafka.prefix),
        payload: Some(payload.into()),
        ..Record::default()
    }
}

/// A request in our own envelope, told apart by its id and padding.
fn request(bed: &TestBed, n: usize) -> Record {
    let told = json!({"source": "test", "id": n.to_string(), "kind": "noop",
        "args": {"padding": n.to_string()}});
    Record {
        key: Some(n.to_string().into_bytes()),
        ..record(bed, told.to_string())
    }
}

/// Sends records, once the topic is there.
async fn send(bed: &TestBed, records: &[Record]) {
    let producer = TopicProducer::new(&bed.settings().kafka).unwrap();
    let mut left = records.to_vec();
    eventually("the records are acknowledged", SOON, async || {
        let sent = producer.send(&left).await;
        let mut outcomes = sent.into_iter();
        left.retain(|_| outcomes.next().is_none_or(|outcome| outcome.is_err()));
        left.is_empty().then_some(())
    })
    .await;
}

/// The dead letters, once there are so many.
async fn letters(bed: &TestBed, count: usize) -> Vec<Received> {
    let kafka = &bed.settings().kafka;
    let topic = format!("{}.requests.dlq", kafka.prefix);
    let consumer = TopicConsumer::join(kafka, &format!("{topic}.test"), &[topic]).unwrap();
    let mut letters = Vec::new();
    eventually(
        &format!("{count} dead letters are there"),
        SOON,
        async || {
            letters.extend(
                consumer
                    .receive(100, Duration::from_millis(200))
                    .await
                    .unwrap(),
            );
            (letters.len() >= count).then_some(())
        },
    )
    .await;
    assert_eq!(letters.len(), count);
    consumer.leave().await;
    letters
}

/// Waits until so many jobs wait, and checks that each is another.
async fn jobs_are(bed: &TestBed, count: i64) {
    eventually(&format!("{count} jobs are there"), 3 * SOON, async || {
        (bed.count("jobs", "true").await >= count).then_some(())
    })
    .await;
    assert_eq!(bed.count("jobs", "true").await, count);
    let distinct = "(SELECT DISTINCT args ->> 'padding' FROM nexus.jobs) AS d";
    assert_eq!(bed.count_in(distinct, "true").await, count);
}

/// Jobs, duplicates and dead letters so far.
fn counted(stats: &IngestStats) -> (u64, u64, u64) {
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    (of(&stats.jobs), of(&stats.known), of(&stats.refused))
}

/// Waits until an ingest has counted this.
async fn counts(run: &RequestsRun, jobs: u64, known: u64, refused: u64) {
    let what = format!("{jobs} jobs, {known} known, {refused} refused");
    eventually(&what, SOON, async || {
        (counted(run.stats()) == (jobs, known, refused)).then_some(())
    })
    .await;
}
