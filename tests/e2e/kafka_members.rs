//! Static membership: a process with a name has its partitions back when it comes back, and
//! no two processes have the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use nexus_config::Kafka;
use nexus_jobs::{Band, Lane, QueueName};
use nexus_queue::{Consumer, Delivery, Entry, KafkaTransport, QueueError, Transport};
use nexus_tests::eventually::SOON;
use nexus_tests::small_settings::small_settings;
use nexus_tests::{KafkaSpace, Servers, bounded, eventually};
use uuid::Uuid;

/// Partitions of the topic.
const PARTITIONS: usize = 4;

fn space() -> Option<KafkaSpace> {
    let servers = Servers::from_env();
    servers.kafka_or_skip()?;
    let prefix = format!("t{}", Uuid::new_v4().simple());
    let mut settings = small_settings(&servers, "unused", &prefix, Path::new("unused")).kafka;
    settings.partitions = 4;
    // Nobody is given up while the test runs, however busy the machine is.
    settings.session_timeout = "1min".parse().unwrap();
    Some(KafkaSpace::new(&settings))
}

fn named(space: &KafkaSpace, instance: &str) -> Kafka {
    let mut settings = space.settings().clone();
    instance.clone_into(&mut settings.instance);
    settings
}

fn lane() -> Lane {
    Lane {
        queue: QueueName::new("q").unwrap(),
        band: Band::Normal,
    }
}

/// A process of its own: a member under a name.
async fn process(settings: &Kafka) -> Box<dyn Consumer> {
    let transport = KafkaTransport::new(settings).unwrap();
    transport.consumer(&lane().queue, "a").await.unwrap()
}

/// Which partition an entry came from, and which dealing of it to its member that was.
fn dealt(delivery: &Delivery) -> (String, String) {
    let mut parts = delivery.receipt.id.split(':');
    let mut part = || parts.next().unwrap().to_owned();
    let partition = part();
    let _offset = part();
    (partition, part())
}

/// Fetches and settles all that is there just now.
async fn took(consumer: &mut dyn Consumer) -> Vec<(String, String)> {
    let wait = Duration::from_millis(100);
    // A broker that is too busy to say where a partition begins is an error, and is asked again.
    let fetched = consumer.fetch(&Band::ALL, 100, wait).await;
    let fetched = fetched.unwrap_or_default();
    let receipts: Vec<_> = fetched.iter().map(|one| one.receipt.clone()).collect();
    consumer.settle(&receipts).await.unwrap();
    fetched.iter().map(dealt).collect()
}

/// Pushes an entry to every partition, which are taken in turn.
async fn push_everywhere(space: &KafkaSpace, first: i64) {
    let entries = (0..PARTITIONS).map(|nth| {
        let id = first + i64::try_from(nth).unwrap();
        Entry {
            dispatch_id: id,
            job_ids: vec![id],
            suspect: false,
        }
    });
    let entries: Vec<Entry> = entries.collect();
    space.transport().push(&lane(), &entries).await.unwrap();
}

#[tokio::test]
async fn a_process_with_a_name_has_its_partitions_back_and_nobody_else_is_dealt_anew() {
    bounded(async {
        let Some(space) = space() else { return };
        let mut one = process(&named(&space, "one")).await;
        let mut two = process(&named(&space, "two")).await;
        let mut next = 1;
        // Until each has half of them.
        let (of_one, of_two) = loop {
            push_everywhere(&space, next).await;
            next += 4;
            let (from_one, from_two) = tokio::join!(took(&mut *one), took(&mut *two));
            let (from_one, from_two) = (
                from_one.into_iter().collect::<BTreeMap<_, _>>(),
                from_two.into_iter().collect::<BTreeMap<_, _>>(),
            );
            if from_one.len() == 2 && from_two.len() == 2 {
                break (from_one, from_two);
            }
        };
        one.leave(&[]).await.unwrap();
        drop(one);
        push_everywhere(&space, next).await;
        let mut from_two = BTreeMap::new();
        eventually("the other one goes on meanwhile", SOON, async || {
            from_two.extend(took(&mut *two).await);
            (from_two.len() == 2).then_some(())
        })
        .await;
        assert_eq!(from_two, of_two, "its own, as they were dealt to it");

        let mut one = process(&named(&space, "one")).await;
        let mut back = BTreeSet::new();
        eventually("it has its partitions back", SOON, async || {
            back.extend(
                took(&mut *one)
                    .await
                    .into_iter()
                    .map(|(partition, _)| partition),
            );
            (back.len() == 2).then_some(())
        })
        .await;
        assert_eq!(back, of_one.into_keys().collect());
        push_everywhere(&space, next + 4).await;
        let mut from_two = BTreeMap::new();
        eventually("the other one has what it had", SOON, async || {
            from_two.extend(took(&mut *two).await);
            (from_two.len() == 2).then_some(())
        })
        .await;
        assert_eq!(from_two, of_two, "not dealt anew");
    })
    .await;
}

