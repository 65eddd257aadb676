//! Jobs that do nothing, to see how fast the engine is.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use nexus_config::Settings;
use nexus_jobs::kinds::Noop;
use nexus_jobs::{Job, NewJob};
use nexus_schema::jobs;
use serde::Serialize;

use crate::invocation::Invocation;
use crate::output::number::{grouped, per_second};
use crate::output::progress::Progress;
use crate::user;
use crate::waiting::Watch;

/// How many jobs.
pub(super) const JOBS: u64 = 20_000;

/// Pause between looks at what is left.
const LOOK: Duration = Duration::from_millis(50);

/// How fast they went, from the first enqueue to the last completion.
#[derive(Debug, Serialize)]
pub(super) struct Engine {
    pub(super) jobs: u64,
    pub(super) took_ms: u64,
    pub(super) jobs_per_s: u64,
}

/// Enqueues the jobs and waits until the ledger has recorded the end of all.
pub(super) async fn run(settings: &Settings, invocation: &Invocation) -> anyhow::Result<Engine> {
    let producer = invocation.producer();
    let actor = user::actor();
    let mut watch = Watch::new(invocation.pool(), None);
    // Others may be there already: scheduled ones, say.
    let others = unfinished(&mut watch).await?;
    let job = NewJob::of(&Noop::default()).context("making a job")?;
    let mut progress = Progress::start("jobs", Some(JOBS));
    let started = Instant::now();
    let mut left = usize::try_from(JOBS)?;
    while left > 0 {
        let batch = vec![job.clone(); left.min(settings.enqueue.batch_max)];
        producer.enqueue_many(&batch, &actor).await?;
        left -= batch.len();
    }
    loop {
        let left = unfinished(&mut watch).await?.saturating_sub(others);
        if left == 0 {
            break;
        }
        let done = JOBS.saturating_sub(left);
        progress.at(done, &format!("{} done", grouped(done)));
        tokio::time::sleep(LOOK).await;
    }
    let took = started.elapsed();
    progress.end();
    Ok(Engine {
        jobs: JOBS,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        jobs_per_s: per_second(JOBS, took),
    })
}

/// Jobs in the queue of such jobs.
async fn unfinished(watch: &mut Watch) -> anyhow::Result<u64> {
    let counts = watch.look(async |conn| jobs::counts(conn).await).await?;
    let jobs = counts
        .iter()
        .filter(|count| count.queue == Noop::QUEUE)
        .map(|count| count.jobs);
    Ok(u64::try_from(jobs.sum::<i64>()).unwrap_or_default())
}
