//! A workflow: three files loaded side by side, then one job over all of them.
//!
//! ```sh
//! scripts/with-services .nexus/example -- cargo run --example workflow
//! ```

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nexus_config::{LoadFrom, Settings, process_env};
use nexus_jobs::{Actor, Job, NewJob, Outcome, Workflow};
use nexus_producer::Producer;
use nexus_producer::relay::Relay;
use nexus_producer::workflows::Advancer;
use nexus_queue::RedisTransport;
use nexus_schema::{Keep, Pool, jobs, migrate, workflows};
use nexus_workers::{Context, Registry, WorkerProcess, stuck};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Nodes whose results are read in one statement.
const PAGE: u32 = 100;

/// Reads one file of amounts.
#[derive(Serialize, Deserialize)]
struct Load {
    file: PathBuf,
}

impl Job for Load {
    const KIND: &'static str = "load_amounts";
}

/// What it answers is what the jobs behind it read.
async fn load(job: Load, _: Context) -> anyhow::Result<Outcome> {
    let text = tokio::fs::read_to_string(&job.file).await?;
    let (mut rows, mut cents) = (0_i64, 0_i64);
    for line in text.lines() {
        cents += line
            .parse::<i64>()
            .context(job.file.display().to_string())?;
        rows += 1;
    }
    Ok(Outcome::Done(Some(json!({ "rows": rows, "cents": cents }))))
}

/// Adds up what the files hold. It is not told which they are: it asks for those before it.
#[derive(Serialize, Deserialize)]
struct Sum {}

impl Job for Sum {
    const KIND: &'static str = "sum_amounts";
}

async fn sum(_: Sum, ctx: Context) -> anyhow::Result<Outcome> {
    let (mut rows, mut cents, mut after) = (0, 0, None);
    // By pages: there may be thousands.
    loop {
        let page = ctx.before(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.node);
        for before in &page {
            let result = before.result.as_ref().context("a file without a result")?;
            println!("{}: {result}", before.name);
            rows += result["rows"].as_i64().unwrap_or(0);
            cents += result["cents"].as_i64().unwrap_or(0);
        }
    }
    Ok(Outcome::Done(Some(json!({ "rows": rows, "cents": cents }))))
}

fn registry() -> Registry {
    Registry::new().with::<Load, _>(load).with::<Sum, _>(sum)
}

/// Three files, and one job that waits for all three to complete.
fn quarter(folder: &Path) -> anyhow::Result<Workflow> {
    let mut quarter = Workflow::new("first quarter");
    let mut loads = Vec::new();
    for (month, amounts) in [
        ("january", "100\n250\n"),
        ("february", "75\n"),
        ("march", "5\n5\n5\n"),
    ] {
        let file = folder.join(format!("{month}.txt"));
        std::fs::write(&file, amounts)?;
        loads.push(quarter.add(format!("load {month}"), NewJob::of(&Load { file })?));
    }
    let summed = quarter.add("sum", NewJob::of(&Sum {})?);
    quarter.after(summed, loads);
    Ok(quarter)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let env = process_env();
    let settings = Settings::load(LoadFrom { file: None, env })?.settings;
    migrate::run(&settings.postgres).await?;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let producer = Producer::new(pool.clone(), &settings);
    let folder = std::env::temp_dir().join(format!("nexus-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let submitted = producer
        .submit(&quarter(&folder)?, &Actor::named("example"))
        .await?;

    let stop = CancellationToken::new();
    let transport = Arc::new(RedisTransport::new(&settings.redis)?);
    let relay = Relay::new(pool.clone(), transport.clone(), settings.relay.clone());
    let relay = tokio::spawn(relay.run(stop.clone()));
    let advancer = tokio::spawn(Advancer::new(pool.clone(), &settings).run(stop.clone()));
    let worker = WorkerProcess::new(&settings, pool.clone(), transport, registry())?
        .on_stuck(stuck::start_again);
    let worker = tokio::spawn(worker.run(stop.clone()));

    let id = submitted.id();
    let graph = loop {
        let graph = workflows::graph(&mut *pool.get().await?, id).await?;
        if graph.workflow.finished_at.is_some() {
            break graph;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    println!("workflow {id}: {}", graph.workflow.state);
    if let Some(last) = graph.nodes.last() {
        let job = jobs::find(&mut *pool.get().await?, nexus_jobs::JobId(last.job_id)).await?;
        let result = job.and_then(|detail| detail.job.result);
        println!("{}: {result:?}", last.name);
    }
    std::fs::remove_dir_all(&folder)?;
    stop.cancel();
    worker.await??;
    advancer.await?;
    relay.await?;
    Ok(())
}
