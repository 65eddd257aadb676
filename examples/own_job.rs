//! A job kind of one's own: define it, enqueue it inside a transaction, run it.
//!
//! ```sh
//! scripts/with-services .nexus/example -- cargo run --example own_job
//! ```

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::sync::Arc;

use diesel_async::{AsyncConnection, RunQueryDsl};
use nexus_config::{LoadFrom, Settings, process_env};
use nexus_jobs::{Actor, Job, NewJob, Outcome};
use nexus_producer::Producer;
use nexus_producer::relay::Relay;
use nexus_queue::RedisTransport;
use nexus_schema::{Keep, Pool, jobs, migrate};
use nexus_workers::{Context, Registry, WorkerProcess};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// What is to be done: data, nothing else. A service that only enqueues needs no more than this.
#[derive(Serialize, Deserialize)]
struct Greet {
    name: String,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
}

/// How it is done. `?` would mean: failed, try again later.
async fn greet(job: Greet, ctx: Context) -> anyhow::Result<Outcome> {
    println!(
        "Hello {}, from job {}, attempt {}",
        job.name,
        ctx.job(),
        ctx.attempt()
    );
    Ok(Outcome::Done(Some(
        serde_json::json!({ "greeted": job.name }),
    )))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load(LoadFrom {
        file: None,
        env: process_env(),
    })?
    .settings;
    migrate::run(&settings.postgres).await?;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let producer = Producer::new(pool.clone(), &settings);

    // The job is there exactly if the transaction commits, together with its other writes.
    let mut conn = pool.get().await?;
    let enqueued = conn
        .transaction::<_, nexus_schema::Error, _>(async |conn| {
            diesel::sql_query("SELECT 'your own writes go here'")
                .execute(conn)
                .await?;
            let job = NewJob::of(&Greet {
                name: "world".into(),
            })
            .map_err(|error| nexus_schema::Error::Invalid(error.to_string()))?;
            producer
                .enqueue_in(conn, &[job], &Actor::named("example"))
                .await
        })
        .await?;
    drop(conn);

    // A relay and a worker, here in one process; in production `nexus serve` and `nexus work`.
    let stop = CancellationToken::new();
    let transport = Arc::new(RedisTransport::new(&settings.redis)?);
    let relay = Relay::new(pool.clone(), transport.clone(), settings.relay.clone());
    let relay = tokio::spawn(relay.run(stop.clone()));
    let registry = Registry::new().with::<Greet, _>(greet);
    let worker = WorkerProcess::new(&settings, pool.clone(), transport, registry)?;
    let worker = tokio::spawn(worker.run(stop.clone()));

    let job = loop {
        let found = jobs::find(&mut *pool.get().await?, enqueued[0].id()).await?;
        match found {
            Some(detail) if detail.job.finished_at.is_some() => break detail.job,
            _ => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    println!(
        "job {} is {} with result {:?}",
        job.id, job.state, job.result
    );
    stop.cancel();
    worker.await??;
    relay.await?;
    Ok(())
}
