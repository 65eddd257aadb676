use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nexus_producer::ingest::IngestStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// What the ingests of this process did, each under its name.
#[derive(Debug)]
pub(super) struct Ingests(pub(super) Vec<(&'static str, Arc<IngestStats>)>);

type Counter = fn(&IngestStats) -> &AtomicU64;

impl Collector for Ingests {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counters: [(&str, &str, Counter); 4] = [
            ("ingest_jobs", "Messages that became jobs", |stats| {
                &stats.jobs
            }),
            (
                "ingest_known",
                "Messages that were taken before, and dropped",
                |stats| &stats.known,
            ),
            (
                "ingest_refused",
                "Messages that became dead letters",
                |stats| &stats.refused,
            ),
            (
                "ingest_failures",
                "Times that an ingest could not go on, since a server was away",
                |stats| &stats.failures,
            ),
        ];
        for (name, help, counter) in counters {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (from, stats) in &self.0 {
                let value = counter(stats).load(Ordering::Relaxed);
                ConstCounter::new(value).encode(family.encode_family(&[("from", *from)])?)?;
            }
        }
        let help = "Sources that cannot go on just now";
        let mut family =
            encoder.encode_descriptor("ingest_failing", help, None, MetricType::Gauge)?;
        for (from, stats) in &self.0 {
            let failing = u32::try_from(stats.failing.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
            ConstGauge::new(failing).encode(family.encode_family(&[("from", *from)])?)?;
        }
        Ok(())
    }
}
