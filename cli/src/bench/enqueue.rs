//! How fast jobs are taken in.

use std::time::Instant;

use nexus_jobs::JobId;

use super::rig::{Rig, per_second};

/// Jobs a second enqueued one after another, each in a transaction of its own, on
/// one connection.
pub(super) async fn single(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let jobs = [Rig::noop()?];
    let mut conn = rig.pool.get().await?;
    let began = Instant::now();
    for _ in 0..count {
        rig.producer
            .enqueue_in(&mut conn, &jobs, &Rig::actor())
            .await?;
    }
    let rate = per_second(i64::try_from(count)?, began.elapsed());
    drop(conn);
    rig.clear().await?;
    Ok(rate)
}

/// Jobs a second enqueued in batches of `enqueue.batch_max`, one after another.
pub(super) async fn bulk(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let (rate, ..) = backlog(rig, count).await?;
    rig.clear().await?;
    Ok(rate)
}

/// The same, with the first id and the last of the jobs, which are left waiting.
pub(super) async fn backlog(rig: &Rig, count: usize) -> anyhow::Result<(f64, JobId, JobId)> {
    let began = Instant::now();
    let (first, last) = rig.enqueue_noops(count).await?;
    let rate = per_second(i64::try_from(count)?, began.elapsed());
    Ok((rate, first, last))
}
