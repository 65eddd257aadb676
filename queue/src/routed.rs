//! Several transports behind one: which carries a queue is looked up, and may change while
//! the queue runs.
//!
//! Pushes say which transport they mean (the relay has it from the ledger, in the transaction
//! that marks the rows); consumers follow what they were last told by [`Transport::route`].

mod consumer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use nexus_config::{Kafka, Redis};
use nexus_jobs::{Lane, QueueName, TransportName};

use self::consumer::RoutedConsumer;
use crate::entry::{Entry, Epoch};
use crate::kafka::{KafkaTransport, Standing};
use crate::redis::RedisTransport;
use crate::transport::{Consumer, Result, Transport};

/// Redis and Kafka. Clones share their clients. Kafka's are made when something first needs
/// them.
#[derive(Clone, Debug)]
pub struct RoutedTransport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    redis: RedisTransport,
    kafka_settings: Kafka,
    kafka: OnceLock<KafkaTransport>,
    /// Where consumers take from; Redis where nothing is said.
    routes: Mutex<HashMap<QueueName, TransportName>>,
}

impl RoutedTransport {
    /// Connects lazily, and fails on a malformed Redis URL only. To be called on a runtime.
    pub fn new(redis: &Redis, kafka: &Kafka) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            redis: RedisTransport::new(redis)?,
            kafka_settings: kafka.clone(),
            kafka: OnceLock::new(),
            routes: Mutex::default(),
        })))
    }

    /// Where a queue's consumers take from.
    fn routed(&self, queue: &QueueName) -> TransportName {
        let routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.get(queue).copied().unwrap_or_default()
    }

    fn of(&self, name: TransportName) -> Result<&dyn Transport> {
        let inner = &*self.0;
        Ok(match name {
            TransportName::Redis => &inner.redis,
            TransportName::Kafka => match inner.kafka.get() {
                Some(kafka) => kafka,
                None => {
                    let made = KafkaTransport::new(&inner.kafka_settings)?;
                    inner.kafka.get_or_init(|| made)
                }
            },
        })
    }
}

#[async_trait]
impl Transport for RoutedTransport {
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch> {
        let carrier = self.of(self.routed(&lane.queue))?;
        carrier.push(lane, entries).await
    }

    async fn epoch(&self, lane: &Lane) -> Result<Epoch> {
        self.of(self.routed(&lane.queue))?.epoch(lane).await
    }

    async fn consumer(&self, queue: &QueueName, name: &str) -> Result<Box<dyn Consumer>> {
        let consumer = RoutedConsumer::open(self.clone(), queue.clone(), name.to_owned());
        Ok(Box::new(consumer.await?))
    }

    /// Of every transport that is in use here.
    async fn depth(&self, lane: &Lane) -> Result<usize> {
        let mut depth = self.0.redis.depth(lane).await?;
        if let Some(kafka) = self.0.kafka.get() {
            depth += kafka.depth(lane).await?;
        }
        Ok(depth)
    }

    /// Whether every broker answers that is in use here.
    async fn ping(&self) -> Result<()> {
        self.0.redis.ping().await?;
        match self.0.kafka.get() {
            Some(kafka) => kafka.ping().await,
            None => Ok(()),
        }
    }

    fn standings(&self) -> Vec<(QueueName, Standing)> {
        let kafka = self.0.kafka.get();
        kafka.map_or_else(Vec::new, Transport::standings)
    }

    fn carrier(&self, name: TransportName) -> Result<Option<&dyn Transport>> {
        self.of(name).map(Some)
    }

    fn route(&self, queue: &QueueName, to: TransportName) {
        let mut routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = routes.insert(queue.clone(), to);
        if before.unwrap_or_default() != to {
            tracing::info!(%queue, %to, "another broker carries the queue");
        }
    }
}
