//! Jobs that services ask for through Kafka.
//!
//! A batch of records enters the ledger in one transaction, what cannot be taken goes to the
//! topic of dead letters, and only then does the group's offset pass them. Whoever is killed
//! before that leaves records that are received again, and known by then.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_config::{Kafka, Requests as RequestSettings, Settings};
use nexus_jobs::Actor;
use nexus_queue::kafka::topic::{
    Received, Record, TopicConsumer, TopicProducer, TopicWanted, Topics, Watched,
};
use nexus_queue::transport::QueueError;
use nexus_schema::ingest::{Arrival, Arrived};
use nexus_schema::ledger::Rules;
use nexus_schema::{AsyncPgConnection, Error, Pool};
use tokio_util::sync::CancellationToken;

use super::dead_record::dead_record;
use super::enter::Entry;
use super::envelope::{Message, Reason, Refusal};
use super::stats::IngestStats;

/// Longest wait for a record; then it is looked whether to stop.
const RECEIVE_WAIT: Duration = Duration::from_secs(1);
/// What a batch in hand gets to end once it is to stop.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Takes requests in until told to stop. Never ends because a server is away. Any number may
/// run: they share the topic's partitions.
#[derive(Debug)]
pub struct RequestIngest {
    pool: Pool,
    kafka: Kafka,
    settings: RequestSettings,
    rules: Rules,
    topic: String,
    letters: String,
    actor: Actor,
    stats: Arc<IngestStats>,
    watched: Watched,
}

/// What keeps an ingest from going on.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error(transparent)]
    Ledger(#[from] Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("another member has this one's place in the group (kafka.instance)")]
    ThrownOut,
}

/// Requests sorted by what becomes of them.
struct Sorted {
    arrivals: Vec<Arrival>,
    /// Which record each is.
    of: Vec<usize>,
    letters: Vec<Record>,
}

