//! `nexus work --processes N`: worker processes under a supervisor.

mod deaths;
mod ends;
mod replacing;
mod scaling;

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_config::{Settings, Span};
use nexus_tests::binary::Running;
use nexus_tests::eventually::SOON;
use nexus_tests::{TestBed, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A worker process of a supervisor, as the supervisor tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Process {
    pid: i32,
    worker: String,
    state: String,
}

/// A bed whose processes start and are looked at in quick succession.
async fn bed_with(change: impl FnOnce(&mut Settings)) -> TestBed {
    TestBed::with(|settings| {
        settings.supervisor.check_every = millis(100);
        settings.supervisor.restart_base = millis(20);
        settings.supervisor.restart_cap = millis(200);
        settings.workers.queues = [("noop".to_owned(), 100)].into();
        settings.workers.loops = 1;
        settings.postgres.pool_size = 1;
        change(settings);
    })
    .await
}

const fn millis(millis: u64) -> Span {
    Span::new(Duration::from_millis(millis))
}

/// `nexus workers --json`.
async fn listed(bed: &TestBed) -> Value {
    let text = bed.nexus_ok(&["workers", "--json"]).await;
    serde_json::from_str(&text).unwrap()
}

/// The one supervisor.
async fn supervisor(bed: &TestBed) -> Value {
    listed(bed).await["supervisors"][0].clone()
}

/// Processes as the one supervisor told of them last.
async fn processes(bed: &TestBed) -> Vec<Process> {
    let supervisor = supervisor(bed).await;
    let all = supervisor["health"]["processes"].as_array().cloned();
    let with_pid = |one: &Value| {
        Some(Process {
            pid: i32::try_from(one["pid"].as_i64()?).ok()?,
            worker: one["worker"].as_str()?.to_owned(),
            state: one["state"].as_str()?.to_owned(),
        })
    };
    all.unwrap_or_default()
        .iter()
        .filter_map(with_pid)
        .collect()
}

/// Waits until exactly so many processes work and none else is there.
async fn all_work(bed: &TestBed, running: &Running, count: usize) -> Vec<Process> {
    let what = format!("{count} processes work");
    let found = tokio::time::timeout(
        SOON,
        eventually(&what, SOON * 2, async || {
            let processes = processes(bed).await;
            let rows = bed.count("workers", "true").await;
            let all = processes.iter().all(|one| one.state == "working");
            (all && processes.len() == count && usize::try_from(rows) == Ok(count))
                .then_some(processes)
        }),
    )
    .await;
    found.unwrap_or_else(|_| panic!("not soon: {what}:\n{}", running.log()))
}

fn workers(processes: &[Process]) -> BTreeSet<String> {
    processes.iter().map(|one| one.worker.clone()).collect()
}

fn send(process: &Process, signal: Signal) {
    kill_process(Pid::from_raw(process.pid).unwrap(), signal).unwrap();
}

/// Every job was done in its first attempt, and no lease was lost.
async fn assert_no_attempt_lost(bed: &TestBed) {
    let lost = "attempt <> 1 OR run <> 1 OR lost_leases > 0 OR state <> 'completed'";
    assert_eq!(bed.count("job_history", lost).await, 0);
    assert_eq!(bed.count("attempt_errors", "true").await, 0);
}
