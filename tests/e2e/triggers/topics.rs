//! Triggers on what others send to Kafka.

use nexus_producer::triggers::TopicEvaluator;
use nexus_queue::kafka::topic::{Record, TopicProducer, TopicWanted, Topics};
use nexus_tests::{TestBed, WorkerRun, bounded};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{met, set, trigger};
use crate::events::kafka::{PublisherRun, bed, brokers, listens};

/// One that reads topics beside a test; it leaves its group when dropped.
fn evaluator(bed: &TestBed) -> DropGuard {
    let stop = CancellationToken::new();
    tokio::spawn(TopicEvaluator::new(bed.pool().clone(), bed.settings()).run(stop.clone()));
    stop.drop_guard()
}

async fn send(bed: &TestBed, records: &[(&[(&str, &str)], String)]) -> String {
    let kafka = &bed.settings().kafka;
    let topic = format!("{}.payments", kafka.prefix);
    let wanted = TopicWanted {
        name: &topic,
        config: &[],
    };
    Topics::new(kafka).unwrap().ensure(&[wanted]).await.unwrap();
    let records: Vec<Record> = records
        .iter()
        .map(|(headers, payload)| Record {
            topic: topic.clone(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            payload: Some(payload.clone().into_bytes()),
            ..Record::default()
        })
        .collect();
    for sent in TopicProducer::new(kafka).unwrap().send(&records).await {
        sent.unwrap();
    }
    topic
}

fn paid(id: &str, sum: i64) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "/bank", "type": "paid", "data": { "sum": sum } })
}

#[tokio::test]
async fn what_others_send_fires_once_however_often_they_send_it() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        let bed = bed(&brokers).await;
        let binary: &[(&str, &str)] = &[
            ("ce_specversion", "1.0"),
            ("ce_id", "c"),
            ("ce_source", "/bank"),
            ("ce_type", "paid"),
        ];
        let events = [
            (&[][..], paid("a", 5).to_string()),
            (&[], paid("b", 1).to_string()),
            (&[], paid("a", 5).to_string()),
            (binary, json!({ "sum": 9 }).to_string()),
            (&[], json!({ "sum": 7 }).to_string()),
            (&[], "not json".to_owned()),
        ];
        let topic = send(&bed, &events).await;
        set(
            &bed,
            "payments",
            json!({
                "on": { "topic": topic, "type": "*" },
                "when": [{ "path": "$.data.sum", "above": 4 }],
                "enqueue": { "kind": "noop", "args": { "padding": "{{ $.type }} {{ $.data.sum }}" } },
            }),
        )
        .await;
        // Nothing is written in the ledger for it.
        assert_eq!(bed.count("listened", "true").await, 0);
        let (first, second) = (evaluator(&bed), evaluator(&bed));
        met(&bed, "payments", 3).await;
        drop(first);
        send(&bed, &events[..4]).await;
        send(&bed, &[(&[], paid("d", 6).to_string())]).await;
        met(&bed, "payments", 4).await;
        drop(second);
        let fired = trigger(&bed, "payments").await;
        assert_eq!((fired.fired, fired.skipped, fired.failed), (4, 0, 0));
        for (padding, jobs) in [
            ("paid 5", 1),
            ("paid 9", 1),
            ("paid 6", 1),
            (&*format!("{topic} 7"), 1),
        ] {
            let there = format!("args ->> 'padding' = '{padding}' AND depth = 1");
            assert_eq!(bed.count("jobs", &there).await, jobs, "{padding}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_loop_through_kafka_ends_at_its_depth() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        let bed = bed(&brokers).await;
        let _relay = bed.relay();
        let _publisher = PublisherRun::start(&bed);
        listens(&bed).await;
        let _worker = WorkerRun::start(&bed);
        set(
            &bed,
            "again",
            json!({
                "on": { "topic": bed.settings().events.topic, "type": "job.completed" },
                "enqueue": { "kind": "noop" },
                "depth_max": 2,
            }),
        )
        .await;
        let _evaluator = evaluator(&bed);
        bed.enqueue_noops(1).await;
        let stopped = met(&bed, "again", 3).await;
        assert_eq!((stopped.fired, stopped.skipped), (2, 1));
        bed.all_complete(3).await;
    })
    .await;
}