impl RequestIngest {
    /// An ingest of the topic that the settings name.
    pub fn new(pool: Pool, settings: &Settings) -> Self {
        let topic = format!("{}.requests", settings.kafka.prefix);
        Self {
            pool,
            kafka: settings.kafka.clone(),
            settings: settings.requests.clone(),
            rules: Rules::of(settings),
            letters: format!("{topic}.dlq"),
            actor: Actor::named("requests"),
            topic,
            stats: Arc::default(),
            watched: Watched::default(),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<IngestStats> {
        Arc::clone(&self.stats)
    }

    /// Its group, and how it stands in it.
    pub fn reader(&self) -> (String, Watched) {
        (self.topic.clone(), self.watched.clone())
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures: u32 = 0;
        while let Err(error) = self.session(&mut failures, &stop).await {
            self.cannot_go_on(&mut failures, &error);
            tokio::select! {
                () = tokio::time::sleep(self.pause(failures)) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn cannot_go_on(&self, failures: &mut u32, error: &RequestError) {
        if *failures == 0 {
            self.stats.failing.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%error, "requests cannot be taken; trying again until they can");
        }
        *failures = failures.saturating_add(1);
        self.stats.failures.fetch_add(1, Ordering::Relaxed);
    }

    fn goes_on(&self, failures: &mut u32) {
        if std::mem::take(failures) > 0 {
            self.stats.failing.fetch_sub(1, Ordering::Relaxed);
            tracing::info!("requests are taken again");
        }
    }

    fn pause(&self, failures: u32) -> Duration {
        let postgres = self.pool.settings();
        let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
        nexus_schema::retrying::backoff(base, cap, failures, rand::random())
    }

    /// One membership of the group; ends with an error, or when it is to stop.
    async fn session(
        &self,
        failures: &mut u32,
        stop: &CancellationToken,
    ) -> Result<(), RequestError> {
        let named = |name| TopicWanted {
            name,
            ..TopicWanted::default()
        };
        let wanted = [named(self.topic.as_str()), named(self.letters.as_str())];
        let topics = Topics::new(&self.kafka)?;
        tokio::select! {
            made = topics.ensure(&wanted) => made?,
            () = stop.cancelled() => return Ok(()),
        }
        let letters = TopicProducer::new(&self.kafka)?;
        let group = self.topic.clone();
        let consumer = TopicConsumer::join(&self.kafka, &group, std::slice::from_ref(&self.topic))?;
        self.watched.watch(&consumer);
        let mut conn: Option<AsyncPgConnection> = None;
        while !stop.is_cancelled() {
            let records = consumer
                .receive(self.settings.batch_max, RECEIVE_WAIT)
                .await?;
            if consumer.is_dead() {
                return Err(RequestError::ThrownOut);
            }
            if !records.is_empty() {
                tokio::select! {
                    () = self.take(&mut conn, &letters, &records, failures) => {}
                    () = grace_over(stop) => break,
                }
                consumer.done(&records);
            }
            self.goes_on(failures);
        }
        consumer.leave().await;
        Ok(())
    }

    /// Takes records in, however long servers are away: they are in hand, and the member
    /// stays in its group meanwhile.
    async fn take(
        &self,
        conn: &mut Option<AsyncPgConnection>,
        letters: &TopicProducer,
        records: &[Received],
        failures: &mut u32,
    ) {
        loop {
            match self.try_take(conn, letters, records).await {
                Ok(()) => return,
                Err(error) => {
                    *conn = None;
                    self.cannot_go_on(failures, &error);
                    tokio::time::sleep(self.pause(*failures)).await;
                }
            }
        }
    }

    async fn try_take(
        &self,
        conn: &mut Option<AsyncPgConnection>,
        letters: &TopicProducer,
        records: &[Received],
    ) -> Result<(), RequestError> {
        let mut sorted = self.sort(records);
        let known = match conn {
            Some(known) => known,
            None => conn.insert(self.pool.connect().await?),
        };
        let entry = Entry {
            actor: &self.actor,
            rules: &self.rules,
            remember: self.settings.remember.get(),
            names_tenant: true,
        };
        let entered = entry.enter(known, &sorted.arrivals).await?;
        let mut arrived: Vec<Arrived> = Vec::with_capacity(entered.len());
        for (outcome, &of) in entered.into_iter().zip(&sorted.of) {
            match outcome {
                Ok(one) => arrived.push(one),
                Err(error) => {
                    let refusal = refused_by_ledger(&error);
                    sorted.letters.push(self.letter(&records[of], &refusal));
                }
            }
        }
        for sent in letters.send(&sorted.letters).await {
            sent?;
        }
        let refused = sorted.letters.len();
        self.stats
            .refused
            .fetch_add(refused as u64, Ordering::Relaxed);
        self.stats.count(&arrived);
        if refused > 0 {
            tracing::warn!(
                refused,
                topic = self.letters,
                "requests that cannot be taken"
            );
        }
        Ok(())
    }

    fn letter(&self, record: &Received, refusal: &Refusal) -> Record {
        dead_record(&self.letters, record.into(), refusal)
    }

    fn sort(&self, records: &[Received]) -> Sorted {
        let mut sorted = Sorted {
            arrivals: Vec::with_capacity(records.len()),
            of: Vec::with_capacity(records.len()),
            letters: Vec::new(),
        };
        for (nth, record) in records.iter().enumerate() {
            let message = Message {
                headers: record.headers(),
                payload: record.payload(),
            };
            match message.arrival(&self.settings) {
                Ok(arrival) => {
                    sorted.arrivals.push(arrival);
                    sorted.of.push(nth);
                }
                Err(refusal) => sorted.letters.push(self.letter(record, &refusal)),
            }
        }
        sorted
    }
}

/// Ends a while after it is to stop, so that what is in hand gets its end.
async fn grace_over(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_GRACE).await;
}

fn refused_by_ledger(error: &Error) -> Refusal {
    let reason = match error {
        Error::NotFound { .. } => Reason::Tenant,
        _ => Reason::Job,
    };
    Refusal {
        reason,
        wrong: error.to_string(),
    }
}
