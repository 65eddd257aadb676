//! Job kinds of the tests' own. What their handlers do is each test's business.

use nexus_jobs::{Execution, Job, NewJob, Outcome, Weight};
use nexus_workers::{Context, Registry};
use serde::{Deserialize, Serialize};

/// A light job, polled in place.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Which of them.
    pub n: i64,
}

impl Job for Task {
    const KIND: &'static str = "test.task";
}

/// A light job on a task of its own.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SpawnedTask {
    /// Which of them.
    pub n: i64,
}

impl Job for SpawnedTask {
    const KIND: &'static str = "test.spawned";
    const EXECUTION: Execution = Execution::Spawned;
}

/// A heavy job, which travels singly.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HeavyTask {
    /// Which of them.
    pub n: i64,
}

impl Job for HeavyTask {
    const KIND: &'static str = "test.heavy";
    const WEIGHT: Weight = Weight::Heavy;
}

/// Jobs of one kind, made of the numbers from 0 on.
pub fn many<J: Job>(count: i64, of: impl Fn(i64) -> J) -> Vec<NewJob> {
    let jobs = (0..count).map(|n| NewJob::of(&of(n)).expect("a job"));
    jobs.collect()
}

/// Kinds, and with them [`Task`], which answers with its number; one below zero is
/// refused for good, an odd one fails at its first attempt.
pub fn answering(registry: Registry) -> Registry {
    registry.with::<Task, _>(|task: Task, ctx: Context| async move {
        if task.n < 0 {
            return Ok(Outcome::Discard("a number below zero".to_owned()));
        }
        if task.n % 2 == 1 && ctx.attempt() == 1 {
            anyhow::bail!("odd at first");
        }
        Ok(Outcome::Done(Some(serde_json::json!({ "n": task.n }))))
    })
}
