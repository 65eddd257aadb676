use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use nexus_producer::relay::RelayStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// What the relay of this process did.
#[derive(Debug)]
pub(super) struct Relay(pub(super) Arc<RelayStats>);

impl Collector for Relay {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counters = [
            (
                "relay_pushed_ids",
                "Job ids pushed to the broker",
                &self.0.pushed_ids,
            ),
            (
                "relay_repushed_rows",
                "Dispatch rows pushed again since the broker may have lost them",
                &self.0.repushed_rows,
            ),
            (
                "relay_failures",
                "Rounds that failed since Postgres or the broker was away",
                &self.0.failures,
            ),
        ];
        for (name, help, counter) in counters {
            let value = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(counter.load(Ordering::Relaxed)).encode(value)?;
        }
        let failing = u32::from(self.0.failing.load(Ordering::Relaxed));
        let help = "Whether the last round failed";
        let value = encoder.encode_descriptor("relay_failing", help, None, MetricType::Gauge)?;
        ConstGauge::new(failing).encode(value)
    }
}
