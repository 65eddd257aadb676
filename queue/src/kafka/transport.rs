use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use nexus_config::Kafka;
use nexus_jobs::{Lane, QueueName};
use rdkafka::error::RDKafkaErrorCode;

use super::consumer::KafkaConsumer;
use super::depth::Onlookers;
use super::errors::is_missing;
use super::lanes::{Known, Lanes};
use super::member::Member;
use super::producer::{Record, TopicProducer};
use super::standing::Standing;
use super::topics::Topics;
use super::wire;
use crate::entry::{Entry, Epoch};
use crate::transport::{Consumer, QueueError, Result, Transport};

/// Pushes to a topic that seems to be missing before giving up: it may be deleted again.
const PUSHES: u32 = 3;

/// Kafka topics, one a lane. Clones share their clients, and each queue's member.
#[derive(Clone)]
pub struct KafkaTransport(Arc<Inner>);

struct Inner {
    settings: Kafka,
    topics: Topics,
    lanes: Arc<Lanes>,
    producer: TopicProducer,
    onlookers: Onlookers,
    members: Mutex<HashMap<QueueName, Weak<Member>>>,
    joining: tokio::sync::Mutex<()>,
    /// Entries go to one partition after the other, over all lanes.
    turn: AtomicUsize,
}

impl std::fmt::Debug for KafkaTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaTransport").finish_non_exhaustive()
    }
}

impl KafkaTransport {
    /// A transport over the cluster of the settings. Connects lazily: brokers that are away
    /// are an error of each call, not of this one, which fails on settings that librdkafka
    /// refuses. To be called on a runtime.
    pub fn new(settings: &Kafka) -> Result<Self> {
        let topics = Topics::new(settings)?;
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            lanes: Arc::new(Lanes::new(topics.clone())),
            topics,
            producer: TopicProducer::new(settings)?,
            onlookers: Onlookers::new(settings),
            members: Mutex::default(),
            joining: tokio::sync::Mutex::default(),
            turn: AtomicUsize::new(0),
        })))
    }

    /// The lane's topic, for whoever looks at the cluster with tools of its own.
    pub fn topic(&self, lane: &Lane) -> String {
        wire::topic(&self.0.settings.prefix, lane)
    }

    /// This process's member of a queue's group.
    pub(super) async fn member(&self, queue: &QueueName) -> Result<Arc<Member>> {
        // Held over the joining, so that loops that start together share one.
        let _joining = self.0.joining.lock().await;
        if let Some(member) = self.present_member(queue)
            && member.feed.lives()?
        {
            return Ok(member);
        }
        let inner = &self.0;
        let member = Member::join(&inner.settings, &inner.topics, &inner.lanes, queue).await?;
        let member = Arc::new(member);
        let mut members = self.members();
        members.retain(|_, member| member.strong_count() > 0);
        members.insert(queue.clone(), Arc::downgrade(&member));
        Ok(member)
    }

    /// This process's member of a queue's group, if it has one.
    fn present_member(&self, queue: &QueueName) -> Option<Arc<Member>> {
        self.members().get(queue)?.upgrade()
    }

    fn members(&self) -> MutexGuard<'_, HashMap<QueueName, Weak<Member>>> {
        self.0
            .members
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Pushes once. `None`: the topic is not what it was taken for, and nothing counts.
    async fn try_push(&self, topic: &str, known: &Known, entries: &[Entry]) -> Result<Option<()>> {
        let first = self.0.turn.fetch_add(entries.len(), Ordering::Relaxed);
        let records = entries.iter().enumerate().map(|(nth, entry)| Record {
            topic: topic.to_owned(),
            partition: i32::try_from(first.wrapping_add(nth) % known.partitions).ok(),
            payload: Some(wire::write(entry)),
            ..Record::default()
        });
        let records: Vec<Record> = records.collect();
        for outcome in self.0.producer.try_send(&records).await {
            match outcome {
                Ok(_) => {}
                Err(error) if error.rdkafka_error_code().is_some_and(may_be_stale) => {
                    return Ok(None);
                }
                Err(error) => return Err(self.0.producer.explained(error)),
            }
        }
        Ok(Some(()))
    }
}

/// Whether the topic may be another than the one that the client knew.
fn may_be_stale(code: RDKafkaErrorCode) -> bool {
    is_missing(code) || code == RDKafkaErrorCode::BrokerDestroy
}

#[async_trait]
impl Transport for KafkaTransport {
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch> {
        let topic = self.topic(lane);
        // Looked at before the push: should the topic be made anew in between, the entries
        // are marked with an epoch that is over, and are pushed again.
        let mut known = self.0.lanes.recent(&topic).await?;
        for _ in 0..PUSHES {
            if self.try_push(&topic, &known, entries).await?.is_some() {
                return Ok(known.epoch);
            }
            self.0.lanes.forget(&topic);
            known = self.0.lanes.look(&topic).await?;
            self.0.producer.begin_anew();
        }
        Err(QueueError::Unavailable(format!(
            "the topic {topic} vanished while pushing"
        )))
    }

    async fn epoch(&self, lane: &Lane) -> Result<Epoch> {
        Ok(self.0.lanes.look(&self.topic(lane)).await?.epoch)
    }

    async fn recent_epoch(&self, lane: &Lane) -> Result<Epoch> {
        // A look takes the client 60 ms, whatever the broker does.
        Ok(self.0.lanes.recent(&self.topic(lane)).await?.epoch)
    }

    async fn consumer(&self, queue: &QueueName, _: &str) -> Result<Box<dyn Consumer>> {
        let member = self.member(queue).await?;
        let consumer = KafkaConsumer::new(self.clone(), queue.clone(), member);
        Ok(Box::new(consumer))
    }

    async fn depth(&self, lane: &Lane) -> Result<usize> {
        let topic = self.topic(lane);
        let Some(epoch) = self.0.topics.life(&topic).await? else {
            return Ok(0);
        };
        let Some(partitions) = self.0.topics.partitions(&topic).await? else {
            return Ok(0);
        };
        let group = wire::group(&self.0.settings.prefix, &lane.queue);
        let far = self
            .0
            .onlookers
            .of(&group, &topic, partitions, Some(epoch))
            .await?;
        let member = self.present_member(&lane.queue);
        let here = |partition| {
            let key = (wire::topic_index(lane.band), partition);
            member.as_ref()?.feed.shared().window().standing_of(key)
        };
        let depth = far.into_iter().map(|far| {
            // What this process knows of its own partitions is newer than the last commit.
            let (next, unfinished) = here(far.partition).unwrap_or((far.committed, 0));
            usize::try_from(far.end - next).unwrap_or(0) + unfinished
        });
        Ok(depth.sum())
    }

    async fn ping(&self) -> Result<()> {
        self.0.topics.ping().await
    }

    fn standings(&self) -> Vec<(QueueName, Standing)> {
        let members = self.members();
        let present = members.iter().filter_map(|(queue, member)| {
            let member = member.upgrade()?;
            Some((queue.clone(), Standing::of(&member.feed.shared().window())))
        });
        present.collect()
    }
}
