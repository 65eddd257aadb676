//! Job kinds of the tests' own. What their handlers do is each test's business.

use nexus_jobs::{Execution, Job, NewJob, Weight};
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
