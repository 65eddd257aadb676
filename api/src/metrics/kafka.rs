use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use nexus_config::Settings;
use nexus_jobs::{Band, Lane, QueueName, TransportName};
use nexus_queue::Transport;
use nexus_queue::kafka::topic::{Groups, Watched};
use nexus_schema::{Pool, queues, workers};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use serde_json::Value;
use tokio::sync::Mutex;

use super::ledger::gauges;
use crate::app::Parts;

/// How old a sample may be: taking one asks the brokers several questions a topic.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);

/// How long the brokers may take before the scrape goes on without them.
const SAMPLE_WITHIN: Duration = Duration::from_secs(2);

/// How far the groups on Kafka are behind, sampled now and then. While nothing goes through
/// Kafka, it is not asked.
#[derive(Debug)]
pub(super) struct Kafka {
    settings: Settings,
    pool: Pool,
    transport: Arc<dyn Transport>,
    readers: Vec<(String, Watched)>,
    /// When the last sample was tried, and who asks; held while one is taken.
    asking: Mutex<(Option<Instant>, Option<Groups>)>,
    sample: RwLock<Sample>,
}

/// By group.
#[derive(Debug, Default)]
struct Sample {
    held: BTreeMap<String, Held>,
    /// `None` where the brokers did not tell.
    lags: Option<Vec<(String, u64)>>,
}

/// What processes received and are not done with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Held {
    records: u64,
    oldest_s: f64,
}

impl Held {
    fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            oldest_s: self.oldest_s.max(other.oldest_s),
        }
    }
}

impl Kafka {
    pub(super) fn new(settings: &Settings, parts: &Parts) -> Self {
        Self {
            settings: settings.clone(),
            pool: parts.pool.clone(),
            transport: Arc::clone(&parts.transport),
            readers: parts.bus.readers.clone(),
            asking: Mutex::default(),
            sample: RwLock::default(),
        }
    }

    /// Takes a sample if the last one is old.
    pub(super) async fn refresh(&self) {
        let mut asking = self.asking.lock().await;
        let (tried, groups) = &mut *asking;
        if tried.is_some_and(|at| at.elapsed() < SAMPLE_EVERY) {
            return;
        }
        let sample = self.take(groups).await;
        *self.sample.write().unwrap_or_else(PoisonError::into_inner) = sample;
        *tried = Some(Instant::now());
    }

