use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use nexus_config::Kafka;
use nexus_jobs::TransportName;
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::Mutex;

use super::cause::{self, Heard};
use super::client;
use super::errors::{code, is_missing, is_of_line};
use crate::transport::{QueueError, Result};

/// The setting of a topic that its mark is kept in. Of no effect on a topic that is not
/// compacted, accepted by hosted clusters too, and gone with the topic: so it tells one life
/// of a topic from the next, which the client cannot (it does not show topics' ids).
const MARK: &str = "delete.retention.ms";

/// Pause between looks for a topic that was made a moment ago.
const APPEARING: Duration = Duration::from_millis(20);

/// Longest wait for the answer to a ping: whoever asks how the broker is wants to hear soon,
/// and to hear why it does not answer.
const PING: Duration = Duration::from_millis(800);

/// How long a cause that was found is told again before it is looked for anew.
const CAUSE_FOR: Duration = Duration::from_secs(2);

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
    admin: Arc<AdminClient<Heard>>,
    settings: Kafka,
    cluster: Arc<OnceLock<String>>,
    cause: Arc<Mutex<Option<Looked>>>,
}

/// When it was last looked why the brokers cannot be reached, and what was found.
type Looked = (Instant, Option<String>);

/// What a question to the brokers came to, before it is looked why it failed.
type Asked<T> = std::result::Result<T, Failed>;

enum Failed {
    /// No broker answered.
    Silence,
    Kafka(KafkaError),
    Queue(QueueError),
}

impl From<KafkaError> for Failed {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error)
    }
}

impl From<QueueError> for Failed {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

impl std::fmt::Debug for Topics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topics").finish_non_exhaustive()
    }
}

impl Topics {
    /// Connects lazily; fails on settings that librdkafka refuses.
    pub fn new(settings: &Kafka) -> Result<Self> {
        // Nobody takes in what the admin client logs.
        let admin = client::any(settings)
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create_with_context(Heard::default())?;
        Ok(Self {
            admin: Arc::new(admin),
            settings: settings.clone(),
            cluster: Arc::default(),
            cause: Arc::default(),
        })
    }

    /// Longest wait for an answer.
    pub(super) fn patience(&self) -> Duration {
        self.settings.request_timeout.get()
    }

    /// Makes the topics that are missing, with `kafka.partitions` and `kafka.replication`, and
    /// waits until all are there.
    pub async fn ensure(&self, wanted: &[TopicWanted<'_>]) -> Result<()> {
        self.explained(self.try_ensure(wanted).await).await
    }

    async fn try_ensure(&self, wanted: &[TopicWanted<'_>]) -> Asked<()> {
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
    async fn appears(&self, topic: &str) -> Asked<()> {
        let deadline = Instant::now() + self.patience();
        while self.try_partitions(topic).await?.is_none() {
            if Instant::now() >= deadline {
                let text = format!("the topic {topic} does not appear");
                return Err(QueueError::Unavailable(text).into());
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
        self.explained(self.try_partitions(topic).await).await
    }

    async fn try_partitions(&self, topic: &str) -> Asked<Option<usize>> {
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
        self.explained(self.try_life(topic).await).await
    }

    async fn try_life(&self, topic: &str) -> Asked<Option<String>> {
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
    async fn cluster(&self) -> Asked<&str> {
        if let Some(known) = self.cluster.get() {
            return Ok(known);
        }
        let admin = Arc::clone(&self.admin);
        let patience = self.settings.request_timeout.get();
        let asked = tokio::task::spawn_blocking(move || admin.inner().fetch_cluster_id(patience));
        let id = asked.await.ok().flatten().ok_or(Failed::Silence)?;
        Ok(self.cluster.get_or_init(|| id))
    }

    /// Whether a broker answers.
    pub(super) async fn ping(&self) -> Result<()> {
        self.explained(self.try_ping().await).await
    }

    async fn try_ping(&self) -> Asked<()> {
        let admin = Arc::clone(&self.admin);
        let patience = self.patience().min(PING);
        let asked = tokio::task::spawn_blocking(move || {
            let answer = admin.inner().fetch_metadata(client::ANY_TOPIC, patience);
            answer.map(drop)
        });
        Ok(asked
            .await
            .map_err(|error| QueueError::Broker(error.to_string()))??)
    }

    /// Says why the brokers cannot be reached, where that is what is wrong: the admin client's
    /// calls say no more than that they took too long.
    async fn explained<T>(&self, outcome: Asked<T>) -> Result<T> {
        let text = match outcome {
            Ok(answer) => return Ok(answer),
            Err(Failed::Queue(error)) => return Err(error),
            Err(Failed::Kafka(error)) if code(&error).is_some_and(is_of_line) => error.to_string(),
            Err(Failed::Kafka(error)) => return Err(error.into()),
            Err(Failed::Silence) => format!("{} does not answer", self.settings.brokers),
        };
        // Those who fail together look once.
        let mut cause = self.cause.lock().await;
        let known = cause.take().filter(|(at, _)| at.elapsed() < CAUSE_FOR);
        let (at, found) = match known {
            Some(known) => known,
            None => {
                let settings = self.settings.clone();
                let looking = tokio::task::spawn_blocking(move || cause::why(&settings));
                let found = looking.await.ok().flatten();
                (Instant::now(), found)
            }
        };
        *cause = Some((at, found.clone()));
        Err(QueueError::Unavailable(found.unwrap_or(text)))
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
