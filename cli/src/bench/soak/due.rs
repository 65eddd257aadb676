//! Jobs that are all due at the same instant, with no worker up; then one comes.

use std::time::Duration;

use anyhow::Context as _;
use nexus_jobs::JobId;
use nexus_schema::measure::{self, soak};

use crate::bench::figure::Figure;
use crate::bench::rig::Rig;
use crate::bench::worker::Worker;

/// Jobs enqueued a second at the least, by which the instant is chosen.
const ENQUEUED_PER_S: u32 = 25_000;
/// Time beyond that.
const SLACK: Duration = Duration::from_secs(5);

/// Seconds from the instant to the end of the last job, the rate of the drain, and how
/// many were done once.
pub(super) async fn measure(rig: &Rig, jobs: usize) -> anyhow::Result<Vec<Figure>> {
    let mut conn = rig.pool.connect().await?;
    let jobs_f64 = f64::from(u32::try_from(jobs)?);
    let lead = Duration::from_secs_f64(jobs_f64 / f64::from(ENQUEUED_PER_S)) + SLACK;
    let instant = soak::clock(&mut conn).await? + lead;
    let relay = rig.start_relay();
    let (first, last) = enqueue(rig, jobs, instant).await?;
    let left = (instant - soak::clock(&mut conn).await?)
        .to_std()
        .context("enqueueing took until after the instant: this machine is too slow for it")?;
    tokio::time::sleep(left).await;
    let worker = Worker::start(&rig.settings, "{noop = 1000}")?;
    let rate = rig.drained(first, last).await?;
    worker.stop().await?;
    relay.stop().await;
    let window = measure::window(&mut conn, first, last).await?;
    let finished = window.last_finished.context("no jobs ran")?;
    let seconds = (finished - instant).to_std()?.as_secs_f64();
    let once = u32::try_from(soak::done_once(&mut conn, first, last).await?)?;
    Ok(vec![
        Figure::plain("soak.due_1m_s", seconds, "s"),
        Figure::plain("soak.due_1m_drain_per_s", rate, "jobs/s"),
        Figure::beside("soak.due_1m_done_once", f64::from(once), "jobs", jobs_f64),
    ])
}

async fn enqueue(
    rig: &Rig,
    jobs: usize,
    due: chrono::DateTime<chrono::Utc>,
) -> anyhow::Result<(JobId, JobId)> {
    let batch = vec![Rig::noop()?.at(due); rig.settings.enqueue.batch_max];
    rig.enqueue_in_batches(&batch, jobs).await
}
