//! How long from the call of enqueue to the start of the handler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nexus_jobs::{Job, JobId, NewJob, Outcome};
use nexus_workers::{Context, Registry, WorkerProcess};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::rig::Rig;

/// Jobs a second while latency is measured.
const RATE: u32 = 200;
/// Jobs at the start that are not counted, and are waited for before others are sent:
/// connections open, plans are made, workers join their groups.
const WARM_UP: usize = 1000;

/// Notes when it starts.
#[derive(Serialize, Deserialize)]
struct Tick {}

impl Job for Tick {
    const KIND: &'static str = "bench_tick";
    const QUEUE: &'static str = "bench";
}

type Starts = Arc<Mutex<HashMap<JobId, Instant>>>;

/// The median and the 99th percentile, in milliseconds.
pub(super) async fn measure(rig: &Rig, jobs: usize) -> anyhow::Result<(f64, f64)> {
    let starts: Starts = Arc::default();
    let noted = Arc::clone(&starts);
    let registry = Registry::new().with::<Tick, _>(move |_: Tick, ctx: Context| {
        let now = Instant::now();
        noted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(ctx.job(), now);
        async { Ok(Outcome::done()) }
    });
    let mut settings = rig.settings.clone();
    settings.workers.queues = [("bench".to_owned(), 64)].into();
    let process = WorkerProcess::new(
        &settings,
        rig.pool.clone(),
        Arc::clone(&rig.transport),
        registry,
    )?;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(process.run(stop.clone()));
    let relay = rig.start_relay();
    send_and_wait(rig, WARM_UP, &starts).await?;
    let sent = send_and_wait(rig, jobs, &starts).await?;
    stop.cancel();
    worker.await??;
    relay.stop().await;
    percentiles(&sent, &starts)
}

/// Sends jobs and waits until they have started.
async fn send_and_wait(
    rig: &Rig,
    jobs: usize,
    starts: &Starts,
) -> anyhow::Result<Vec<(JobId, Instant)>> {
    let sent = send(rig, jobs).await?;
    while sent.iter().any(|(id, _)| !started(starts, *id)) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(sent)
}

async fn send(rig: &Rig, jobs: usize) -> anyhow::Result<Vec<(JobId, Instant)>> {
    let job = [NewJob::of(&Tick {})?];
    let mut conn = rig.pool.connect().await?;
    let mut beat = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut sent = Vec::with_capacity(jobs);
    for _ in 0..jobs {
        beat.tick().await;
        let at = Instant::now();
        let ids = rig
            .producer
            .enqueue_in(&mut conn, &job, &Rig::actor())
            .await?;
        sent.extend(ids.first().map(|job| (job.id(), at)));
    }
    Ok(sent)
}

fn started(starts: &Starts, job: JobId) -> bool {
    starts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .contains_key(&job)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "latencies are far below 2^53 microseconds"
)]
fn percentiles(sent: &[(JobId, Instant)], starts: &Starts) -> anyhow::Result<(f64, f64)> {
    let starts = starts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut micros = Histogram::<u64>::new(3)?;
    for (job, at) in sent {
        let start = starts
            .get(job)
            .ok_or_else(|| anyhow::anyhow!("job {job} did not start"))?;
        micros.record(u64::try_from(start.duration_since(*at).as_micros())?)?;
    }
    let at = |quantile| micros.value_at_quantile(quantile) as f64 / 1000.0;
    Ok((at(0.5), at(0.99)))
}
