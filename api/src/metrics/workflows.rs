use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use nexus_producer::workflows::AdvancerStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

/// What the advancer of this process did.
#[derive(Debug)]
pub(super) struct Advancer(pub(super) Arc<AdvancerStats>);

impl Collector for Advancer {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counters = [
            (
                "workflows_jobs_ended",
                "Ends of workflows' jobs that this process counted",
                &self.0.ended,
            ),
            (
                "workflows_jobs_released",
                "Jobs that it sent on, since those before them had ended",
                &self.0.released,
            ),
            (
                "workflows_jobs_in_vain",
                "Jobs that it called off, since one before them did not complete",
                &self.0.in_vain,
            ),
            (
                "workflows_finished",
                "Workflows whose last job it saw end",
                &self.0.finished,
            ),
        ];
        for (name, help, counter) in counters {
            let value = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(counter.load(Ordering::Relaxed)).encode(value)?;
        }
        Ok(())
    }
}
