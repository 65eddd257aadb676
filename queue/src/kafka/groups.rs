use std::sync::Arc;

use futures_util::future::try_join_all;
use nexus_config::Kafka;
use nexus_jobs::QueueName;

use super::depth::Onlookers;
use super::topics::Topics;
use super::wire;
use crate::transport::Result;

/// Looks at how far groups are behind, without being in them. Clones share their clients.
#[derive(Clone)]
pub struct Groups {
    topics: Topics,
    onlookers: Arc<Onlookers>,
}

impl std::fmt::Debug for Groups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

impl Groups {
    /// Connects lazily; fails on settings that librdkafka refuses.
    pub fn new(settings: &Kafka) -> Result<Self> {
        Ok(Self {
            topics: Topics::new(settings)?,
            onlookers: Arc::new(Onlookers::new(settings)),
        })
    }

    /// The group of whoever takes a queue's entries.
    pub fn of_queue(settings: &Kafka, queue: &QueueName) -> String {
        wire::group(&settings.prefix, queue)
    }

    /// Records behind what a group has committed, over all partitions of these topics. One
    /// that is missing has none.
    pub async fn lag(&self, group: &str, topics: &[String]) -> Result<u64> {
        let lags = topics.iter().map(|topic| self.lag_of(group, topic));
        Ok(try_join_all(lags).await?.into_iter().sum())
    }

    async fn lag_of(&self, group: &str, topic: &str) -> Result<u64> {
        let Some(partitions) = self.topics.partitions(topic).await? else {
            return Ok(0);
        };
        let far = self.onlookers.of(group, topic, partitions, None).await?;
        let behind = far.into_iter().map(|far| far.end - far.committed);
        Ok(behind
            .map(|behind| u64::try_from(behind).unwrap_or(0))
            .sum())
    }
}
