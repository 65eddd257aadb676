//! The engine as one peer among others (`scripts/bench-peers`): the steps that every
//! program of `bench/peers/` goes through, once, without ceilings.

use super::figure::Figure;
use super::rig::Rig;
use super::{Scale, enqueue, jobs, latency};

/// Enqueues one by one; then in bulk, what a worker process drains; then times starts.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let single = enqueue::single(rig, scale.singles).await?;
    let (bulk, first, last) = enqueue::backlog(rig, scale.backlog).await?;
    let (drained, _) = jobs::drain_waiting(rig, first, last).await?;
    let (p50, p99) = latency::measure(rig, scale.timed).await?;
    let jobs = f64::from(u32::try_from(scale.backlog)?);
    Ok(vec![
        Figure::plain("peer.jobs", jobs, "jobs"),
        Figure::plain("peer.enqueue_single_per_s", single, "jobs/s"),
        Figure::plain("peer.enqueue_bulk_per_s", bulk, "jobs/s"),
        Figure::plain("peer.drain_per_s", drained, "jobs/s"),
        Figure::plain("peer.start_p50_ms", p50, "ms"),
        Figure::plain("peer.start_p99_ms", p99, "ms"),
    ])
}
