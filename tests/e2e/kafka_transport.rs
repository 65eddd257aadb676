//! Kafka topics as a transport: the conformance suite, and Kafka's own ways of losing and
//! repeating things.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nexus_jobs::{Band, Lane, QueueName};
use nexus_queue::kafka::topic::{Record, TopicConsumer, TopicProducer, TopicWanted, Topics};
use nexus_queue::{Consumer, Entry, KafkaTransport, QueueError, Transport};
use nexus_tests::eventually::SOON;
use nexus_tests::own_servers::Which;
use nexus_tests::small_settings::small_settings;
use nexus_tests::{KafkaSpace, OwnServers, Servers, bounded, eventually};
use uuid::Uuid;

/// A lane is one sequence.
mod one_partition {
    use super::{KafkaSpace, space};

    async fn empty() -> Option<KafkaSpace> {
        space(1)
    }

    nexus_queue::conformance_suite!(empty);
}

/// A lane is several.
mod several_partitions {
    use super::{KafkaSpace, space};

    async fn empty() -> Option<KafkaSpace> {
        space(3)
    }

    nexus_queue::conformance_suite! { empty:
        order::what_an_entry_carries_survives,
        delivery::no_two_consumers_get_the_same_entry,
        delivery::settled_entries_are_gone,
        delivery::settling_twice_changes_nothing,
        delivery::depth_counts_what_is_not_settled,
        delivery::queues_are_apart,
        takeover::unsettled_entries_are_taken_over_once_idle,
        takeover::what_was_taken_over_is_settled_by_its_new_owner,
        takeover::leaving_gives_back_at_once,
        takeover::leaving_loses_nothing_that_was_not_named,
        takeover::leaving_leaves_alone_what_others_took_over,
        waiting::a_fetch_waits_for_a_push,
        waiting::a_fetch_ends_empty_when_nothing_comes,
        waiting::a_dropped_fetch_loses_nothing,
        epochs::an_epoch_holds_over_pushes_and_settling,
        epochs::a_wipe_begins_another_epoch,
        epochs::a_wipe_does_not_end_a_waiting_fetch,
    }
}

fn settings(servers: &Servers, partitions: u16) -> nexus_config::Kafka {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    let mut settings = small_settings(servers, "unused", &prefix, Path::new("unused")).kafka;
    settings.partitions = partitions;
    settings
}

fn space(partitions: u16) -> Option<KafkaSpace> {
    let servers = Servers::from_env();
    servers.kafka_or_skip()?;
    Some(KafkaSpace::new(&settings(&servers, partitions)))
}

fn queue() -> QueueName {
    QueueName::new("q").unwrap()
}

fn lane() -> Lane {
    Lane {
        queue: queue(),
        band: Band::Normal,
    }
}

fn entries(ids: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    let entries = ids.map(|id| Entry {
        dispatch_id: id,
        job_ids: vec![id],
        suspect: false,
    });
    entries.collect()
}

