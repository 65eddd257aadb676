//! Queues on Kafka beside the same queues on Redis, in one run.

use std::sync::Arc;

use anyhow::Context as _;
use nexus_jobs::{Lane, QueueName, TransportName};
use nexus_queue::{KafkaTransport, RoutedTransport, Transport};
use nexus_schema::queues;

use super::figure::Figure;
use super::rig::Rig;
use super::{Scale, jobs, latency, median};

/// Times starts through Kafka, and drains in turn through Redis and through Kafka.
pub(super) async fn measure(rig: &mut Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let name = format!("nexus-bench-{}", std::process::id());
    name.clone_into(&mut rig.settings.kafka.prefix);
    let settings = &rig.settings;
    let kafka = KafkaTransport::new(&settings.kafka)?;
    kafka
        .ping()
        .await
        .context("Kafka does not answer; scripts/services start DIR --kafka starts one")?;
    rig.transport = Arc::new(RoutedTransport::new(&settings.redis, &settings.kafka)?);
    // The broker compiles itself while it first works, on the cores that are measured.
    switch(rig, &kafka, "noop", TransportName::Kafka).await?;
    jobs::drain(rig, scale.backlog).await?;
    // Before the others, whose rows are vacuumed for long after.
    switch(rig, &kafka, "bench", TransportName::Kafka).await?;
    let (p50, p99) = latency::measure(rig, scale.timed).await?;
    let (mut redis_rates, mut kafka_rates) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        for (to, rates) in [
            (TransportName::Redis, &mut redis_rates),
            (TransportName::Kafka, &mut kafka_rates),
        ] {
            switch(rig, &kafka, "noop", to).await?;
            let (rate, _) = jobs::drain(rig, scale.backlog).await?;
            rates.push(rate);
        }
    }
    for queue in ["noop", "bench"] {
        switch(rig, &kafka, queue, TransportName::Redis).await?;
    }
    let (on_redis, on_kafka) = (median(redis_rates), median(kafka_rates));
    Ok(vec![
        Figure::beside("jobs.kafka_drain_per_s", on_kafka, "jobs/s", on_redis),
        Figure::plain("jobs.kafka_start_p50_ms", p50, "ms"),
        Figure::plain("jobs.kafka_start_p99_ms", p99, "ms"),
    ])
}

/// Switches a queue, and makes the topics that it will need.
async fn switch(
    rig: &Rig,
    kafka: &KafkaTransport,
    queue: &str,
    to: TransportName,
) -> anyhow::Result<()> {
    let queue = QueueName::new(queue)?;
    if to == TransportName::Kafka {
        for band in nexus_jobs::Band::ALL {
            let queue = queue.clone();
            kafka.epoch(&Lane { queue, band }).await?;
        }
    }
    let mut conn = rig.pool.get().await?;
    queues::switch(&mut conn, &queue, to, &Rig::actor()).await?;
    Ok(())
}
