//! Kafka over TLS and with passwords; and what is said of settings that do not fit.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nexus_config::{Kafka, KafkaSecurity, SaslMechanism, Secret};
use nexus_jobs::{Band, Lane, NewJob, QueueName, TransportName};
use nexus_queue::kafka::topic::{Record, TopicConsumer, TopicProducer};
use nexus_queue::{Entry, KafkaTransport, RoutedTransport, Transport};
use nexus_schema::queues;
use nexus_tests::bed::{actor, noop};
use nexus_tests::eventually::SOON;
use nexus_tests::guarded_kafka::Door;
use nexus_tests::{GuardedKafka, RelayRun, TestBed, WorkerRun, bounded, eventually};

/// How long a call may take before it says what is wrong: the patience of the settings, 2 s,
/// and the look for the cause; several times that for a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(20);

fn lane() -> Lane {
    Lane {
        queue: QueueName::new("q").unwrap(),
        band: Band::Normal,
    }
}

/// Pushes, fetches and settles, and uses topics as a bus.
async fn works(settings: &Kafka) {
    let transport = KafkaTransport::new(settings).unwrap();
    transport.ping().await.unwrap();
    let entries = (1..=10).map(|id| Entry {
        dispatch_id: id,
        job_ids: vec![id],
        suspect: false,
    });
    let entries: Vec<Entry> = entries.collect();
    transport.push(&lane(), &entries).await.unwrap();
    // A broker that has just started finds its groups' coordinator with the first question.
    eventually("they are counted", SOON, async || {
        (transport.depth(&lane()).await.ok()? == 10).then_some(())
    })
    .await;
    let mut consumer = transport.consumer(&lane().queue, "a").await.unwrap();
    let mut came = 0;
    while came < 10 {
        let fetched = consumer.fetch(&Band::ALL, 10, SOON).await.unwrap();
        came += fetched.len();
        let receipts: Vec<_> = fetched.into_iter().map(|one| one.receipt).collect();
        consumer.settle(&receipts).await.unwrap();
    }
    assert_eq!(transport.depth(&lane()).await.unwrap(), 0);
    consumer.leave(&[]).await.unwrap();
}

/// What each sort of call says where nothing can work: within the bound, and again and again.
async fn told(settings: &Kafka) -> Vec<String> {
    let transport = KafkaTransport::new(settings).unwrap();
    let entry = Entry {
        dispatch_id: 1,
        job_ids: vec![1],
        suspect: false,
    };
    let record = Record {
        topic: format!("{}.bus", settings.prefix),
        ..Record::default()
    };
    let producer = TopicProducer::new(settings).unwrap();
    let group = format!("{}.readers", settings.prefix);
    let topics = std::slice::from_ref(&record.topic);
    let consumer = TopicConsumer::join(settings, &group, topics).unwrap();
    let received = async {
        // The error of a line that fails at once is told by the first fetch that sees it.
        eventually("a reader is told", TOLD_WITHIN, async || {
            let received = consumer.receive(1, Duration::from_millis(100)).await;
            received.err().map(|error| error.to_string())
        })
        .await
    };
    let lane = lane();
    let (pushed, pinged, sent, received) = tokio::time::timeout(TOLD_WITHIN, async {
        tokio::join!(
            transport.push(&lane, std::slice::from_ref(&entry)),
            transport.ping(),
            producer.send(std::slice::from_ref(&record)),
            received,
        )
    })
    .await
    .expect("all is told within the bound");
    let opened = transport.consumer(&lane.queue, "a").await;
    vec![
        pushed.unwrap_err().to_string(),
        pinged.unwrap_err().to_string(),
        sent.into_iter().next().unwrap().unwrap_err().to_string(),
        received,
        opened.map(drop).unwrap_err().to_string(),
    ]
}

async fn all_say(what: &str, settings: &Kafka, parts: &[&str]) {
    for said in told(settings).await {
        for part in parts {
            assert!(said.contains(part), "{what}: {part:?} is not in: {said}");
        }
    }
}

