//! Which requests the ingest's group is done with, as the broker has it.

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_config::Settings;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::message::Message as _;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::eventually::{SOON, eventually};

/// How long a broker may take to answer once.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The ids of the requests before the group's committed offsets.
pub async fn passed(settings: &Settings) -> BTreeSet<String> {
    // A broker that has just started does not know its groups yet.
    eventually("the broker tells what was passed", SOON, async || {
        let brokers = settings.kafka.brokers.clone();
        let topic = format!("{}.requests", settings.kafka.prefix);
        let looked = tokio::task::spawn_blocking(move || look(&brokers, &topic));
        looked.await.expect("a look").ok()
    })
    .await
}

fn look(brokers: &str, topic: &str) -> KafkaResult<BTreeSet<String>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("broker.address.family", "v4")
        .set("group.id", topic)
        .set("enable.auto.commit", "false")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WITHIN)?;
    let mut all = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(MetadataTopic::partitions) {
        all.add_partition(topic, partition.id());
    }
    let committed = consumer.committed_offsets(all, ANSWER_WITHIN)?;
    let mut left = 0;
    let mut from = TopicPartitionList::new();
    for place in committed.elements() {
        if let Offset::Offset(next) = place.offset() {
            left += next;
            from.add_partition_offset(topic, place.partition(), Offset::Offset(0))?;
        }
    }
    consumer.assign(&from)?;
    let mut ids = BTreeSet::new();
    while left > 0 {
        let Some(record) = consumer.poll(ANSWER_WITHIN) else {
            continue;
        };
        let record = record?;
        let place = committed.find_partition(topic, record.partition());
        let next = place.and_then(|place| place.offset().to_raw());
        if next.is_some_and(|next| record.offset() < next) {
            left -= 1;
            ids.insert(id(record.payload().unwrap_or_default()));
        }
    }
    Ok(ids)
}

fn id(request: &[u8]) -> String {
    let request: serde_json::Value = serde_json::from_slice(request).expect("a request");
    request["id"].as_str().expect("its id").to_owned()
}
