//! Jobs that harm whoever runs them.

use std::hint::black_box;
use std::time::Duration;

use nexus_jobs::{Job, Outcome};
use nexus_workers::{Context, Registry};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// A job that harms its worker, in its own way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Poison {
    /// In which way.
    pub how: How,
}

/// In which way a job harms its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It panics.
    Panic,
    /// It calls itself until its stack is full.
    Overflow,
    /// It aborts the process.
    Abort,
    /// It takes more memory than there is.
    Memory,
    /// It waits for ever.
    Wait,
    /// It never ends, and gives way at every turn.
    Yield,
    /// It never ends and never gives way.
    Hold,
}

impl Job for Poison {
    const KIND: &'static str = "test.poison";
}

/// A job that never ends, on a thread of the blocking pool.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BlockingPoison {}

impl Job for BlockingPoison {
    const KIND: &'static str = "test.blocking_poison";
}

/// A registry that knows both.
pub fn with_poison(registry: Registry) -> Registry {
    registry
        .with::<Poison, _>(|job: Poison, _: Context| poisoned(job))
        .with_blocking::<BlockingPoison, _>(|_: BlockingPoison, _: Context| hold())
}

async fn poisoned(job: Poison) -> anyhow::Result<Outcome> {
    match job.how {
        How::Panic => panic!("poisoned"),
        How::Overflow => {
            black_box(descend(0));
        }
        How::Abort => std::process::abort(),
        How::Memory => take_all_memory(),
        How::Wait => std::future::pending().await,
        How::Yield => loop {
            tokio::task::yield_now().await;
        },
        How::Hold => hold()?,
    }
    Ok(Outcome::done())
}

/// Sleeps rather than spins: it is the thread that is held, and the tests need the core.
fn hold<T>() -> anyhow::Result<T> {
    loop {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 1000]);
    if depth == u64::MAX {
        return frame[0];
    }
    descend(depth + 1) + frame[999]
}

/// Of a limit that is below what the process has already, so that it takes no core and
/// no other process's memory to reach it.
fn take_all_memory() {
    let none_left = Rlimit {
        current: Some(1 << 20),
        maximum: None,
    };
    setrlimit(Resource::As, none_left).expect("a limit of its own memory");
    black_box(vec![1_u8; 1 << 30]);
}
