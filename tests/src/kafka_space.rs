//! A prefix of a test's own on a Kafka.

use std::time::Duration;

use async_trait::async_trait;
use nexus_config::Kafka;
use nexus_jobs::{Band, Lane, QueueName};
use nexus_queue::conformance::Fixture;
use nexus_queue::{KafkaTransport, Transport};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// How long a broker may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The topics below one prefix. They are deleted when it is dropped.
#[derive(Debug)]
pub struct KafkaSpace {
    settings: Kafka,
    transport: KafkaTransport,
}

impl KafkaSpace {
    /// The topics below the prefix of `settings`. To be called on a runtime.
    pub fn new(settings: &Kafka) -> Self {
        Self {
            settings: settings.clone(),
            transport: KafkaTransport::new(settings).expect("Kafka's settings"),
        }
    }

    /// A transport over it.
    pub fn transport(&self) -> &KafkaTransport {
        &self.transport
    }

    /// Its settings.
    pub fn settings(&self) -> &Kafka {
        &self.settings
    }

    /// Deletes every topic below the prefix.
    pub async fn wipe(&self) {
        wipe(&self.settings).await;
    }

    /// Makes the topic of a lane lose all it holds, and live on.
    pub async fn lose(&self, queue: &QueueName, band: Band) {
        let lane = Lane {
            queue: queue.clone(),
            band,
        };
        let mut all = TopicPartitionList::new();
        let topic = self.transport.topic(&lane);
        for partition in 0..i32::from(self.settings.partitions) {
            all.add_partition_offset(&topic, partition, Offset::End)
                .expect("a place");
        }
        let admin: AdminClient<DefaultClientContext> =
            client(&self.settings).create().expect("an admin client");
        let options = AdminOptions::new().request_timeout(Some(ANSWER_WITHIN));
        let deleted = admin.delete_records(&all, &options).await;
        deleted.expect("deleted records");
    }

    /// Deletes the topic of a lane.
    pub async fn delete(&self, queue: &QueueName, band: Band) {
        let lane = Lane {
            queue: queue.clone(),
            band,
        };
        delete(&self.settings, &[self.transport.topic(&lane)]).await;
    }
}

fn client(settings: &Kafka) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("broker.address.family", "v4");
    config
}

async fn wipe(settings: &Kafka) {
    let topics = below(settings).await;
    delete(settings, &topics).await;
}

/// The topics below the prefix.
async fn below(settings: &Kafka) -> Vec<String> {
    let looking = settings.clone();
    let topics = tokio::task::spawn_blocking(move || {
        let looker: BaseConsumer = client(&looking).create().ok()?;
        let metadata = looker.fetch_metadata(None, ANSWER_WITHIN).ok()?;
        let below = format!("{}.", looking.prefix);
        let topics = metadata.topics().iter();
        let names = topics.map(|topic| topic.name().to_owned());
        Some(names.filter(|name| name.starts_with(&below)).collect())
    });
    topics.await.ok().flatten().unwrap_or_default()
}

async fn delete(settings: &Kafka, topics: &[String]) {
    let admin: AdminClient<DefaultClientContext> =
        client(settings).create().expect("an admin client");
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    let options = AdminOptions::new()
        .request_timeout(Some(ANSWER_WITHIN))
        .operation_timeout(Some(ANSWER_WITHIN));
    if !names.is_empty() {
        // One that is not there any more is as good.
        let _ = admin.delete_topics(&names, &options).await;
    }
    // The broker answers once it is ordered; what reads see comes a moment later.
    let deadline = tokio::time::Instant::now() + ANSWER_WITHIN;
    while below(settings)
        .await
        .iter()
        .any(|name| topics.contains(name))
    {
        assert!(tokio::time::Instant::now() < deadline, "{topics:?} stay");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[async_trait]
impl Fixture for KafkaSpace {
    fn transport(&self) -> &dyn Transport {
        &self.transport
    }

    async fn wipe(&self) {
        Self::wipe(self).await;
    }
}

impl Drop for KafkaSpace {
    fn drop(&mut self) {
        let settings = self.settings.clone();
        crate::bed::clean_up(async move { wipe(&settings).await });
    }
}
