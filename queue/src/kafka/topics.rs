use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use nexus_config::Kafka;
use nexus_jobs::TransportName;
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::{self, Quiet};
use super::errors::is_missing;
use crate::transport::{QueueError, Result};

/// The setting of a topic that its mark is kept in. Of no effect on a topic that is not
/// compacted, accepted by hosted clusters too, and gone with the topic: so it tells one life
/// of a topic from the next, which the client cannot (it does not show topics' ids).
const MARK: &str = "delete.retention.ms";

/// Pause between looks for a topic that was made a moment ago.
const APPEARING: Duration = Duration::from_millis(20);

/// Marks are drawn from this range: lengths of time that any broker accepts.
const MARKS: std::ops::Range<u64> = 1 << 31..1 << 35;

/// A topic to be made where it is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct TopicWanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Settings of its own, by Kafka's names for them.
    pub config: &'a [(&'a str, &'a str)],
}

/// Makes topics and looks at them. Clones share one client.
#[derive(Clone)]
pub struct Topics {
    admin: Arc<AdminClient<Quiet>>,
    settings: Kafka,
    cluster: Arc<OnceLock<String>>,
}

impl std::fmt::Debug for Topics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topics").finish_non_exhaustive()
    }
}

impl Topics {
    /// Connects lazily; fails on settings that librdkafka refuses.
    pub fn new(settings: &Kafka) -> Result<Self> {
        let admin = client::any(settings).create_with_context(Quiet)?;
        Ok(Self {
            admin: Arc::new(admin),
            settings: settings.clone(),
            cluster: Arc::default(),
        })
    }

    /// Longest wait for an answer.
    pub(super) fn patience(&self) -> Duration {
        self.settings.request_timeout.get()
    }