/// Fetches and settles until each of these came, however often.
async fn arrive(consumer: &mut dyn Consumer, wanted: std::ops::RangeInclusive<i64>) {
    let mut missing: BTreeSet<i64> = wanted.collect();
    while !missing.is_empty() {
        let fetched = consumer.fetch(&Band::ALL, 50, Duration::from_secs(2)).await;
        let Ok(fetched) = fetched else {
            continue; // the broker is away
        };
        let receipts: Vec<_> = fetched.iter().map(|d| d.receipt.clone()).collect();
        for delivery in fetched {
            missing.remove(&delivery.entry.dispatch_id);
        }
        consumer.settle(&receipts).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_killed_process_held_comes_to_another() {
    bounded(async {
        let Some(space) = space(4) else { return };
        let transport = space.transport();
        transport.push(&lane(), &entries(1..=40)).await.unwrap();
        // A transport of its own has a member of its own: a process of its own.
        let other = KafkaTransport::new(space.settings()).unwrap();
        let mut killed = other.consumer(&queue(), "killed").await.unwrap();
        let taken = killed.fetch(&Band::ALL, 20, SOON).await.unwrap();
        let settled: Vec<_> = taken[..5].iter().map(|d| d.receipt.clone()).collect();
        killed.settle(&settled).await.unwrap();
        drop(killed);
        drop(other);
        let gone: BTreeSet<i64> = taken[..5].iter().map(|d| d.entry.dispatch_id).collect();
        let mut consumer = transport.consumer(&queue(), "b").await.unwrap();
        let mut came = BTreeSet::new();
        while came.len() < 40 - gone.len() || !gone.is_disjoint(&came) && came.len() < 40 {
            let fetched = consumer.fetch(&Band::ALL, 50, SOON).await.unwrap();
            came.extend(fetched.iter().map(|d| d.entry.dispatch_id));
        }
        let expected: BTreeSet<i64> = (1..=40).filter(|id| !gone.contains(id)).collect();
        assert!(expected.is_subset(&came));
    })
    .await;
}

#[tokio::test]
async fn two_processes_share_a_queue_and_one_takes_over_from_the_other() {
    bounded(async {
        let Some(space) = space(4) else { return };
        let transport = space.transport();
        let other = KafkaTransport::new(space.settings()).unwrap();
        let mut a = transport.consumer(&queue(), "a").await.unwrap();
        let mut b = other.consumer(&queue(), "b").await.unwrap();
        let (mut from_a, mut from_b) = (0, 0);
        let mut next = 1;
        // Until both have partitions, and so both get entries.
        while from_a == 0 || from_b == 0 {
            transport
                .push(&lane(), &entries(next..=next + 7))
                .await
                .unwrap();
            next += 8;
            let wait = Duration::from_millis(100);
            let (got_a, got_b) =
                tokio::join!(a.fetch(&Band::ALL, 50, wait), b.fetch(&Band::ALL, 50, wait));
            let (got_a, got_b) = (got_a.unwrap(), got_b.unwrap());
            (from_a, from_b) = (got_a.len(), got_b.len());
            let receipts = |got: &[nexus_queue::Delivery]| {
                got.iter().map(|d| d.receipt.clone()).collect::<Vec<_>>()
            };
            a.settle(&receipts(&got_a)).await.unwrap();
            b.settle(&receipts(&got_b)).await.unwrap();
        }
        b.leave(&[]).await.unwrap();
        transport
            .push(&lane(), &entries(next..=next + 19))
            .await
            .unwrap();
        arrive(a.as_mut(), next..=next + 19).await;
    })
    .await;
}

#[tokio::test]
async fn what_others_sent_to_a_topic_is_dropped() {
    bounded(async {
        let Some(space) = space(1) else { return };
        let transport = space.transport();
        transport.push(&lane(), &entries(1..=1)).await.unwrap();
        let producer = TopicProducer::new(space.settings()).unwrap();
        let alien = |payload: &str| Record {
            topic: transport.topic(&lane()),
            payload: Some(payload.as_bytes().to_vec()),
            ..Record::default()
        };
        for outcome in producer
            .send(&[alien("x"), alien("1 9-1"), alien("")])
            .await
        {
            outcome.unwrap();
        }
        transport.push(&lane(), &entries(2..=2)).await.unwrap();
        let mut consumer = transport.consumer(&queue(), "a").await.unwrap();
        arrive(consumer.as_mut(), 1..=2).await;
        assert_eq!(transport.depth(&lane()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_topic_begins_another_epoch_and_its_successor_is_read_from_the_start() {
    bounded(async {
        let Some(space) = space(2) else { return };
        let transport = space.transport();
        let before = transport.push(&lane(), &entries(1..=10)).await.unwrap();
        let mut consumer = transport.consumer(&queue(), "a").await.unwrap();
        arrive(consumer.as_mut(), 1..=10).await;
        space.delete(&queue(), Band::Normal).await;
        // As many as were committed before: a commit of the old topic would pass over them.
        let after = transport.push(&lane(), &entries(11..=20)).await.unwrap();
        arrive(consumer.as_mut(), 11..=20).await;
        let now = transport.epoch(&lane()).await.unwrap();
        assert_ne!(before, now);
        // An epoch that is over is told as well: the relay then pushes again.
        assert!(after == now || after == before, "{after:?}");
    })
    .await;
}

#[tokio::test]
async fn a_killed_broker_keeps_its_epoch_and_goes_on_where_it_was() {
    bounded(async {
        let Some(own) = OwnServers::start_with_kafka().await else {
            return;
        };
        let mut settings = settings(&own.servers(), 4);
        settings.delivery_timeout = "1s".parse().unwrap();
        settings.request_timeout = "1s".parse().unwrap();
        let transport = KafkaTransport::new(&settings).unwrap();
        let epoch = transport.push(&lane(), &entries(1..=20)).await.unwrap();
        let mut consumer = transport.consumer(&queue(), "a").await.unwrap();
        arrive(consumer.as_mut(), 1..=20).await;

        own.kill(Which::Kafka).await;
        let away = transport.push(&lane(), &entries(21..=21)).await;
        assert!(matches!(away, Err(QueueError::Unavailable(_))), "{away:?}");
        eventually("a fetch says that the broker is away", SOON, async || {
            let fetched = consumer
                .fetch(&Band::ALL, 1, Duration::from_millis(50))
                .await;
            matches!(fetched, Err(QueueError::Unavailable(_))).then_some(())
        })
        .await;

        own.start_again().await;
        eventually("pushes go on", SOON, async || {
            transport.push(&lane(), &entries(21..=40)).await.ok()
        })
        .await;
        arrive(consumer.as_mut(), 21..=40).await;
        assert_eq!(transport.epoch(&lane()).await.unwrap(), epoch);
    })
    .await;
}

#[tokio::test]
async fn a_topic_is_read_once_done_and_what_is_not_done_comes_again() {
    bounded(async {
        let Some(space) = space(2) else { return };
        let settings = space.settings();
        let topic = format!("{}.bus", settings.prefix);
        let topics = Topics::new(settings).unwrap();
        let wanted = TopicWanted {
            name: &topic,
            config: &[],
        };
        topics.ensure(&[wanted]).await.unwrap();
        topics.ensure(&[wanted]).await.unwrap();
        let records: Vec<Record> = (0..10_u8)
            .map(|n| Record {
                topic: topic.clone(),
                key: Some(b"one".to_vec()),
                headers: vec![("n".to_owned(), vec![n])],
                payload: Some(vec![n; 3]),
                ..Record::default()
            })
            .collect();
        let producer = TopicProducer::new(settings).unwrap();
        let acknowledged = producer.send(&records).await;
        let offsets: Vec<i64> = acknowledged
            .iter()
            .map(|sent| sent.as_ref().unwrap().offset)
            .collect();
        assert!(offsets.is_sorted(), "in the order of sending: {offsets:?}");

        let group = format!("{}.readers", settings.prefix);
        let join = || TopicConsumer::join(settings, &group, std::slice::from_ref(&topic)).unwrap();
        let consumer = join();
        let mut received = Vec::new();
        while received.len() < 10 {
            received.extend(consumer.receive(4, SOON).await.unwrap());
        }
        for (n, record) in (0_u8..).zip(&received) {
            assert_eq!(record.header("n"), Some(&[n][..]));
            assert_eq!(record.payload(), Some(&[n; 3][..]));
        }
        // The fifth is not done: it and all behind it come again.
        let mut done = received.clone();
        done.remove(4);
        consumer.done(&done);
        assert_eq!(consumer.lag().await.unwrap(), 6);
        assert_eq!(consumer.standing().unfinished, 1);
        consumer.leave().await;

        let consumer = join();
        let mut again = Vec::new();
        while again.len() < 6 {
            again.extend(consumer.receive(10, SOON).await.unwrap());
        }
        let offsets = again.iter().map(|record| record.header("n").unwrap()[0]);
        assert_eq!(offsets.collect::<Vec<u8>>(), [4, 5, 6, 7, 8, 9]);
        consumer.done(&again);
        consumer.leave().await;
    })
    .await;
}
