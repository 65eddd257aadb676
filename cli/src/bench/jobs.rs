//! The engine: enqueue, drain, start latency, memory.

use nexus_jobs::JobId;

use super::figure::Figure;
use super::rig::Rig;
use super::worker::Worker;
use super::{Scale, ceilings, enqueue, latency, limited, median};

/// What the draining worker process serves: enough jobs at once that the next batches are claimed
/// while the last ones are written.
const QUEUES: &str = "{noop = 2000}";

/// Measures all of it, each figure and its ceiling in turn.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let mut rates: [Vec<f64>; 8] = Default::default();
    let mut memory = Vec::new();
    for _ in 0..scale.rounds {
        rates[0].push(enqueue::single(rig, scale.singles).await?);
        rates[1].push(ceilings::insert_single(rig, scale.singles).await?);
        rates[2].push(enqueue::bulk(rig, scale.backlog).await?);
        rates[3].push(ceilings::insert(rig, scale.backlog).await?);
        let (rate, rss) = drain(rig, scale.backlog).await?;
        rates[4].push(rate);
        memory.push(rss);
        rates[5].push(ceilings::claim_and_complete(rig, scale.backlog).await?);
        let (limited, free) = limited::drain(rig, scale.backlog).await?;
        rates[6].push(limited);
        rates[7].push(free);
    }
    let (large, _) = drain(rig, scale.large_backlog).await?;
    let (p50, p99) = latency::measure(rig, scale.timed).await?;
    let [
        single,
        single_ceiling,
        bulk,
        bulk_ceiling,
        drained,
        ceiling,
        limited,
        free,
    ] = rates.map(median);
    Ok(vec![
        Figure::beside(
            "jobs.enqueue_single_per_s",
            single,
            "jobs/s",
            single_ceiling,
        ),
        Figure::beside("jobs.enqueue_bulk_per_s", bulk, "jobs/s", bulk_ceiling),
        Figure::beside("jobs.drain_per_s", drained, "jobs/s", ceiling),
        Figure::beside("jobs.drain_1m_per_s", large, "jobs/s", ceiling),
        Figure::beside("jobs.limited_drain_per_s", limited, "jobs/s", free),
        Figure::plain("jobs.start_p50_ms", p50, "ms"),
        Figure::plain("jobs.start_p99_ms", p99, "ms"),
        Figure::plain("jobs.worker_rss_mib", median(memory), "MiB"),
    ])
}

/// Enqueues a backlog, then has it drained.
pub(super) async fn drain(rig: &Rig, backlog: usize) -> anyhow::Result<(f64, f64)> {
    let (first, last) = rig.enqueue_noops(backlog).await?;
    drain_waiting(rig, first, last).await
}

/// Lets one worker process drain waiting jobs: jobs a second, and the process's peak
/// memory in MiB.
pub(super) async fn drain_waiting(
    rig: &Rig,
    first: JobId,
    last: JobId,
) -> anyhow::Result<(f64, f64)> {
    let relay = rig.start_relay();
    let worker = Worker::start(&rig.settings, QUEUES)?;
    let rate = rig.drained(first, last).await?;
    let rss = worker.peak_rss_mib()?;
    worker.stop().await?;
    relay.stop().await;
    Ok((rate, rss))
}
