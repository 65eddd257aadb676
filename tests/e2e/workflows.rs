//! Workflows: jobs of which some wait for others, all of which end.

mod any_shape;
mod ends;
mod operated;
mod submitted;

use std::time::Duration;

use nexus_jobs::workflow::{Node, Workflow};
use nexus_jobs::{Job, NewJob, Outcome, RetryPolicy, WorkflowId};
use nexus_producer::Submitted;
use nexus_schema::workflows::{self, NodeView, WorkflowView};
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::{AdvancerRun, RelayRun, TestBed, WorkerRun, eventually};
use nexus_workers::{Context, Registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How a job of the tests ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    /// It completes.
    Good,
    /// Its first attempt fails.
    Flaky,
    /// It is discarded while its workflow is in this round or an earlier one.
    BadUntil(i32),
    /// It runs until it is asked to end.
    Endless,
}

/// A job of a workflow. It leaves its name as an effect, in the transaction that completes it, and answers
/// with the sum of what those before it answered, and one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    name: String,
    fate: Fate,
}

impl Job for Part {
    const KIND: &'static str = "test.part";

    fn retry() -> Option<RetryPolicy> {
        Some(RetryPolicy::list([Duration::from_millis(1)]))
    }
}

fn part(name: &str, fate: Fate) -> NewJob {
    let name = name.to_owned();
    NewJob::of(&Part { name, fate }).unwrap()
}

fn good(name: &str) -> NewJob {
    part(name, Fate::Good)
}

async fn run_part(part: Part, ctx: Context) -> anyhow::Result<Outcome> {
    let workflow = ctx.workflow().await?.expect("its workflow");
    match part.fate {
        Fate::Flaky if ctx.attempt() == 1 => anyhow::bail!("flaky"),
        Fate::BadUntil(round) if workflow.round <= round => {
            return Ok(Outcome::Discard("bad".to_owned()));
        }
        Fate::Endless => {
            ctx.cancelled().await;
            anyhow::bail!("asked to end");
        }
        Fate::Good | Fate::Flaky | Fate::BadUntil(_) => {}
    }
    let mut sum = 1;
    let mut after = None;
    loop {
        let page = ctx.before(after, 7).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.node);
        let answers = page.iter().filter_map(|before| before.result.as_ref());
        sum += answers
            .filter_map(|answer| answer["sum"].as_i64())
            .sum::<i64>();
        if page
            .iter()
            .any(|before| before.state == "released" || before.state == "waiting")
        {
            return Ok(Outcome::Discard("one before it has not ended".to_owned()));
        }
    }
    let own = ctx.clone();
    let what = format!("{} {}", workflow.id, part.name);
    let done = ctx.complete(Some(json!({ "sum": sum })), move |conn| {
        Box::pin(async move { nexus_tests::effects::note(conn, &own, &what).await })
    });
    Ok(done.await?)
}

/// A job that a workflow calls at its end; it leaves its word and its workflow's id as an effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Called {
    word: String,
}

impl Job for Called {
    const KIND: &'static str = "test.called";
}

fn called(word: &str) -> NewJob {
    let word = word.to_owned();
    NewJob::of(&Called { word }).unwrap()
}

async fn run_called(called: Called, ctx: Context) -> anyhow::Result<Outcome> {
    let workflow = ctx.workflow().await?.expect("its workflow");
    let own = ctx.clone();
    let what = format!("{} {}", workflow.id, called.word);
    let done = ctx.complete(None, move |conn| {
        Box::pin(async move { nexus_tests::effects::note(conn, &own, &what).await })
    });
    Ok(done.await?)
}

/// A bed with a worker that knows the kinds above, a relay, and so many advancers.
struct Engine {
    _worker: WorkerRun,
    _relay: RelayRun,
    _advancers: Vec<AdvancerRun>,
}

impl Engine {
    async fn start(bed: &TestBed, advancers: usize) -> Self {
        bed.with_effects().await;
        let registry = Registry::new()
            .with::<Part, _>(run_part)
            .with::<Called, _>(run_called);
        let relay = &bed.settings().relay;
        Self {
            _worker: WorkerRun::with(bed, bed.transport(), registry),
            _relay: RelayRun::start(bed.pool(), bed.transport(), relay),
            _advancers: (0..advancers).map(|_| AdvancerRun::start(bed)).collect(),
        }
    }
}

async fn submit(bed: &TestBed, workflow: &Workflow) -> WorkflowId {
    let submitted = bed.producer().submit(workflow, &actor()).await.unwrap();
    assert!(matches!(submitted, Submitted::New(_)));
    submitted.id()
}

async fn found(bed: &TestBed, id: WorkflowId) -> WorkflowView {
    workflows::find(&mut *bed.conn().await, id).await.unwrap()
}

/// The workflow once it has ended.
async fn ended(bed: &TestBed, id: WorkflowId) -> WorkflowView {
    eventually(&format!("workflow {id} ends"), SOON, async || {
        let workflow = found(bed, id).await;
        workflow.finished_at.is_some().then_some(workflow)
    })
    .await
}

async fn nodes(bed: &TestBed, id: WorkflowId) -> Vec<NodeView> {
    let graph = workflows::graph(&mut *bed.conn().await, id).await;
    graph.unwrap().nodes
}

/// The state of each node, in the order of their places.
async fn states(bed: &TestBed, id: WorkflowId) -> Vec<String> {
    let nodes = nodes(bed, id).await;
    nodes.into_iter().map(|node| node.state).collect()
}

/// The state of a job.
async fn result(bed: &TestBed, node: &NodeView) -> serde_json::Value {
    let job = bed.job(nexus_jobs::JobId(node.job_id)).await.job;
    job.result.unwrap_or_default()
}

fn node<'w>(workflow: &'w Workflow, name: &str) -> &'w Node {
    let mut nodes = workflow.nodes.iter();
    nodes.find(|node| node.name == name).unwrap()
}
