use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use nexus_schema::jobs::{LaneCount, LaneDepth, counts, depths};
use nexus_schema::{Pool, Result};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use tokio::sync::Mutex;

use super::events::Events;
use super::schedules::Schedules;

/// How old a sample may be: taking one reads the whole live table.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);

/// How long a sample may take before the scrape goes on without it.
const SAMPLE_WITHIN: Duration = Duration::from_secs(5);

/// The ledger by queue, sampled now and then, and the pool.
#[derive(Debug)]
pub(super) struct Ledger {
    pool: Pool,
    /// When the last sample was tried; held while one is taken, so that scrapes take turns.
    tried: Mutex<Option<Instant>>,
    /// `None` where the last one failed: an old figure would look like a true one.
    sample: RwLock<Option<Sample>>,
}

#[derive(Debug)]
struct Sample {
    jobs: Vec<LaneCount>,
    dispatch: Vec<LaneDepth>,
    events: Events,
    schedules: Schedules,
}

impl Ledger {
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            tried: Mutex::new(None),
            sample: RwLock::new(None),
        }
    }

    /// Takes a sample if the last one is old.
    pub(super) async fn refresh(&self) {
        let mut tried = self.tried.lock().await;
        if tried.is_some_and(|at| at.elapsed() < SAMPLE_EVERY) {
            return;
        }
        let sample = match tokio::time::timeout(SAMPLE_WITHIN, self.take()).await {
            Ok(Ok(sample)) => Some(sample),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no sample of the ledger");
                None
            }
            Err(_) => None,
        };
        *self.sample.write().unwrap_or_else(PoisonError::into_inner) = sample;
        *tried = Some(Instant::now());
    }

    async fn take(&self) -> Result<Sample> {
        let mut conn = self.pool.get().await?;
        Ok(Sample {
            jobs: counts(&mut conn).await?,
            dispatch: depths(&mut conn).await?,
            events: Events::take(&mut conn).await?,
            schedules: Schedules::take(&mut conn).await?,
        })
    }
}

impl Collector for Ledger {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let sample = self.sample.read().unwrap_or_else(PoisonError::into_inner);
        let up = u32::from(sample.is_some());
        let help = "Whether Postgres gave the ledger's figures";
        let mut value = encoder.encode_descriptor("ledger_up", help, None, MetricType::Gauge)?;
        value.encode_gauge(&up)?;
        if let Some(Sample {
            jobs,
            dispatch,
            events,
            schedules,
        }) = sample.as_ref()
        {
            let rows = jobs.iter().map(|row| {
                (
                    [("queue", row.queue.as_str()), ("state", row.state.as_str())],
                    row.jobs,
                )
            });
            gauges(&mut encoder, "jobs", "Unfinished jobs", None, rows)?;
            encode_dispatch(&mut encoder, dispatch)?;
            events.encode(&mut encoder)?;
            schedules.encode(&mut encoder)?;
        }
        let (open, idle) = self.pool.occupancy();
        let rows = [
            ([("state", "busy")], open.saturating_sub(idle)),
            ([("state", "idle")], idle),
        ];
        gauges(
            &mut encoder,
            "postgres_pool_connections",
            "Open connections",
            None,
            rows,
        )
    }
}

fn encode_dispatch(encoder: &mut DescriptorEncoder<'_>, lanes: &[LaneDepth]) -> fmt::Result {
    let by_queue = |lane: &LaneDepth| [("queue", lane.queue.clone())];
    gauges(
        encoder,
        "dispatch_waiting_ids",
        "Ids that wait in the ledger for their time or for room in the broker",
        None,
        lanes.iter().map(|lane| (by_queue(lane), lane.waiting_ids)),
    )?;
    gauges(
        encoder,
        "dispatch_pushed_ids",
        "Ids in the broker that no claim has settled",
        None,
        lanes.iter().map(|lane| (by_queue(lane), lane.pushed_ids)),
    )?;
    gauges(
        encoder,
        "dispatch_oldest_due",
        "Time since the oldest due dispatch row was due",
        Some(&Unit::Seconds),
        lanes.iter().map(|lane| (by_queue(lane), lane.oldest_due_s)),
    )
}

/// One gauge, a value for each set of labels.
pub(super) fn gauges<const N: usize, L, V>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    rows: impl IntoIterator<Item = ([(&'static str, L); N], V)>,
) -> fmt::Result
where
    [(&'static str, L); N]: prometheus_client::encoding::EncodeLabelSet,
    V: EncodeGaugeValue,
{
    let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for (labels, value) in rows {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
