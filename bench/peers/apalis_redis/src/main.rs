//! Stock `apalis-redis`: batches of 1,000, without locks and events. It keeps what
//! is to be known of every job in Redis for ever.
//!
//! A fetch makes all due jobs active in one call of Lua, which fails when they are
//! more than about 8,000; so the backlog is made active by hand, a thousand at a
//! time, before the clock starts.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use apalis::prelude::{TaskSink as _, WorkerBuilder};
use apalis_redis::{Config, ConnectionManager, RedisStorage};
use measure::{Amounts, Figures, Noop, Starts, beside, per_second, until, url};
use redis::AsyncCommands as _;

type Storage = RedisStorage<Noop>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let amounts = Amounts::from_arguments()?;
    let mut conn = apalis_redis::connect(url("REDIS_URL")?).await?;
    let config = Config::default()
        .queue("noop")
        .batch_size(Amounts::BATCH)
        .lock_tasks(false)
        .emit_events(false);
    let mut storage = Storage::new(conn.clone()).with_config(config.clone());
    let starts = Arc::new(Starts::of(amounts.jobs));

    let enqueue_single_per_s = single(&mut storage, &mut conn, amounts.singles).await?;
    let enqueue_bulk_per_s = bulk(&mut storage, amounts.jobs).await?;
    make_active(&mut conn, &config).await?;
    let mut running = tokio::spawn(run(storage, Arc::clone(&starts)));
    let drain = drained(&conn, &config, &starts, amounts.jobs);
    let drain_per_s = beside(&mut running, drain).await?;

    Figures {
        jobs: amounts.jobs,
        enqueue_single_per_s,
        enqueue_bulk_per_s,
        drain_per_s,
        start_p50_ms: None,
        start_p99_ms: None,
    }
    .print()
}

async fn run(storage: Storage, starts: Arc<Starts>) -> anyhow::Result<()> {
    let handler = move |job: Noop| {
        starts.note(job.id);
        std::future::ready(Ok::<(), std::io::Error>(()))
    };
    let worker = WorkerBuilder::new("peer").backend(storage).build(handler);
    worker.run().await.context("the worker failed")
}

async fn single(
    storage: &mut Storage,
    conn: &mut ConnectionManager,
    count: usize,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    for id in 0..count {
        storage.push(Noop::new(id)).await?;
    }
    let rate = per_second(count, began);
    let () = redis::cmd("FLUSHDB").query_async(conn).await?;
    Ok(rate)
}

async fn bulk(storage: &mut Storage, count: usize) -> anyhow::Result<f64> {
    let began = Instant::now();
    for batch in Noop::batches(count) {
        storage.push_bulk(batch).await?;
    }
    Ok(per_second(count, began))
}

async fn make_active(conn: &mut ConnectionManager, config: &Config) -> anyhow::Result<()> {
    let scheduled = config.scheduled_jobs_set();
    let ids: Vec<String> = conn.zrange(&scheduled, 0, -1).await?;
    for ids in ids.chunks(Amounts::BATCH) {
        let () = conn.rpush(config.active_jobs_list(), ids).await?;
    }
    let () = conn.del(&scheduled).await?;
    Ok(())
}

/// From the first start to the acknowledgement of the last.
async fn drained(
    conn: &ConnectionManager,
    config: &Config,
    starts: &Starts,
    count: usize,
) -> anyhow::Result<f64> {
    let done = config.done_jobs_set();
    until("draining", || async {
        let settled = starts.total() >= count && {
            let settled: usize = conn.clone().scard(&done).await?;
            settled >= count
        };
        Ok(settled)
    })
    .await?;
    Ok(per_second(count, starts.each_once(count)?))
}
