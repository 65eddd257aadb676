//! How long a job that was running waits for its next run, when its process is killed.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use hdrhistogram::Histogram;
use nexus_config::{Settings, Span};
use nexus_jobs::{JobId, NewJob, QueueName};
use nexus_producer::Producer;
use nexus_producer::rescuer::Rescuer;
use nexus_schema::measure::soak;
use nexus_schema::{AsyncPgConnection, Pool};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::linger::Linger;
use crate::bench::figure::Figure;
use crate::bench::rig::Rig;
use crate::bench::worker::Worker;
use crate::output::note;

/// The lease meanwhile: short, since it is most of the wait, and the wait is had for
/// each kill.
const LEASE: Duration = Duration::from_secs(2);
/// Heartbeats and looks for lost leases, as often as such a lease wants them.
const BEAT: Duration = Duration::from_millis(500);
/// What the 99th percentile may have beyond the lease.
const GRACE: Duration = Duration::from_secs(5);
/// Queues in which processes are killed side by side, each with two of them.
const LANES: usize = 4;
/// Pause between looks into the ledger.
const LOOK: Duration = Duration::from_millis(20);
/// How long a job may stay away: far more than any does.
const BOUND: Duration = Duration::from_mins(2);

/// Percentiles of the time from a kill to the start of the job's next run.
pub(super) async fn measure(rig: &Rig, kills: usize) -> anyhow::Result<Vec<Figure>> {
    let mut settings = rig.settings.clone();
    settings.lease.ttl = Span::new(LEASE);
    settings.lease.heartbeat = Span::new(BEAT);
    settings.rescue.every = Span::new(BEAT);
    let relay = rig.start_relay();
    let rescuer = start_rescuer(rig, &settings);
    let mut lanes = JoinSet::new();
    let count = LANES.min(kills);
    for at in 0..count {
        let lane = Lane {
            settings: settings.clone(),
            pool: rig.pool.clone(),
            producer: rig.producer.clone(),
            queue: format!("soak-{at}"),
        };
        let share = kills / count + usize::from(at < kills % count);
        lanes.spawn(async move { lane.kill_again_and_again(share).await });
    }
    let mut millis = Histogram::<u64>::new(3)?;
    while let Some(lane) = lanes.join_next().await {
        for away in lane?? {
            millis.record(u64::try_from(away.as_millis())?)?;
        }
    }
    drop(rescuer);
    relay.stop().await;
    let at = |quantile| as_f64(millis.value_at_quantile(quantile));
    let bound = (LEASE + GRACE).as_secs_f64() * 1000.0;
    Ok(vec![
        Figure::plain("soak.recovery_kills", as_f64(millis.len()), "kills"),
        Figure::plain("soak.recovery_p50_ms", at(0.5), "ms"),
        Figure::beside("soak.recovery_p99_ms", at(0.99), "ms", bound),
    ])
}

fn start_rescuer(rig: &Rig, settings: &Settings) -> DropGuard {
    let stop = CancellationToken::new();
    let rescuer = Rescuer::new(
        rig.pool.clone(),
        settings.rescue.clone(),
        settings.lease.clone(),
        settings.history.months_ahead,
    );
    tokio::spawn(rescuer.run(stop.clone()));
    stop.drop_guard()
}

/// One queue, whose jobs run in either of two processes.
struct Lane {
    settings: Settings,
    pool: Pool,
    producer: Producer,
    queue: String,
}

impl Lane {
    async fn kill_again_and_again(self, kills: usize) -> anyhow::Result<Vec<Duration>> {
        let mut conn = self.pool.connect().await?;
        let mut workers = vec![self.worker()?, self.worker()?];
        let mut away = Vec::with_capacity(kills);
        for _ in 0..kills {
            let job = self.enqueue(&mut conn).await?;
            let pid = timeout(BOUND, runs_in(&mut conn, job)).await??;
            // Anywhere between two heartbeats.
            tokio::time::sleep(BEAT.mul_f64(rand::random())).await;
            let is_it =
                |worker: &Worker| worker.pid().is_ok_and(|is| i64::from(is) == i64::from(pid));
            let at = workers.iter().position(is_it);
            let killed = workers.swap_remove(at.context("the job runs in no process of ours")?);
            let from = soak::clock(&mut conn).await?;
            killed.kill().await?;
            workers.push(self.worker()?);
            let to = timeout(BOUND, began_again(&mut conn, job)).await??;
            away.push((to - from).to_std().context("it ran before the kill")?);
        }
        note(&format!("{}: {kills} kills", self.queue));
        for worker in workers {
            worker.stop().await?;
        }
        Ok(away)
    }

    fn worker(&self) -> anyhow::Result<Worker> {
        Worker::lingering(&self.settings, &format!("{{{} = 4}}", self.queue))
    }

    async fn enqueue(&self, conn: &mut AsyncPgConnection) -> anyhow::Result<JobId> {
        let job = NewJob::of(&Linger {})?.queue(QueueName::new(self.queue.clone())?);
        let enqueued = self
            .producer
            .enqueue_in(conn, &[job], &Rig::actor())
            .await?;
        let first = enqueued.first().context("no id for a job")?;
        Ok(first.id())
    }
}

/// Waits until a process runs a job, and names it.
async fn runs_in(conn: &mut AsyncPgConnection, job: JobId) -> anyhow::Result<i32> {
    loop {
        if let Some(pid) = soak::pid_of(conn, job).await? {
            return Ok(pid);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until a job is done; returns when the run began that it was done in.
async fn began_again(conn: &mut AsyncPgConnection, job: JobId) -> anyhow::Result<DateTime<Utc>> {
    loop {
        if let Some(start) = soak::last_start(conn, job).await? {
            return Ok(start);
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times and counts are far below 2^53"
)]
fn as_f64(value: u64) -> f64 {
    value as f64
}