#[tokio::test]
async fn of_two_processes_with_one_name_the_elder_is_told_and_the_younger_works() {
    bounded(async {
        let Some(space) = space() else { return };
        let mut elder = process(&named(&space, "same")).await;
        push_everywhere(&space, 1).await;
        eventually("the elder works", SOON, async || {
            (!took(&mut *elder).await.is_empty()).then_some(())
        })
        .await;
        let mut younger = process(&named(&space, "same")).await;
        let wait = Duration::from_millis(100);
        let told = eventually("the elder is told", SOON, async || {
            // The younger joins in its own time.
            let _ = younger.fetch(&[], 1, Duration::ZERO).await;
            elder.fetch(&Band::ALL, 100, wait).await.err()
        })
        .await;
        assert!(matches!(told, QueueError::Unavailable(_)), "{told:?}");
        let group = format!("{}.queue.q", space.settings().prefix);
        assert_eq!(
            told.to_string(),
            format!(
                "the broker cannot be reached: another process came into the group {group} under \
                 this one's name, kafka.instance = \"same\"; each process needs a name of its own"
            )
        );
        // It does not throw the younger one out in its turn.
        let again = elder.fetch(&Band::ALL, 100, wait).await;
        assert_eq!(again.unwrap_err().to_string(), told.to_string());
        push_everywhere(&space, 5).await;
        let mut partitions = BTreeSet::new();
        eventually("the younger has all partitions", SOON, async || {
            partitions.extend(took(&mut *younger).await);
            (partitions.len() == PARTITIONS).then_some(())
        })
        .await;
    })
    .await;
}

/// More processes than partitions.
#[tokio::test]
async fn a_process_that_is_dealt_nothing_disturbs_nobody_and_steps_in() {
    bounded(async {
        let Some(space) = space() else { return };
        let mut all = Vec::new();
        for _ in 0..=PARTITIONS {
            all.push(process(space.settings()).await);
        }
        let mut next = 1;
        // Until all but one have a partition each, and keep it as it was dealt to them.
        let (mut dealt, mut kept) = (Vec::new(), 0);
        while kept < 5 {
            push_everywhere(&space, next).await;
            next += 4;
            let mut now = vec![BTreeMap::new(); all.len()];
            while now.iter().map(BTreeMap::len).sum::<usize>() < PARTITIONS {
                for (consumer, now) in all.iter_mut().zip(&mut now) {
                    now.extend(took(&mut **consumer).await);
                }
            }
            kept = if now == dealt { kept + 1 } else { 0 };
            dealt = now;
        }
        assert!(dealt.iter().all(|one| one.len() <= 1), "{dealt:?}");
        let idle = dealt.iter().position(BTreeMap::is_empty).unwrap();
        let mut stepping_in = all.swap_remove(idle);
        all.pop().unwrap().leave(&[]).await.unwrap();
        eventually("the idle one steps in", SOON, async || {
            push_everywhere(&space, next).await;
            next += 4;
            for consumer in &mut all {
                took(&mut **consumer).await;
            }
            (!took(&mut *stepping_in).await.is_empty()).then_some(())
        })
        .await;
    })
    .await;
}
