use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nexus_config::Kafka;
use nexus_jobs::QueueName;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;

use super::client::{self, Quiet};
use super::{offsets, wire};
use crate::transport::{QueueError, Result};

/// How a partition stands, as the brokers know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Far {
    pub(super) partition: i32,
    /// The offset before which all is done.
    pub(super) committed: i64,
    /// The offset of the record that will come next.
    pub(super) end: i64,
}

type Client = Arc<BaseConsumer<Quiet>>;

/// Clients that look at what the groups of queues have committed, without being in them.
pub(super) struct Onlookers {
    settings: Kafka,
    clients: Mutex<HashMap<QueueName, Client>>,
}

impl Onlookers {
    pub(super) fn new(settings: &Kafka) -> Self {
        Self {
            settings: settings.clone(),
            clients: Mutex::default(),
        }
    }

    /// The partitions of a queue's topic. Commits under another mark count for nothing.
    pub(super) async fn of(
        &self,
        queue: &QueueName,
        topic: &str,
        partitions: usize,
        mark: String,
    ) -> Result<Vec<Far>> {
        let client = self.client(queue)?;
        let patience = self.settings.request_timeout.get();
        let topic = topic.to_owned();
        let count = i32::try_from(partitions).unwrap_or(i32::MAX);
        let look = move || {
            let mut list = TopicPartitionList::with_capacity(partitions);
            list.add_partition_range(&topic, 0, count - 1);
            let committed = offsets::committed(&*client, &list, patience)?;
            let ends = offsets::ends(&*client, &list, patience)?;
            let far = ends.into_iter().map(|(name, ends)| {
                let committed = committed.get(&name).filter(|(_, carried)| *carried == mark);
                Far {
                    partition: name.1,
                    committed: committed.map_or(ends.first, |&(at, _)| at.max(ends.first)),
                    end: ends.last,
                }
            });
            Ok::<_, KafkaError>(far.collect())
        };
        Ok(tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| QueueError::Broker(error.to_string()))??)
    }

    fn client(&self, queue: &QueueName) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(queue) {
            return Ok(Arc::clone(client));
        }
        let group = wire::group(&self.settings.prefix, queue);
        let config = client::onlooker(&self.settings, &group);
        let client: Client = Arc::new(config.create_with_context(Quiet)?);
        clients.insert(queue.clone(), Arc::clone(&client));
        Ok(client)
    }
}
