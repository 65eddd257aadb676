//! Events on a real Kafka: each at least once, and those of one job in the order of its life.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use nexus_config::Kafka;
use nexus_jobs::JobId;
use nexus_producer::events::{LISTENER, Publisher};
use nexus_queue::kafka::topic::{Received, TopicConsumer};
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{TestBed, WorkerRun, bounded, eventually};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The brokers of the environment; `None`, with a note, where there are none. In CI they must be there.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn brokers() -> Option<String> {
    let brokers = std::env::var("NEXUS_TEST_KAFKA")
        .ok()
        .filter(|brokers| !brokers.is_empty());
    if brokers.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "NEXUS_TEST_KAFKA names no broker"
        );
        eprintln!("skipped: no Kafka (NEXUS_TEST_KAFKA names no broker)");
    }
    brokers
}

/// A bed with topics and groups of its own.
pub(crate) async fn bed(brokers: &str) -> TestBed {
    TestBed::with(|settings| {
        let name = format!("t{}", Uuid::new_v4().simple());
        settings.workers.queues = [("default", 8), ("noop", 8)]
            .map(|(queue, most)| (queue.to_owned(), most))
            .into();
        settings.events.topic = format!("{name}.events");
        settings.events.poll = "5ms".parse().unwrap();
        settings.events.batch_max = 20;
        settings.triggers.poll = "5ms".parse().unwrap();
        settings.kafka.prefix = name;
        brokers.clone_into(&mut settings.kafka.brokers);
        settings.kafka.partitions = 3;
    })
    .await
}

/// A publisher beside a test.
pub(crate) struct PublisherRun(JoinHandle<()>);

impl PublisherRun {
    pub(crate) fn start(bed: &TestBed) -> Self {
        let publisher = Publisher::new(bed.pool().clone(), bed.settings()).unwrap();
        Self(tokio::spawn(publisher.run(CancellationToken::new())))
    }

    /// Ends it where it stands.
    async fn kill(self) {
        self.0.abort();
        let _ = self.0.await;
    }
}

/// Waits until the publisher listens.
pub(crate) async fn listens(bed: &TestBed) {
    let there = format!("listener = '{LISTENER}'");
    eventually("the publisher listens", SOON, async || {
        (bed.count("listened", &there).await > 0).then_some(())
    })
    .await;
}

async fn all_published(bed: &TestBed) {
    eventually(
        "everything is published",
        Duration::from_mins(1),
        async || (bed.count("events", "true").await == 0).then_some(()),
    )
    .await;
}

/// A reader of the bed's events from the first on.
struct Reader(TopicConsumer);

impl Reader {
    fn new(kafka: &Kafka, topic: &str) -> Self {
        let group = format!("{}.reader.{}", kafka.prefix, Uuid::new_v4().simple());
        Self(TopicConsumer::join(kafka, &group, &[topic.to_owned()]).unwrap())
    }

    fn of(bed: &TestBed) -> Self {
        Self::new(&bed.settings().kafka, &bed.settings().events.topic)
    }

    /// Reads on until `enough`.
    async fn until(&self, what: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        while !enough(&events) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "not read: {what}: {events:#?}"
            );
            let records = self
                .0
                .receive(1000, Duration::from_millis(100))
                .await
                .unwrap();
            events.extend(records.iter().map(event));
            self.0.done(&records);
        }
        events
    }
}

/// A record's event, which must be a CloudEvent under its job's id.
fn event(record: &Received) -> Value {
    let event: Value = serde_json::from_slice(record.payload().unwrap()).unwrap();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["nexusjob"].as_str().map(str::as_bytes), record.key());
    let content_type = record.header("content-type").unwrap();
    assert!(content_type.starts_with(b"application/cloudevents+json"));
    event
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    let ids = events
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// What is there of each job, without what came again.
fn lives(events: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut lives: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        let id = event["id"].as_str().unwrap();
        if seen.insert(id.to_owned()) {
            let job = event["nexusjob"].as_str().unwrap().to_owned();
            let change = id.split_once('.').unwrap().1.to_owned();
            lives.entry(job).or_default().push(change);
        }
    }
    lives
}

