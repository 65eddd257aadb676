use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nexus_config::Kafka;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;

use super::cause::Heard;
use super::errors::explained;
use super::{client, offsets};
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

type Client = Arc<BaseConsumer<Heard>>;

/// Clients that look at what groups have committed, without being in them.
pub(super) struct Onlookers {
    settings: Kafka,
    clients: Mutex<HashMap<String, Client>>,
}

impl Onlookers {
    pub(super) fn new(settings: &Kafka) -> Self {
        Self {
            settings: settings.clone(),
            clients: Mutex::default(),
        }
    }

    /// The partitions of a topic that a group reads. Where commits carry a mark, those under
    /// another one count for nothing.
    pub(super) async fn of(
        &self,
        group: &str,
        topic: &str,
        partitions: usize,
        mark: Option<String>,
    ) -> Result<Vec<Far>> {
        let client = self.client(group)?;
        let patience = self.settings.request_timeout.get();
        let topic = topic.to_owned();
        let count = i32::try_from(partitions).unwrap_or(i32::MAX);
        let ask = move |client: &BaseConsumer<Heard>| {
            let mut list = TopicPartitionList::with_capacity(partitions);
            list.add_partition_range(&topic, 0, count - 1);
            let committed = offsets::committed(client, &list, patience)?;
            let ends = offsets::ends(client, &list, patience)?;
            let far = ends.into_iter().map(|(name, ends)| {
                let committed = committed
                    .get(&name)
                    .filter(|(_, carried)| mark.as_ref().is_none_or(|mark| mark == carried));
                Far {
                    partition: name.1,
                    committed: committed.map_or(ends.first, |&(at, _)| at.max(ends.first)),
                    end: ends.last,
                }
            });
            Ok::<_, KafkaError>(far.collect())
        };
        let look = move || {
            ask(&client).map_err(|error| {
                // What it has to say is said in polls. It reads nothing.
                while client.poll(Duration::ZERO).is_some() {}
                explained(error, client.context())
            })
        };
        tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| QueueError::Broker(error.to_string()))?
    }

    fn client(&self, group: &str) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(group) {
            return Ok(Arc::clone(client));
        }
        let config = client::onlooker(&self.settings, group);
        let client: Client = Arc::new(config.create_with_context(Heard::default())?);
        clients.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}
