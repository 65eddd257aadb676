use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nexus_config::Kafka;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};

use super::cause::Heard;
use super::client;
use super::errors::explained;
use crate::transport::{QueueError, Result};

/// Pause before a record is offered again that found librdkafka's buffer full.
const BUFFER_FULL: Duration = Duration::from_millis(5);

/// A record to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its topic's name.
    pub topic: String,
    /// The partition; `None` leaves it to the key, and without a key to chance.
    pub partition: Option<i32>,
    /// Records of one key are in order, on one partition.
    pub key: Option<Vec<u8>>,
    /// Names and values beside the payload.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What it says; `None` deletes its key from a topic that is compacted.
    pub payload: Option<Vec<u8>>,
}

/// Where a record stands now that every replica in sync has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its partition.
    pub partition: i32,
    /// Its place in it.
    pub offset: i64,
}

type Client = FutureProducer<Heard>;

/// Sends records: each is on its partition once and in the order of sending, whatever was
/// tried again meanwhile. Clones share one client.
#[derive(Clone)]
pub struct TopicProducer {
    settings: Kafka,
    client: Arc<Mutex<Client>>,
    heard: Heard,
}

impl std::fmt::Debug for TopicProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicProducer").finish_non_exhaustive()
    }
}

impl TopicProducer {
    /// Connects lazily; fails on settings that librdkafka refuses. To be called on a runtime.
    pub fn new(settings: &Kafka) -> Result<Self> {
        let heard = Heard::default();
        let client = client::producer(settings).create_with_context(heard.clone())?;
        Ok(Self {
            settings: settings.clone(),
            client: Arc::new(Mutex::new(client)),
            heard,
        })
    }

    /// Sends records, and tells of each, in their order, whether it was acknowledged. Takes
    /// `kafka.delivery_timeout` at most.
    ///
    /// Of records of one partition a later one may be acknowledged where an earlier one was
    /// not. What was not acknowledged may be there all the same. Dropped while it waits, it
    /// has sent what it has sent.
    pub async fn send(&self, records: &[Record]) -> Vec<Result<Acknowledged>> {
        let outcomes = self.try_send(records).await.into_iter();
        outcomes
            .map(|outcome| outcome.map_err(|error| self.explained(error)))
            .collect()
    }

    /// The same, with librdkafka's own errors.
    pub(super) async fn try_send(
        &self,
        records: &[Record],
    ) -> Vec<std::result::Result<Acknowledged, KafkaError>> {
        let client = self.client();
        let mut outcomes = Vec::with_capacity(records.len());
        let mut waiting: VecDeque<std::result::Result<DeliveryFuture, KafkaError>> =
            VecDeque::with_capacity(records.len());
        for record in records {
            let offered = self.offer(&client, record).await;
            waiting.push_back(offered);
        }
        for offered in waiting {
            outcomes.push(match offered {
                Ok(delivery) => match delivery.await {
                    Ok(Ok(delivery)) => Ok(Acknowledged {
                        partition: delivery.partition,
                        offset: delivery.offset,
                    }),
                    Ok(Err((error, _))) => Err(error),
                    Err(_) => Err(KafkaError::Canceled),
                },
                Err(error) => Err(error),
            });
        }
        if let Some((code, text)) = client.client().fatal_error() {
            tracing::warn!(%code, text, "the Kafka producer begins anew");
            self.begin_anew();
        }
        outcomes
    }

    /// An error of a send, with what the client said of its cause.
    pub(super) fn explained(&self, error: KafkaError) -> QueueError {
        explained(error, &self.heard)
    }

    /// Hands a record to the client, waiting while its buffer is full.
    async fn offer(
        &self,
        client: &Client,
        record: &Record,
    ) -> std::result::Result<DeliveryFuture, KafkaError> {
        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        let deadline = tokio::time::Instant::now() + self.settings.delivery_timeout.get();
        loop {
            match client.send_result(record.as_sent()) {
                Ok(delivery) => return Ok(delivery),
                Err((error, _)) if error == full && tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(BUFFER_FULL).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn client(&self) -> Client {
        self.client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Another client takes this one's place: one that can no longer keep its promise of
    /// once and in order refuses all that follows, and one that knew a topic before it was
    /// made anew may take news of it for old.
    pub(super) fn begin_anew(&self) {
        match client::producer(&self.settings).create_with_context(self.heard.clone()) {
            Ok(fresh) => {
                *self.client.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
            }
            Err(error) => tracing::error!(%error, "a new Kafka producer"),
        }
    }
}

impl Record {
    fn as_sent(&self) -> FutureRecord<'_, [u8], [u8]> {
        let mut sent = FutureRecord::to(&self.topic);
        sent.partition = self.partition;
        sent.key = self.key.as_deref();
        sent.payload = self.payload.as_deref();
        if !self.headers.is_empty() {
            let none = OwnedHeaders::new_with_capacity(self.headers.len());
            let headers = self.headers.iter().fold(none, |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value),
                })
            });
            sent.headers = Some(headers);
        }
        sent
    }
}
