//! The crate `graphile_worker`, which keeps its jobs in Postgres: concurrency 500,
//! a local queue of 5,000, completions batched over 5 ms. It deletes a finished job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, Worker, WorkerContext,
    WorkerOptions, WorkerUtils,
};
use measure::{Amounts, Figures, Noop, Starts, beside, per_second, until, url};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

const CONNECTIONS: u32 = 20;

#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Task(Noop);

impl TaskHandler for Task {
    const IDENTIFIER: &'static str = "noop";

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let starts = ctx.get_ext::<Noted>().ok_or("no extension")?;
        starts.0.note(self.0.id);
        Ok::<(), &'static str>(())
    }
}

#[derive(Clone, Debug)]
struct Noted(Arc<Starts>);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let amounts = Amounts::from_arguments()?;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect(&url("DATABASE_URL")?)
        .await?;
    let starts = Arc::new(Starts::of(amounts.jobs + Amounts::WARM_UP + amounts.timed));
    let worker = Arc::new(options(&pool, &starts).init().await?);
    let utils = worker.create_utils();

    let enqueue_single_per_s = single(&utils, &pool, amounts.singles).await?;
    let enqueue_bulk_per_s = bulk(&utils, amounts.jobs).await?;
    let mut running = tokio::spawn(run(Arc::clone(&worker)));
    let drain_per_s = beside(&mut running, drained(&pool, &starts, amounts.jobs)).await?;
    let (p50, p99) = beside(&mut running, latency(&utils, &starts, amounts)).await?;
    worker.request_shutdown();
    running.await??;

    Figures {
        jobs: amounts.jobs,
        enqueue_single_per_s,
        enqueue_bulk_per_s,
        drain_per_s,
        start_p50_ms: Some(p50),
        start_p99_ms: Some(p99),
    }
    .print()
}

fn options(pool: &PgPool, starts: &Arc<Starts>) -> WorkerOptions {
    WorkerOptions::default()
        .pg_pool(pool.clone())
        .concurrency(500)
        .local_queue(LocalQueueConfig::default().with_size(5000))
        .complete_job_batch_delay(Duration::from_millis(5))
        .add_extension(Noted(Arc::clone(starts)))
        .define_job::<Task>()
}

async fn run(worker: Arc<Worker>) -> anyhow::Result<()> {
    worker.run().await.context("the worker failed")
}

async fn single(utils: &WorkerUtils, pool: &PgPool, count: usize) -> anyhow::Result<f64> {
    let began = Instant::now();
    for id in 0..count {
        utils
            .add_job(Task(Noop::new(id)), JobSpec::default())
            .await?;
    }
    let rate = per_second(count, began);
    sqlx::query("DELETE FROM graphile_worker._private_jobs")
        .execute(pool)
        .await?;
    Ok(rate)
}

async fn bulk(utils: &WorkerUtils, count: usize) -> anyhow::Result<f64> {
    let spec = JobSpec::default();
    let began = Instant::now();
    for batch in Noop::batches(count) {
        let jobs: Vec<_> = batch.into_iter().map(|job| (Task(job), &spec)).collect();
        utils.add_jobs::<Task>(&jobs).await?;
    }
    Ok(per_second(count, began))
}

/// From the first start to the deletion of the last finished job.
async fn drained(pool: &PgPool, starts: &Starts, count: usize) -> anyhow::Result<f64> {
    until("draining", || async {
        Ok(starts.total() >= count && left(pool).await? == 0)
    })
    .await?;
    Ok(per_second(count, starts.each_once(count)?))
}

async fn left(pool: &PgPool) -> anyhow::Result<i64> {
    let count = sqlx::query_scalar("SELECT count(*) FROM graphile_worker._private_jobs");
    Ok(count.fetch_one(pool).await?)
}

async fn latency(
    utils: &WorkerUtils,
    starts: &Starts,
    amounts: Amounts,
) -> anyhow::Result<(f64, f64)> {
    let mut beat = tokio::time::interval(Amounts::BEAT);
    let mut enqueued = Vec::new();
    let count = Amounts::WARM_UP + amounts.timed;
    for id in amounts.jobs..amounts.jobs + count {
        beat.tick().await;
        enqueued.push(Instant::now());
        utils
            .add_job(Task(Noop::new(id)), JobSpec::default())
            .await?;
    }
    let all = amounts.jobs + count;
    until("timing", || async { Ok(starts.total() >= all) }).await?;
    starts.each_once(all)?;
    let warm = Amounts::WARM_UP;
    starts.percentiles(amounts.jobs + warm, &enqueued[warm..])
}
