use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use nexus_producer::schedules::SchedulerStats;
use nexus_schema::schedules::{self, ScheduleView};
use nexus_schema::{AsyncPgConnection, Result};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::ledger::gauges;

/// What the scheduler of this process decided.
#[derive(Debug)]
pub(super) struct Scheduler(pub(super) Arc<SchedulerStats>);

impl Collector for Scheduler {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = &self.0;
        for (name, help, counter) in [
            (
                "scheduler_rounds",
                "Rounds of due ticks that this process decided",
                &stats.rounds,
            ),
            (
                "scheduler_fired",
                "Jobs that this process enqueued for ticks",
                &stats.fired,
            ),
            (
                "scheduler_skipped",
                "Ticks that it passed over by overlap policy or unique key",
                &stats.skipped,
            ),
            (
                "scheduler_missed",
                "Ticks that it passed over since no scheduler was there in time",
                &stats.missed,
            ),
            (
                "scheduler_failed",
                "Ticks whose job the ledger refused",
                &stats.failed,
            ),
        ] {
            let value = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(counter.load(Ordering::Relaxed)).encode(value)?;
        }
        let late = std::time::Duration::from_micros(stats.late_us.load(Ordering::Relaxed));
        let help = "How long after its time the latest tick of the last round fired";
        let unit = Some(&Unit::Seconds);
        let value = encoder.encode_descriptor("scheduler_late", help, unit, MetricType::Gauge)?;
        ConstGauge::new(late.as_secs_f64()).encode(value)
    }
}

/// What became of the ticks of every schedule.
#[derive(Debug)]
pub(super) struct Schedules {
    clock: DateTime<Utc>,
    all: Vec<ScheduleView>,
}

impl Schedules {
    pub(super) async fn take(conn: &mut AsyncPgConnection) -> Result<Self> {
        Ok(Self {
            clock: schedules::clock(conn).await?,
            all: schedules::list(conn).await?,
        })
    }

    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let ticks = self.all.iter().flat_map(|one| {
            [
                ("fired", one.fired),
                ("skipped", one.skipped),
                ("missed", one.missed),
                ("failed", one.failed),
            ]
            .map(|(outcome, ticks)| {
                let labels = [
                    ("schedule", one.name.clone()),
                    ("outcome", outcome.to_owned()),
                ];
                (labels, ticks)
            })
        });
        gauges(
            encoder,
            "schedule_ticks",
            "Ticks of a schedule, by what became of them",
            None,
            ticks,
        )?;
        let overdue = self.all.iter().filter_map(|one| {
            let over = (self.clock - one.next_at?).to_std().unwrap_or_default();
            Some(([("schedule", one.name.clone())], over.as_secs_f64()))
        });
        gauges(
            encoder,
            "schedule_overdue",
            "Time since the first tick that nobody has decided was due",
            Some(&Unit::Seconds),
            overdue,
        )
    }
}
