//! Workflows: what a child costs, under a parent of few and under one of many, and what a step costs.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use nexus_jobs::{Workflow, WorkflowId};
use nexus_producer::workflows::Advancer;
use nexus_schema::measure::workflows::window;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::figure::Figure;
use super::rig::{Rig, per_second};
use super::worker::Worker;
use super::{Scale, jobs, median};

const QUEUES: &str = "{noop = 2000}";
/// Children of one parent: few, and a hundred times as many.
const FEW: usize = 100;
const SOME: usize = 1_000;
const MANY: usize = 10_000;
/// Children measured at a time, whatever the size of their workflows: so that what a start costs, and what
/// an end does, weighs the same in each.
const CHILDREN: usize = 30_000;
/// Jobs of the chain whose steps are timed.
const STEPS: usize = 500;

/// Measures all of it, each size in turn.
pub(super) async fn measure(rig: &Rig, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let mut rates: [Vec<f64>; 5] = Default::default();
    fans(rig, FEW, CHILDREN).await?; // not counted: plans are made, tables get their first rows
    for _ in 0..scale.rounds {
        let (plain, _) = jobs::drain(rig, CHILDREN).await?;
        rates[0].push(plain);
        for (nth, size) in [FEW, SOME, MANY].into_iter().enumerate() {
            let (submitted, drained) = fans(rig, size, CHILDREN).await?;
            rates[nth + 1].push(drained);
            if size == MANY {
                rates[4].push(submitted);
            }
        }
    }
    let step = chain(rig, STEPS).await?;
    let [plain, few, some, many, submitted] = rates.map(median);
    Ok(vec![
        Figure::plain("workflow.submit_10000_per_s", submitted, "jobs/s"),
        Figure::beside("workflow.children_100_per_s", few, "jobs/s", plain),
        Figure::beside("workflow.children_1000_per_s", some, "jobs/s", plain),
        Figure::beside("workflow.children_10000_per_s", many, "jobs/s", plain),
        Figure::beside("workflow.child_us_10000", 1e6 / many, "us", 1e6 / few),
        Figure::plain("workflow.chain_step_ms", step, "ms"),
    ])
}

/// One job, so many behind it, and one behind all of these: submitted as often as makes `children`, and
/// drained. Jobs a second submitted, and children a second from the first claim to the last workflow's end.
async fn fans(rig: &Rig, size: usize, children: usize) -> anyhow::Result<(f64, f64)> {
    let mut fan = Workflow::new("fan");
    let parent = fan.add("parent", Rig::noop()?);
    let many: Vec<_> = (0..size)
        .map(|n| Ok(fan.add(format!("child {n}"), Rig::noop()?)))
        .collect::<anyhow::Result<_>>()?;
    for &child in &many {
        fan.after(child, [parent]);
    }
    let last = fan.add("last", Rig::noop()?);
    fan.after(last, many);
    let began = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..children / size {
        ids.push(rig.producer.submit(&fan, &Rig::actor()).await?.id());
    }
    let jobs = i64::try_from(children + 2 * ids.len())?;
    let submitted = per_second(jobs, began.elapsed());
    let took = run(rig, &ids).await?;
    Ok((submitted, per_second(i64::try_from(children)?, took)))
}

/// Milliseconds from one end to the next along a chain, the advancer's, the relay's and the worker's share
/// of it together.
async fn chain(rig: &Rig, steps: usize) -> anyhow::Result<f64> {
    let jobs = (0..steps)
        .map(|n| Ok((n.to_string(), Rig::noop()?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let chain = Workflow::chain("chain", jobs);
    let id = rig.producer.submit(&chain, &Rig::actor()).await?.id();
    let took = run(rig, &[id]).await?;
    let steps = i64::try_from(steps)?;
    Ok(1e3 / per_second(steps, took))
}

/// How long it takes until these have ended, from the first claim on, by the ledger's clock.
async fn run(rig: &Rig, ids: &[WorkflowId]) -> anyhow::Result<Duration> {
    const LOOK: Duration = Duration::from_millis(50);
    let relay = rig.start_relay();
    let advancer = start_advancer(rig);
    let worker = Worker::start(&rig.settings, QUEUES)?;
    let mut conn = rig.pool.get().await?;
    while nexus_schema::workflows::running(&mut conn).await? > 0 {
        tokio::time::sleep(LOOK).await;
    }
    worker.stop().await?;
    drop(advancer);
    relay.stop().await;
    let window = window(&mut conn, ids).await?;
    anyhow::ensure!(
        window.completed == i64::try_from(ids.len())?,
        "{} of {} workflows completed",
        window.completed,
        ids.len()
    );
    let both = window.first_started.zip(window.last_finished);
    let (from, to) = both.context("no jobs ran")?;
    Ok((to - from).to_std()?)
}

fn start_advancer(rig: &Rig) -> DropGuard {
    let stop = CancellationToken::new();
    tokio::spawn(Advancer::new(rig.pool.clone(), &rig.settings).run(stop.clone()));
    stop.drop_guard()
}
