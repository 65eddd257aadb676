use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use nexus_config::{Events, Kafka, Settings};
use nexus_jobs::Event;
use nexus_queue::QueueError;
use nexus_queue::kafka::topic::{Record, TopicProducer, TopicWanted, Topics};
use nexus_schema::events::{self, ALL_TYPES, Detail, Listened};
use nexus_schema::{AsyncPgConnection, Pool};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::waves::waves;

/// The listener that publishes.
pub const LISTENER: &str = "kafka";

/// Pause between signs of life in the ledger.
const SEEN_EVERY: Duration = Duration::from_secs(10);

/// Largest event, in bytes: what brokers take unless they are told otherwise (1 MiB), less the envelope
/// of the batch. A larger one is published without its result.
const EVENT_BYTES_MAX: usize = 1000 * 1024;

/// What a publisher did so far; read by metrics and health.
#[derive(Debug, Default)]
pub struct PublisherStats {
    /// Events that were acknowledged.
    pub published: AtomicU64,
    /// Rounds that failed, since Postgres or the broker was away.
    pub failures: AtomicU64,
    /// Whether the last round failed.
    pub failing: AtomicBool,
}

/// Publishes the ledger's events to Kafka until told to stop: each at least once, and those of one job
/// in the order of its life. Any number may run; one of them publishes, and another goes on where it
/// ended. Never ends because a server is away.
#[derive(Debug)]
pub struct Publisher {
    pool: Pool,
    settings: Events,
    producer: TopicProducer,
    topics: Topics,
    stats: Arc<PublisherStats>,
}

/// Why a round did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Unpublished {
    #[error(transparent)]
    Ledger(#[from] nexus_schema::Error),
    #[error(transparent)]
    Broker(#[from] QueueError),
}

impl From<diesel::result::Error> for Unpublished {
    fn from(error: diesel::result::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// What a round did.
enum Round {
    /// Somebody else publishes.
    Elsewhere,
    /// So many events are published.
    Published(usize),
}

impl Publisher {
    /// A publisher over a ledger and a broker; fails on settings that Kafka's client refuses.
    pub fn new(pool: Pool, settings: &Settings) -> Result<Self, QueueError> {
        let kafka: &Kafka = &settings.kafka;
        Ok(Self {
            pool,
            settings: settings.events.clone(),
            producer: TopicProducer::new(kafka)?,
            topics: Topics::new(kafka)?,
            stats: Arc::default(),
        })
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<PublisherStats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let session = tokio::select! {
                session = self.session(&mut failures) => session,
                () = stop.cancelled() => return,
            };
            let Err(error) = session;
            failures += 1;
            self.stats.failures.fetch_add(1, Ordering::Relaxed);
            if !self.stats.failing.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "events cannot be published; trying again until they can");
            }
            let postgres = self.pool.settings();
            let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One connection's worth of rounds; ends only with an error.
    async fn session(&self, failures: &mut u32) -> Result<Infallible, Unpublished> {
        let mut conn = self.pool.connect().await?;
        // Before anything else: what happens while the broker is away is published later.
        events::listen(&mut conn, LISTENER, &self.listened()).await?;
        let wanted = TopicWanted {
            name: &self.settings.topic,
            config: &[],
        };
        self.topics.ensure(&[wanted]).await?;
        let mut seen = Instant::now();
        loop {
            if seen.elapsed() >= SEEN_EVERY {
                events::seen(&mut conn, LISTENER).await?;
                seen = Instant::now();
            }
            let round = self.round(&mut conn).await?;
            *failures = 0;
            if self.stats.failing.swap(false, Ordering::Relaxed) {
                tracing::info!("events are published again");
            }
            if matches!(round, Round::Elsewhere | Round::Published(0)) {
                tokio::time::sleep(self.settings.poll.get()).await;
            }
        }
    }

    /// What it listens to. All has no row beside it.
    fn listened(&self) -> Vec<Listened> {
        let all = self.settings.types.iter().any(|one| one == ALL_TYPES);
        let all = all.then(|| ALL_TYPES.to_owned());
        let types = all.map_or_else(|| self.settings.types.clone(), |all| vec![all]);
        let of = |event_type| Listened {
            event_type,
            kinds: None,
        };
        types.into_iter().map(of).collect()
    }

    /// Publishes a batch, and takes it away once all of it was acknowledged. Killed between the two, it
    /// is published again.
    async fn round(&self, conn: &mut AsyncPgConnection) -> Result<Round, Unpublished> {
        conn.transaction::<_, Unpublished, _>(async |conn| {
            if !events::hold(conn, LISTENER).await? {
                return Ok(Round::Elsewhere);
            }
            let rows = events::take_in_order(conn, LISTENER, self.settings.batch_max).await?;
            if rows.is_empty() {
                return Ok(Round::Published(0));
            }
            let source = &self.settings.source;
            let all = events::expand(conn, &rows, source, Detail::WithoutArgs).await?;
            self.send(&all).await?;
            let rows: Vec<i64> = rows.iter().map(|row| row.id).collect();
            events::settle(conn, LISTENER, &rows).await?;
            Ok(Round::Published(all.len()))
        })
        .await
    }

    async fn send(&self, all: &[Event]) -> Result<(), Unpublished> {
        for wave in waves(all) {
            let records: Vec<Record> = wave
                .into_iter()
                .map(|place| record(&self.settings.topic, &all[place]))
                .collect();
            for sent in self.producer.send(&records).await {
                sent?;
            }
            let sent = records.len() as u64;
            self.stats.published.fetch_add(sent, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A CloudEvent in JSON, under its job's id: Kafka keeps records of one key in order.
fn record(topic: &str, event: &Event) -> Record {
    let mut json = event.cloud_event();
    let mut payload = json.to_string();
    if payload.len() > EVENT_BYTES_MAX {
        if let Some(data) = json.get_mut("data").and_then(Value::as_object_mut) {
            data.remove("result");
            data.insert("left_out".to_owned(), serde_json::json!(["result"]));
        }
        payload = json.to_string();
    }
    let content_type = b"application/cloudevents+json; charset=UTF-8";
    Record {
        topic: topic.to_owned(),
        partition: None,
        key: event.job.map(|job| job.to_string().into_bytes()),
        headers: vec![("content-type".to_owned(), content_type.to_vec())],
        payload: Some(payload.into_bytes()),
    }
}