    async fn take(&self, groups: &mut Option<Groups>) -> Sample {
        let (queues, mut held) = self.in_ledger().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "which queues are on Kafka");
            Default::default()
        });
        let mut readers = Vec::new();
        for (group, watched) in &self.readers {
            if let Some(stands) = watched.standing() {
                let here = Held {
                    records: stands.unfinished as u64,
                    oldest_s: stands.oldest_age.unwrap_or_default().as_secs_f64(),
                };
                held.insert(group.clone(), here);
                readers.push((group.clone(), watched.topics()));
            }
        }
        let lags = tokio::time::timeout(SAMPLE_WITHIN, self.lags(groups, &queues, readers));
        let lags = match lags.await {
            Ok(Ok(lags)) => Some(lags),
            Ok(Err(error)) => {
                tracing::debug!(%error, "how far groups are behind");
                None
            }
            Err(_) => None,
        };
        Sample { held, lags }
    }

    /// The queues on Kafka, and what the workers say that they hold of them.
    async fn in_ledger(&self) -> nexus_schema::Result<(Vec<QueueName>, BTreeMap<String, Held>)> {
        let mut conn = self.pool.get().await?;
        let kafka = Some(TransportName::Kafka.as_str());
        let asked = queues::list(&mut conn).await?.into_iter();
        let on_kafka = asked.filter(|ask| ask.transport.as_deref() == kafka);
        let on_kafka: Vec<QueueName> = on_kafka
            .filter_map(|ask| QueueName::new(ask.name).ok())
            .collect();
        let mut held = BTreeMap::new();
        if !on_kafka.is_empty() {
            for report in workers::reports(&mut conn, self.settings.lease.ttl.get()).await? {
                for queue in &on_kafka {
                    if let Some(here) = held_of(&report, queue) {
                        let group = Groups::of_queue(&self.settings.kafka, queue);
                        let so_far: &mut Held = held.entry(group).or_default();
                        *so_far = so_far.and(here);
                    }
                }
            }
        }
        Ok((on_kafka, held))
    }

    async fn lags(
        &self,
        groups: &mut Option<Groups>,
        queues: &[QueueName],
        readers: Vec<(String, Vec<String>)>,
    ) -> nexus_queue::Result<Vec<(String, u64)>> {
        let of_queues = queues.iter().map(|queue| self.lag_of_queue(queue));
        let mut lags = try_join_all(of_queues).await?;
        for (group, topics) in readers {
            let asked = match groups {
                Some(asked) => asked,
                None => groups.insert(Groups::new(&self.settings.kafka)?),
            };
            let lag = asked.lag(&group, &topics).await?;
            lags.push((group, lag));
        }
        Ok(lags)
    }

    async fn lag_of_queue(&self, queue: &QueueName) -> nexus_queue::Result<(String, u64)> {
        let group = Groups::of_queue(&self.settings.kafka, queue);
        let Some(kafka) = self.transport.carrier(TransportName::Kafka)? else {
            return Ok((group, 0));
        };
        let lanes = Band::ALL.map(|band| Lane {
            queue: queue.clone(),
            band,
        });
        let depths = try_join_all(lanes.iter().map(|lane| kafka.depth(lane))).await?;
        Ok((group, depths.into_iter().sum::<usize>() as u64))
    }
}

/// What a worker says that it holds of a queue.
fn held_of(report: &Value, queue: &QueueName) -> Option<Held> {
    let stands = report.get("kafka")?.get(queue.as_str())?;
    Some(Held {
        records: stands.get("unfinished")?.as_u64()?,
        oldest_s: stands.get("oldest_s")?.as_f64()?,
    })
}

impl Collector for Kafka {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let sample = self.sample.read().unwrap_or_else(PoisonError::into_inner);
        let none_asked = sample.lags.as_ref().is_some_and(Vec::is_empty);
        if none_asked && sample.held.is_empty() {
            return Ok(());
        }
        let up = u32::from(sample.lags.is_some());
        gauges(
            &mut encoder,
            "kafka_up",
            "Whether Kafka told how far its groups are behind",
            None,
            [([("prefix", self.settings.kafka.prefix.as_str())], up)],
        )?;
        let of = |group: &str| [("group", group.to_owned())];
        gauges(
            &mut encoder,
            "kafka_lag_records",
            "Records behind those that a group is done with, over all partitions",
            None,
            sample
                .lags
                .iter()
                .flatten()
                .map(|(group, lag)| (of(group), *lag)),
        )?;
        gauges(
            &mut encoder,
            "kafka_unfinished_records",
            "Records that processes received and are not done with",
            None,
            sample
                .held
                .iter()
                .map(|(group, held)| (of(group), held.records)),
        )?;
        gauges(
            &mut encoder,
            "kafka_oldest_unfinished",
            "For how long the oldest of them has not been done with",
            Some(&Unit::Seconds),
            sample
                .held
                .iter()
                .map(|(group, held)| (of(group), held.oldest_s)),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_worker_holds_is_read_from_its_report() {
        let queue = QueueName::new("noop").unwrap();
        let report = json!({"kafka": {"noop": {"unfinished": 3, "oldest_s": 0.5}}});
        let held = held_of(&report, &queue).unwrap();
        assert_eq!((held.records, held.oldest_s), (3, 0.5));
        assert_eq!(held_of(&json!({}), &queue), None);
        let both = held.and(Held {
            records: 1,
            oldest_s: 0.1,
        });
        assert_eq!((both.records, both.oldest_s), (4, 0.5));
    }
}
