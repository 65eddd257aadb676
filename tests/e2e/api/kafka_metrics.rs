//! What `/metrics` says of Kafka: how far groups are behind, what processes hold of it, and what was
//! published and judged.

use std::sync::atomic::Ordering::Relaxed;

use nexus_api::Bus;
use nexus_jobs::{NewJob, QueueName, TransportName};
use nexus_producer::events::Publisher;
use nexus_producer::triggers::Evaluator;
use nexus_queue::RoutedTransport;
use nexus_queue::kafka::topic::{
    Groups, Record, TopicConsumer, TopicProducer, TopicWanted, Topics, Watched,
};
use nexus_schema::queues;
use nexus_tests::bed::actor;
use nexus_tests::effects::{Gated, gated};
use nexus_tests::eventually::SOON;
use nexus_tests::{
    ApiRun, KafkaSpace, RelayRun, Servers, TestBed, WorkerRun, bounded, eventually, in_bed,
};
use nexus_workers::Registry;
use tokio_util::sync::CancellationToken;

use super::metrics::{Scrape, scrape};

/// A sample, once it is what is wanted: what is asked of brokers is asked every few seconds.
async fn reads(api: &ApiRun, series: &str, wanted: impl Fn(f64) -> bool) -> Scrape {
    eventually(&format!("{series} is as it is to be"), SOON, async || {
        let found = scrape(api).await;
        let is = found
            .samples
            .get(series)
            .is_some_and(|&value| wanted(value));
        is.then_some(found)
    })
    .await
}

fn is(wanted: f64) -> impl Fn(f64) -> bool {
    move |value| value.total_cmp(&wanted).is_eq()
}

#[tokio::test]
async fn without_a_queue_on_kafka_it_is_neither_asked_nor_shown() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let found = scrape(&api).await;
        let shown: Vec<_> = found.samples.keys().collect();
        assert!(
            !shown.iter().any(|series| series.starts_with("nexus_kafka")),
            "{shown:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_kafka_that_is_away_is_shown_and_holds_up_no_scrape() {
    bounded(async {
        let bed = TestBed::with(|settings| settings.kafka.brokers = "127.0.0.1:1".to_owned()).await;
        let queue = QueueName::new("noop").unwrap();
        queues::switch(
            &mut *bed.conn().await,
            &queue,
            TransportName::Kafka,
            &actor(),
        )
        .await
        .unwrap();
        let api = ApiRun::start(&bed).await;
        let found = scrape(&api).await;
        let up = format!(
            r#"nexus_kafka_up{{prefix="{}"}}"#,
            bed.settings().kafka.prefix
        );
        assert_eq!(found.samples.get(&up), Some(&0.0), "{found:#?}");
        assert_eq!(found.samples.get("nexus_ledger_up"), Some(&1.0));
    })
    .await;
}