#[tokio::test]
async fn kafka_is_reached_over_tls_and_with_passwords_and_says_what_does_not_fit() {
    bounded(async {
        let Some(kafka) = GuardedKafka::start().await else {
            return;
        };
        let with = |door, change: &dyn Fn(&mut Kafka)| {
            let mut settings = kafka.settings(door);
            change(&mut settings);
            settings
        };
        let mechanism = |mechanism| {
            with(Door::Sasl, &|settings: &mut Kafka| {
                settings.sasl_mechanism = mechanism;
            })
        };
        works(&kafka.settings(Door::Tls)).await;
        works(&kafka.settings(Door::Mutual)).await;
        works(&mechanism(SaslMechanism::ScramSha512)).await;
        works(&mechanism(SaslMechanism::ScramSha256)).await;
        works(&mechanism(SaslMechanism::Plain)).await;

        let stranger = kafka.certificates().file("stranger.pem");
        let unknown = with(Door::Tls, &|settings| settings.tls_ca.clone_from(&stranger));
        let name = with(Door::Tls, &|settings| {
            settings.brokers = settings.brokers.replace("127.0.0.1", "localhost");
        });
        let unnamed = with(Door::Mutual, &|settings| {
            settings.tls_certificate = Path::new("").to_owned();
            settings.tls_key = Path::new("").to_owned();
        });
        let clear = with(Door::Tls, &|settings| {
            settings.security = KafkaSecurity::Plaintext;
        });
        let wrong = |mechanism| {
            with(Door::Sasl, &|settings| {
                settings.sasl_mechanism = mechanism;
                settings.sasl_password = Secret::new("guess");
            })
        };
        let (scram, plain) = (
            wrong(SaslMechanism::ScramSha512),
            wrong(SaslMechanism::Plain),
        );
        let password = ["uthentication", "kafka.sasl_password"];
        tokio::join!(
            all_say(
                "an authority that did not sign",
                &unknown,
                &["certificate verify failed", "kafka.tls_ca"]
            ),
            all_say(
                "a name that is not in the certificate",
                &name,
                &["certificate verify failed", "kafka.tls_ca"]
            ),
            all_say("no certificate of one's own", &unnamed, &["certificate"]),
            all_say("in the clear", &clear, &["kafka.security"]),
            all_say("a wrong password, SCRAM", &scram, &password),
            all_say("a wrong password, PLAIN", &plain, &password),
        );
        a_process_goes_on(&scram).await;
    })
    .await;
}

/// What goes through Redis runs, what goes through a Kafka that refuses us waits, and runs once
/// its queue is sent the other way.
async fn a_process_goes_on(refused: &Kafka) {
    let bed = TestBed::with(|settings| {
        settings.kafka = refused.clone();
        settings.workers.queues = [("noop", 4), ("other", 4)]
            .map(|(queue, most)| (queue.to_owned(), most))
            .into();
    })
    .await;
    let other = QueueName::new("other").unwrap();
    let switch = async |to| {
        queues::switch(&mut *bed.conn().await, &other, to, &actor())
            .await
            .unwrap();
    };
    switch(TransportName::Kafka).await;
    let transport = RoutedTransport::new(&bed.settings().redis, refused).unwrap();
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    let registry = nexus_handlers::registry::registry(bed.settings());
    let worker = WorkerRun::with(&bed, transport, registry);
    let elsewhere: Vec<NewJob> = (0..5).map(|_| noop().queue(other.clone())).collect();
    bed.enqueue(&elsewhere).await;
    eventually("the worker says that a broker is away", SOON, async || {
        worker.health().broker_away.load(Relaxed).then_some(())
    })
    .await;
    eventually("so does the relay", SOON, async || {
        relay.stats().failing.load(Relaxed).then_some(())
    })
    .await;
    bed.enqueue_noops(5).await;
    let done = async |queue: &str| {
        let where_done = format!("queue = '{queue}' AND state = 'completed'");
        eventually(&format!("{queue} is done"), SOON, async || {
            (bed.count("job_history", &where_done).await == 5).then_some(())
        })
        .await;
    };
    done("noop").await;
    switch(TransportName::Redis).await;
    done("other").await;
}
