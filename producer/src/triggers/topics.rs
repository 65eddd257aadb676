use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use nexus_config::{Kafka, Settings, Triggers};
use nexus_jobs::Event;
use nexus_queue::QueueError;
use nexus_queue::kafka::topic::{Received, TopicConsumer, Watched};
use nexus_schema::ledger::Rules;
use nexus_schema::{AsyncPgConnection, Pool};
use tokio_util::sync::CancellationToken;

use super::evaluator::EvaluatorStats;
use super::fire::{Unfired, fire};
use super::known::Known;
use super::message::Message;

/// Pause between looks for topics that triggers were given.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longest wait for records before the next look.
const RECEIVE_WAIT: Duration = Duration::from_millis(500);

/// Lets records of the topics that triggers name fire them, until told to stop. A record is done with
/// once what it fired is committed. Any number may run: they share the topics' partitions.
#[derive(Debug)]
pub struct TopicEvaluator {
    pool: Pool,
    kafka: Kafka,
    settings: Triggers,
    rules: Rules,
    stats: Arc<EvaluatorStats>,
    watched: Watched,
}

/// Why it cannot go on.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Ledger(#[from] nexus_schema::Error),
    #[error(transparent)]
    Broker(#[from] QueueError),
    #[error("another process has the same kafka.instance")]
    Dead,
}

/// What it reads from.
struct Reading {
    topics: BTreeSet<String>,
    consumer: TopicConsumer,
    /// Received, and not known to be judged: they come only once.
    pending: Vec<Received>,
}

impl TopicEvaluator {
    /// One over a ledger and a broker.
    pub fn new(pool: Pool, settings: &Settings) -> Self {
        Self {
            pool,
            kafka: settings.kafka.clone(),
            settings: settings.triggers.clone(),
            rules: Rules::of(settings),
            stats: Arc::default(),
            watched: Watched::default(),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<EvaluatorStats> {
        Arc::clone(&self.stats)
    }

    /// Its group, and how it stands in it.
    pub fn reader(&self) -> (String, Watched) {
        (self.group(), self.watched.clone())
    }

    fn group(&self) -> String {
        format!("{}.triggers", self.kafka.prefix)
    }

    /// Runs until `stop`. While no trigger names a topic, no broker is asked.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        let mut reading = None;
        while !stop.is_cancelled() {
            let session = tokio::select! {
                session = self.session(&mut reading, &mut failures) => session,
                () = stop.cancelled() => break,
            };
            let Err(error) = session;
            failures += 1;
            if failures == 1 {
                tracing::warn!(%error, "triggers cannot read their topics; trying again until they can");
            }
            if matches!(error, Stopped::Dead) {
                reading = None;
            }
            let (base, cap) = (self.kafka.retry_base.get(), self.kafka.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => break,
            }
        }
        if let Some(Reading { consumer, .. }) = reading {
            consumer.leave().await;
        }
    }

    /// One connection's worth of rounds; ends only with an error.
    async fn session(
        &self,
        reading: &mut Option<Reading>,
        failures: &mut u32,
    ) -> Result<std::convert::Infallible, Stopped> {
        let mut conn = self.pool.connect().await?;
        let mut known = Known::default();
        let mut looked: Option<Instant> = None;
        loop {
            if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
                known.refresh(&mut conn).await?;
                self.follow(known.topics(), reading).await?;
                looked = Some(Instant::now());
            }
            let Some(reading) = reading.as_mut() else {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            if reading.consumer.is_dead() {
                return Err(Stopped::Dead);
            }
            if reading.pending.is_empty() {
                let most = self.settings.batch_max;
                reading.pending = reading.consumer.receive(most, RECEIVE_WAIT).await?;
            }
            if !reading.pending.is_empty() {
                self.judge(&mut conn, &mut known, &reading.pending).await?;
                reading.consumer.done(&reading.pending);
                reading.pending.clear();
            }
            *failures = 0;
        }
    }

    /// Reads from these topics, and no others.
    async fn follow(
        &self,
        topics: BTreeSet<String>,
        reading: &mut Option<Reading>,
    ) -> Result<(), Stopped> {
        if reading.as_ref().map(|reading| &reading.topics) == Some(&topics) {
            return Ok(());
        }
        if let Some(former) = reading.take() {
            former.consumer.leave().await;
        }
        if topics.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = topics.iter().cloned().collect();
        tracing::info!(topics = ?names, "triggers read topics");
        let consumer = TopicConsumer::join(&self.kafka, &self.group(), &names)?;
        self.watched.watch(&consumer);
        *reading = Some(Reading {
            consumer,
            topics,
            pending: Vec::new(),
        });
        Ok(())
    }

    /// Lets records fire what they match, each topic's in one transaction, again where a trigger changed
    /// meanwhile.
    async fn judge(
        &self,
        conn: &mut AsyncPgConnection,
        known: &mut Known,
        records: &[Received],
    ) -> Result<(), Stopped> {
        let mut by_topic: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
        for record in records {
            let message = Message {
                topic: record.topic(),
                partition: record.partition(),
                offset: record.offset(),
                headers: record.headers(),
                payload: record.payload(),
                timestamp_ms: record.timestamp_ms(),
            };
            let of_topic = by_topic.entry(record.topic()).or_default();
            of_topic.push(message.event());
        }
        for (topic, events) in by_topic {
            while !self.judge_topic(conn, known, topic, &events).await? {}
        }
        Ok(())
    }

    /// False: a trigger changed meanwhile.
    async fn judge_topic(
        &self,
        conn: &mut AsyncPgConnection,
        known: &mut Known,
        topic: &str,
        events: &[Event],
    ) -> Result<bool, Stopped> {
        let fired = conn
            .transaction::<_, Unfired, _>(async |conn| {
                known.refresh(conn).await?;
                let (settings, rules) = (&self.settings, &self.rules);
                fire(conn, known, Some(topic), events, settings, rules).await
            })
            .await;
        match fired {
            Ok(fired) => {
                self.stats.note(events.len(), fired);
                Ok(true)
            }
            Err(Unfired::Changed) => Ok(false),
            Err(Unfired::Ledger(error)) => Err(error.into()),
        }
    }
}
