use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use nexus_producer::triggers::EvaluatorStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::app::Bus;

/// What this process published, and what it let fire triggers.
#[derive(Debug)]
pub(super) struct Events(pub(super) Bus);

type Counter = fn(&EvaluatorStats) -> &AtomicU64;

impl Collector for Events {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.published(&mut encoder)?;
        self.judged(&mut encoder)
    }
}

impl Events {
    fn published(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(stats) = &self.0.publisher else {
            return Ok(());
        };
        for (name, help, counter) in [
            (
                "events_published",
                "Events that Kafka acknowledged",
                &stats.published,
            ),
            (
                "events_publish_failures",
                "Rounds of publishing that failed since Postgres or Kafka was away",
                &stats.failures,
            ),
        ] {
            let value = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(counter.load(Ordering::Relaxed)).encode(value)?;
        }
        let failing = u32::from(stats.failing.load(Ordering::Relaxed));
        let (name, help) = ("events_publish_failing", "Whether the last round failed");
        let value = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(failing).encode(value)
    }

    fn judged(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.0.evaluators.is_empty() {
            return Ok(());
        }
        let counters: [(&str, &str, Counter); 4] = [
            (
                "triggers_judged",
                "Events that this process held against the triggers",
                |stats| &stats.judged,
            ),
            (
                "triggers_fired",
                "Jobs that this process enqueued for triggers",
                |stats| &stats.fired,
            ),
            (
                "triggers_skipped",
                "Events that matched and were passed over, since they looked like a loop",
                |stats| &stats.skipped,
            ),
            (
                "triggers_failed",
                "Events that matched and made no job",
                |stats| &stats.failed,
            ),
        ];
        for (name, help, counter) in counters {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (from, stats) in &self.0.evaluators {
                let value = counter(stats).load(Ordering::Relaxed);
                ConstCounter::new(value).encode(family.encode_family(&[("from", *from)])?)?;
            }
        }
        Ok(())
    }
}
