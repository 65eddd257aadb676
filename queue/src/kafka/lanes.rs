use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::topics::{TopicWanted, Topics};
use crate::entry::Epoch;
use crate::transport::{QueueError, Result};

/// How long what is known of a topic is believed without another look. An epoch that is too
/// old is always safe: what is pushed under it is pushed again.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// How long it is believed while that look is under way, which nobody waits for: pushes would
/// stand still for it once a second.
const BELIEVED_FOR: Duration = Duration::from_secs(5);

/// Size of a log segment: small, since a segment is deleted as a whole.
const SEGMENT_BYTES: &str = "16777216";

/// Pause between looks for a topic that was made a moment ago.
const MADE_PAUSE: Duration = Duration::from_millis(20);

/// A lane's topic as it was looked at.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) epoch: Epoch,
    pub(super) partitions: usize,
    at: Instant,
}

/// What is known of the topics of lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    topics: Topics,
    known: Mutex<HashMap<String, Known>>,
    /// Topics that are being looked at behind.
    looking: Mutex<HashSet<String>>,
}

impl Lanes {
    pub(super) fn new(topics: Topics) -> Self {
        Self {
            topics,
            known: Mutex::default(),
            looking: Mutex::default(),
        }
    }

    /// A lane's topic as it was a few seconds ago or later. To be called on a runtime.
    pub(super) async fn recent(self: &Arc<Self>, topic: &str) -> Result<Known> {
        let known = self.known().get(topic).cloned();
        match known {
            Some(known) if known.at.elapsed() < KNOWN_FOR => Ok(known),
            Some(known) if known.at.elapsed() < BELIEVED_FOR => {
                self.look_behind(topic);
                Ok(known)
            }
            _ => self.look(topic).await,
        }
    }

    /// Looks while nobody waits, unless that is being done.
    fn look_behind(self: &Arc<Self>, topic: &str) {
        if !self.looking().insert(topic.to_owned()) {
            return;
        }
        let (lanes, topic) = (Arc::clone(self), topic.to_owned());
        tokio::spawn(async move {
            // Once it is not believed any more, whoever pushes asks, and is told.
            if let Err(error) = lanes.look(&topic).await {
                tracing::debug!(topic, %error, "looking at a queue's topic");
            }
            lanes.looking().remove(&topic);
        });
    }

    /// A lane's topic as it is, made where it is missing.
    pub(super) async fn look(&self, topic: &str) -> Result<Known> {
        let mut before = self.known().get(topic).cloned();
        let deadline = Instant::now() + self.topics.patience();
        let mut made = false;
        loop {
            let at = Instant::now();
            if let Some(epoch) = self.topics.life(topic).await?.map(Epoch) {
                // The number of partitions changes with the topic, or by us.
                let same = before.take().filter(|before| before.epoch == epoch);
                let partitions = match same {
                    Some(before) => Some(before.partitions),
                    None => self.topics.grow(topic).await?,
                };
                if let Some(partitions) = partitions {
                    let known = Known {
                        epoch,
                        partitions,
                        at,
                    };
                    self.known().insert(topic.to_owned(), known.clone());
                    return Ok(known);
                }
            } else if !made {
                self.make(topic).await?;
                made = true;
            }
            // Its making is known to the brokers one after the other.
            if Instant::now() >= deadline {
                return Err(QueueError::Unavailable(format!(
                    "the topic {topic} does not appear"
                )));
            }
            tokio::time::sleep(MADE_PAUSE).await;
        }
    }

    /// What was known of a topic is wrong.
    pub(super) fn forget(&self, topic: &str) {
        self.known().remove(topic);
    }

    async fn make(&self, topic: &str) -> Result<()> {
        let mark = Topics::new_mark();
        let mut config = vec![
            ("cleanup.policy", "delete"),
            // An entry goes once it is settled, and not because it is old: the ledger takes
            // it for delivered as long as the topic lives. Members trim what is done.
            ("retention.ms", "-1"),
            ("retention.bytes", "-1"),
            ("segment.bytes", SEGMENT_BYTES),
        ];
        config.extend(mark.iter().map(|(name, value)| (*name, value.as_str())));
        let wanted = TopicWanted {
            name: topic,
            config: &config,
        };
        self.topics.ensure(&[wanted]).await
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looking(&self) -> MutexGuard<'_, HashSet<String>> {
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