#[tokio::test]
async fn a_queue_s_group_shows_how_far_it_is_behind_and_what_workers_hold() {
    bounded(async {
        if Servers::from_env().kafka_or_skip().is_none() {
            return;
        }
        let bed = TestBed::with(|settings| {
            settings.workers.queues = [("default".to_owned(), 1)].into();
        })
        .await;
        bed.with_effects().await;
        let _space = KafkaSpace::new(&bed.settings().kafka);
        let queue = QueueName::new("default").unwrap();
        queues::switch(
            &mut *bed.conn().await,
            &queue,
            TransportName::Kafka,
            &actor(),
        )
        .await
        .unwrap();
        let (redis, kafka) = (&bed.settings().redis, &bed.settings().kafka);
        let transport = RoutedTransport::new(redis, kafka).unwrap();
        let _relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
        let job = NewJob::of(&Gated { fenced: true }).unwrap();
        // One entry each.
        for _ in 0..3 {
            bed.enqueue(std::slice::from_ref(&job)).await;
        }
        eventually("they are in Kafka", SOON, async || {
            (bed.count("dispatch", "epoch LIKE 'kafka:%'").await == 3).then_some(())
        })
        .await;
        let api = ApiRun::start(&bed).await;
        let group = format!(r#"{{group="{}.queue.default"}}"#, kafka.prefix);
        let lag = format!("nexus_kafka_lag_records{group}");
        let found = reads(&api, &lag, is(3.0)).await;
        let up = format!(r#"nexus_kafka_up{{prefix="{}"}}"#, kafka.prefix);
        assert_eq!(found.samples.get(&up), Some(&1.0));

        // One runs, the other two have come and wait in the process.
        let registry = Registry::new().with::<Gated, _>(gated);
        let _worker = WorkerRun::with(&bed, transport, registry);
        bed.effects_reach("started", 1).await;
        let oldest = format!("nexus_kafka_oldest_unfinished_seconds{group}");
        let found = reads(&api, &oldest, |age| age > 0.0).await;
        let held = &format!("nexus_kafka_unfinished_records{group}");
        assert_eq!(found.samples.get(held), Some(&2.0), "{found:#?}");
        let age = found.samples[&oldest];
        reads(&api, &oldest, |later| later > age).await;
        reads(&api, &lag, is(2.0)).await;
        let listed = bed.nexus_ok(&["--json", "workers"]).await;
        assert!(listed.contains("oldest_s"), "{listed}");
        bed.open_gate(100).await;
        reads(&api, &lag, is(0.0)).await;
        reads(&api, &oldest, is(0.0)).await;
    })
    .await;
}

#[tokio::test]
async fn readers_of_topics_show_how_they_stand() {
    bounded(async {
        if Servers::from_env().kafka_or_skip().is_none() {
            return;
        }
        let bed = TestBed::new().await;
        let kafka = &bed.settings().kafka;
        let _space = KafkaSpace::new(kafka);
        let topic = format!("{}.bus", kafka.prefix);
        let wanted = TopicWanted {
            name: &topic,
            config: &[],
        };
        Topics::new(kafka).unwrap().ensure(&[wanted]).await.unwrap();
        let records: Vec<Record> = (0..10)
            .map(|_| Record {
                topic: topic.clone(),
                key: Some(b"one".to_vec()),
                ..Record::default()
            })
            .collect();
        for sent in TopicProducer::new(kafka).unwrap().send(&records).await {
            sent.unwrap();
        }
        let group = format!("{}.readers", kafka.prefix);
        let topics = [topic];
        let consumer = TopicConsumer::join(kafka, &group, &topics).unwrap();
        let watched = Watched::default();
        assert_eq!(watched.standing(), None);
        watched.watch(&consumer);
        let mut received = Vec::new();
        while received.len() < 10 {
            received.extend(consumer.receive(10, SOON).await.unwrap());
        }
        consumer.done(&received[..4]);
        let groups = Groups::new(kafka).unwrap();
        eventually("it is committed", SOON, async || {
            (groups.lag(&group, &topics).await.unwrap() == 6).then_some(())
        })
        .await;
        let bus = Bus {
            readers: vec![(group.clone(), watched.clone())],
            ..Bus::default()
        };
        let api = ApiRun::beside_bus(&bed, bus).await;
        let found = scrape(&api).await;
        let read = |name: &str| found.samples.get(&format!(r#"{name}{{group="{group}"}}"#));
        assert_eq!(read("nexus_kafka_lag_records"), Some(&6.0));
        assert_eq!(read("nexus_kafka_unfinished_records"), Some(&6.0));
        assert!(read("nexus_kafka_oldest_unfinished_seconds") > Some(&0.0));
        consumer.leave().await;
        assert_eq!(watched.standing(), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_published_and_judged_is_counted() {
    bounded(async {
        if Servers::from_env().kafka_or_skip().is_none() {
            return;
        }
        let bed = TestBed::with(|settings| {
            settings.events.topic = format!("{}.events", settings.kafka.prefix);
            settings.events.poll = "5ms".parse().unwrap();
        })
        .await;
        let _space = KafkaSpace::new(&bed.settings().kafka);
        let publisher = Publisher::new(bed.pool().clone(), bed.settings()).unwrap();
        let evaluator = Evaluator::new(bed.pool().clone(), bed.settings());
        let bus = Bus {
            publisher: Some(publisher.stats()),
            evaluators: vec![("ledger", evaluator.stats())],
            ..Bus::default()
        };
        let stop = CancellationToken::new();
        let _stops = stop.clone().drop_guard();
        tokio::spawn(publisher.run(stop));
        eventually("the publisher listens", SOON, async || {
            (bed.count("listened", "listener = 'kafka'").await > 0).then_some(())
        })
        .await;
        bed.enqueue_noops(3).await;
        let stats = bus.publisher.clone().unwrap();
        eventually("they are published", SOON, async || {
            (stats.published.load(Relaxed) == 3).then_some(())
        })
        .await;
        bus.evaluators[0].1.fired.store(2, Relaxed);
        let api = ApiRun::beside_bus(&bed, bus).await;
        let found = scrape(&api).await;
        for (series, value) in [
            ("nexus_events_published_total", 3.0),
            ("nexus_events_publish_failures_total", 0.0),
            ("nexus_events_publish_failing", 0.0),
            (r#"nexus_triggers_judged_total{from="ledger"}"#, 0.0),
            (r#"nexus_triggers_fired_total{from="ledger"}"#, 2.0),
            (r#"nexus_triggers_skipped_total{from="ledger"}"#, 0.0),
            (r#"nexus_triggers_failed_total{from="ledger"}"#, 0.0),
        ] {
            assert_eq!(
                found.samples.get(series),
                Some(&value),
                "{series}: {found:#?}"
            );
        }
    })
    .await;
}