#[tokio::test]
async fn a_jobs_life_is_published_in_order() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        let bed = bed(&brokers).await;
        let _relay = bed.relay();
        let _publisher = PublisherRun::start(&bed);
        listens(&bed).await;
        let _worker = WorkerRun::answering(&bed);
        // One that completes, one that fails at first, one that is given up.
        let jobs = bed.enqueue(&many(3, |n| Task { n: n - 1 })).await;
        let reader = Reader::of(&bed);
        let events = reader
            .until("10 events", |events| ids(events).len() >= 10)
            .await;
        let lives = lives(&events);
        let of = |job: JobId| lives[&job.to_string()].join(" ");
        assert_eq!(of(jobs[0]), "0.enqueued 1.started 1.discarded");
        assert_eq!(of(jobs[1]), "0.enqueued 1.started 1.completed");
        let with_retry = "0.enqueued 1.started 1.retrying 2.started 2.completed";
        // The third is odd, so it takes two runs; its last two events may be behind.
        assert!(with_retry.starts_with(&of(jobs[2])), "{}", of(jobs[2]));
        let completed = format!("{}.1.completed", jobs[1]);
        let completed = events
            .iter()
            .find(|event| event["id"] == completed.as_str())
            .unwrap();
        assert_eq!(completed["data"]["result"]["n"], 0);
        assert_eq!(
            completed["data"].get("args"),
            None,
            "arguments are not published"
        );
        assert_eq!(completed["type"], "job.completed");
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_is_away_delays_events_and_nothing_else() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        // A port at which nobody listens yet.
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = closed.local_addr().unwrap();
        drop(closed);
        let bed = bed(&addr.to_string()).await;
        let _relay = bed.relay();
        let _publisher = PublisherRun::start(&bed);
        listens(&bed).await;
        let _worker = WorkerRun::start(&bed);
        bed.enqueue_noops(20).await;
        bed.all_complete(20).await;
        let waiting = nexus_schema::events::listeners(&mut *bed.conn().await)
            .await
            .unwrap();
        assert_eq!(waiting[0].waiting, 60);

        // Now somebody does: the broker is there.
        let open = TcpListener::bind(addr).await.unwrap();
        let there = brokers.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = open.accept().await {
                let there = there.clone();
                tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(&there).await {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        all_published(&bed).await;
        let mut kafka = bed.settings().kafka.clone();
        kafka.brokers = brokers.clone();
        let reader = Reader::new(&kafka, &bed.settings().events.topic);
        let events = reader
            .until("60 events", |events| ids(events).len() >= 60)
            .await;
        for life in lives(&events).values() {
            assert_eq!(life.join(" "), "0.enqueued 1.started 1.completed");
        }
    })
    .await;
}

#[tokio::test]
async fn killed_between_sending_and_noting_it_publishes_again() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        let bed = bed(&brokers).await;
        let publisher = PublisherRun::start(&bed);
        listens(&bed).await;
        all_published(&bed).await;
        // Its note that they were sent waits for these rows: the enqueue is committed with them locked.
        let mut holder = bed.conn_as("nexus_app").await;
        bed.execute(
            "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_advisory_xact_lock(7); RETURN OLD; END $$; \
             CREATE TRIGGER hold BEFORE DELETE ON nexus.events FOR EACH ROW EXECUTE FUNCTION public.hold()",
        )
        .await;
        holder.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
        bed.enqueue_noops(5).await;
        let reader = Reader::of(&bed);
        reader.until("5 events", |events| events.len() >= 5).await;
        assert_eq!(bed.count("events", "true").await, 1);
        publisher.kill().await;
        holder.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
        drop(holder);

        let _successor = PublisherRun::start(&bed);
        let again = reader.until("5 events again", |events| events.len() >= 5).await;
        assert_eq!(ids(&again).len(), 5);
        all_published(&bed).await;
    })
    .await;
}

#[tokio::test]
async fn publishers_that_are_killed_again_and_again_keep_each_jobs_order() {
    let Some(brokers) = brokers() else { return };
    bounded(async {
        const JOBS: usize = 200;
        let bed = bed(&brokers).await;
        let _relay = bed.relay();
        // Two side by side: when one is killed, the other goes on.
        let mut publishers = [PublisherRun::start(&bed), PublisherRun::start(&bed)];
        listens(&bed).await;
        let _worker = WorkerRun::answering(&bed);
        for round in 0..10 {
            bed.enqueue(&many(20, |n| Task { n })).await;
            let left = bed.count("events", "true").await;
            let slot = &mut publishers[round % 2];
            std::mem::replace(slot, PublisherRun::start(&bed))
                .kill()
                .await;
            eventually("something is published meanwhile", SOON, async || {
                let now = bed.count("events", "true").await;
                (now == 0 || now != left).then_some(())
            })
            .await;
        }
        bed.all_complete(i64::try_from(JOBS).unwrap()).await;
        all_published(&bed).await;
        // Half of them fail once: three events, or five.
        let expected = JOBS / 2 * (3 + 5);
        let reader = Reader::of(&bed);
        let events = reader
            .until("every event", |events| ids(events).len() >= expected)
            .await;
        let lives = lives(&events);
        assert_eq!(lives.len(), JOBS);
        for (job, life) in lives {
            let life = life.join(" ");
            assert!(
                life == "0.enqueued 1.started 1.completed"
                    || life == "0.enqueued 1.started 1.retrying 2.started 2.completed",
                "job {job}: {life}"
            );
        }
    })
    .await;
}
