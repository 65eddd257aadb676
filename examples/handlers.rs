//! Three ways to do a kind: awaiting, computing on a thread, and many at once.
//!
//! ```sh
//! scripts/with-services .nexus/example -- cargo run --example handlers
//! ```

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::sync::Arc;
use std::time::Duration;

use nexus_config::{LoadFrom, Settings, process_env};
use nexus_jobs::{Actor, Job, NewJob, Outcome, RetryPolicy};
use nexus_producer::Producer;
use nexus_producer::relay::Relay;
use nexus_queue::RedisTransport;
use nexus_schema::{Keep, Pool, jobs, migrate};
use nexus_workers::{Context, Registry, WorkerProcess, stuck};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Awaits something outside, and may have to wait for it.
#[derive(Serialize, Deserialize)]
struct Call {
    number: u32,
}

impl Job for Call {
    const KIND: &'static str = "call";
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(10));

    fn retry() -> Option<RetryPolicy> {
        Some(RetryPolicy::list([1, 5, 60].map(Duration::from_secs)))
    }
}

async fn call(job: Call, ctx: Context) -> anyhow::Result<Outcome> {
    if job.number == 0 {
        return Ok(Outcome::Discard("there is no number 0".into()));
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(5)) => Ok(Outcome::done()),
        // Called off: whatever this answers but done, the job is cancelled.
        () = ctx.cancelled() => anyhow::bail!("hung up"),
    }
}

/// Computes for long.
#[derive(Serialize, Deserialize)]
struct Primes {
    below: u32,
}

impl Job for Primes {
    const KIND: &'static str = "primes";
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a handler owns what it is given"
)]
fn primes(job: Primes, ctx: Context) -> anyhow::Result<Outcome> {
    let mut count = 0;
    for n in 2..job.below {
        // A thread cannot be taken away, so it looks whether anybody still waits for it.
        anyhow::ensure!(!ctx.is_cancelled(), "stopped at {n}");
        count += u32::from((2..n).take_while(|d| d * d <= n).all(|d| n % d > 0));
    }
    Ok(Outcome::Done(Some(json!({ "primes": count }))))
}

/// Cheaper together than one by one.
#[derive(Serialize, Deserialize)]
struct Index {
    document: u32,
}

impl Job for Index {
    const KIND: &'static str = "index";
}

async fn index(documents: Vec<(Index, Context)>) -> Vec<anyhow::Result<Outcome>> {
    println!("{} documents in one go", documents.len());
    let answer = |(job, _): (Index, Context)| {
        anyhow::ensure!(job.document != 13, "document 13 is empty");
        Ok(Outcome::done())
    };
    documents.into_iter().map(answer).collect()
}

fn registry() -> Registry {
    Registry::new()
        .with::<Call, _>(call)
        .with_blocking::<Primes, _>(primes)
        .with_batch::<Index, _>(index, 50, Duration::from_millis(5))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let env = process_env();
    let settings = Settings::load(LoadFrom { file: None, env })?.settings;
    migrate::run(&settings.postgres).await?;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let producer = Producer::new(pool.clone(), &settings);
    let mut new = vec![
        NewJob::of(&Call { number: 7 })?,
        NewJob::of(&Call { number: 0 })?,
        NewJob::of(&Primes { below: 10_000 })?,
    ];
    for document in 10..20 {
        new.push(NewJob::of(&Index { document })?.attempts(1));
    }
    let ids = producer
        .enqueue_many(&new, &Actor::named("example"))
        .await?;

    let stop = CancellationToken::new();
    let transport = Arc::new(RedisTransport::new(&settings.redis)?);
    let relay = Relay::new(pool.clone(), transport.clone(), settings.relay.clone());
    let relay = tokio::spawn(relay.run(stop.clone()));
    let worker = WorkerProcess::new(&settings, pool.clone(), transport, registry())?
        .on_stuck(stuck::start_again);
    let worker = tokio::spawn(worker.run(stop.clone()));

    for id in ids {
        let job = loop {
            let found = jobs::find(&mut *pool.get().await?, id.id()).await?;
            match found {
                Some(detail) if detail.job.finished_at.is_some() => break detail.job,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        println!(
            "{} {}: {} {:?} {:?}",
            job.kind, job.id, job.state, job.result, job.reason
        );
    }
    stop.cancel();
    worker.await??;
    relay.await?;
    Ok(())
}