    /// Makes the topics that are missing, with `kafka.partitions` and `kafka.replication`, and
    /// waits until all are there.
    pub async fn ensure(&self, wanted: &[TopicWanted<'_>]) -> Result<()> {
        let partitions = i32::from(self.settings.partitions);
        let replication = match self.settings.replication {
            0 => -1, // the cluster's own default
            copies => i32::from(copies),
        };
        let made = wanted.iter().map(|topic| {
            let mut new =
                NewTopic::new(topic.name, partitions, TopicReplication::Fixed(replication));
            for (name, value) in topic.config {
                new = new.set(name, value);
            }
            new
        });
        let made: Vec<NewTopic<'_>> = made.collect();
        let answers = self.admin.create_topics(&made, &self.options()).await?;
        for answer in answers {
            match answer {
                Ok(topic) => tracing::info!(topic, partitions, "made a Kafka topic"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
            }
        }
        let appear = wanted.iter().map(|topic| self.appears(topic.name));
        try_join_all(appear).await.map(drop)
    }

    /// Waits until a topic is known to the brokers: its making gets about one after the other.
    async fn appears(&self, topic: &str) -> Result<()> {
        let deadline = Instant::now() + self.patience();
        while self.partitions(topic).await?.is_none() {
            if Instant::now() >= deadline {
                return Err(QueueError::Unavailable(format!(
                    "the topic {topic} does not appear"
                )));
            }
            tokio::time::sleep(APPEARING).await;
        }
        Ok(())
    }

    /// Gives a topic that has fewer partitions than `kafka.partitions` the rest. Gives how
    /// many it has; `None`: it is missing.
    pub(super) async fn grow(&self, topic: &str) -> Result<Option<usize>> {
        let wanted = usize::from(self.settings.partitions);
        match self.partitions(topic).await? {
            Some(has) if has < wanted => {
                let more = NewPartitions::new(topic, wanted);
                let answers = self
                    .admin
                    .create_partitions([&more], &self.options())
                    .await?;
                for answer in answers {
                    match answer {
                        Ok(topic) => tracing::info!(
                            topic,
                            partitions = wanted,
                            "gave a topic more partitions"
                        ),
                        // Somebody else was quicker.
                        Err((_, RDKafkaErrorCode::InvalidPartitions)) => {}
                        Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
                    }
                }
                // They take a moment to have leaders; until then what it had will do.
                Ok(Some(has))
            }
            has => Ok(has),
        }
    }

    /// How many partitions a topic has; `None`: it is missing.
    pub(super) async fn partitions(&self, topic: &str) -> Result<Option<usize>> {
        let (admin, name) = (Arc::clone(&self.admin), topic.to_owned());
        let patience = self.settings.request_timeout.get();
        let found = tokio::task::spawn_blocking(move || {
            let metadata = admin.inner().fetch_metadata(Some(&name), patience)?;
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            Ok::<_, KafkaError>(topic.map(|topic| (topic.error(), topic.partitions().len())))
        })
        .await
        .map_err(|error| QueueError::Broker(error.to_string()))??;
        match found {
            Some((None, count)) if count > 0 => Ok(Some(count)),
            Some((Some(error), _)) if !is_missing(error.into()) => {
                Err(KafkaError::MetadataFetch(error.into()).into())
            }
            _ => Ok(None),
        }
    }

    /// A mark for a topic about to be made.
    pub(super) fn new_mark() -> [(&'static str, String); 1] {
        let (_, random) = uuid::Uuid::new_v4().as_u64_pair();
        let mark = MARKS.start + random % (MARKS.end - MARKS.start);
        [(MARK, mark.to_string())]
    }

    /// What tells this life of a topic from another: the cluster's id and the topic's
    /// mark. `None`: it is missing.
    pub(super) async fn life(&self, topic: &str) -> Result<Option<String>> {
        let cluster = self.cluster().await?;
        let asked = ResourceSpecifier::Topic(topic);
        let answers = self.admin.describe_configs([&asked], &self.options()).await;
        let answer = match answers.map(|mut answers| answers.pop()) {
            Ok(Some(Ok(answer))) => answer,
            Ok(Some(Err(code))) | Err(KafkaError::AdminOp(code)) if is_missing(code) => {
                return Ok(None);
            }
            Ok(Some(Err(code))) => return Err(KafkaError::AdminOp(code).into()),
            Ok(None) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Of a topic that is missing, the client gives no settings and no error.
        let mark = answer.get(MARK).and_then(|entry| entry.value.as_deref());
        Ok(mark.map(|mark| format!("{}:{cluster}:{mark}", TransportName::Kafka)))
    }

    /// The cluster's id.
    async fn cluster(&self) -> Result<&str> {
        if let Some(known) = self.cluster.get() {
            return Ok(known);
        }
        let admin = Arc::clone(&self.admin);
        let patience = self.settings.request_timeout.get();
        let asked = tokio::task::spawn_blocking(move || admin.inner().fetch_cluster_id(patience));
        let id = asked.await.ok().flatten().ok_or_else(|| {
            QueueError::Unavailable(format!("{} does not answer", self.settings.brokers))
        })?;
        Ok(self.cluster.get_or_init(|| id))
    }

    /// Whether a broker answers.
    pub(super) async fn ping(&self) -> Result<()> {
        let admin = Arc::clone(&self.admin);
        let patience = self.settings.request_timeout.get();
        // Of no topic: only who the brokers are.
        let asked = tokio::task::spawn_blocking(move || {
            let answer = admin
                .inner()
                .fetch_metadata(Some("__consumer_offsets"), patience);
            answer.map(drop)
        });
        Ok(asked
            .await
            .map_err(|error| QueueError::Broker(error.to_string()))??)
    }

    /// Deletes what a partition holds before an offset.
    pub(super) async fn trim(&self, offsets: &rdkafka::TopicPartitionList) -> Result<()> {
        let answer = self.admin.delete_records(offsets, &self.options()).await?;
        for place in answer.elements() {
            place.error()?;
        }
        Ok(())
    }

    fn options(&self) -> AdminOptions {
        let patience = self.settings.request_timeout.get();
        AdminOptions::new()
            .request_timeout(Some(patience))
            // Until the topic is there on the brokers, not only ordered.
            .operation_timeout(Some(patience))
    }
}
