//! `nexus queues`

use std::collections::BTreeMap;
use std::time::Duration;

use nexus_jobs::State;
use nexus_schema::jobs::{self, LaneCount, LaneDepth};
use serde::Serialize;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::table::{Column, Table};
use crate::output::time::span;

/// A queue: its unfinished jobs by state, and where they wait.
#[derive(Debug, Default, Serialize)]
struct Queue {
    states: BTreeMap<String, i64>,
    waiting_ids: i64,
    pushed_ids: i64,
    oldest_due_s: f64,
}

/// Counts unfinished jobs by queue.
pub(super) async fn run(invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let counts = jobs::counts(&mut conn).await?;
    let depths = jobs::depths(&mut conn).await?;
    let queues = gather(counts, depths);
    invocation.output.show(&queues, render)?;
    Ok(Exit::Ok)
}

fn gather(counts: Vec<LaneCount>, depths: Vec<LaneDepth>) -> BTreeMap<String, Queue> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    for count in counts {
        let queue = queues.entry(count.queue).or_default();
        queue.states.insert(count.state, count.jobs);
    }
    for depth in depths {
        let queue = queues.entry(depth.queue).or_default();
        queue.waiting_ids = depth.waiting_ids;
        queue.pushed_ids = depth.pushed_ids;
        queue.oldest_due_s = depth.oldest_due_s;
    }
    queues
}

fn render(queues: &BTreeMap<String, Queue>, look: &Look) -> String {
    if queues.is_empty() {
        return "no unfinished jobs".to_owned();
    }
    let mut table = Table::new([
        Column::cut("QUEUE"),
        Column::number("SCHEDULED"),
        Column::number("AVAILABLE"),
        Column::number("RUNNING"),
        Column::number("RETRYABLE"),
        Column::number("IN REDIS"),
        Column::number("OLDEST DUE"),
    ]);
    for (name, queue) in queues {
        let count = |state: State| {
            let jobs = queue.states.get(state.as_str());
            grouped(jobs.copied().unwrap_or_default())
        };
        let oldest = Duration::try_from_secs_f64(queue.oldest_due_s).unwrap_or_default();
        table.row([
            name.clone(),
            count(State::Scheduled),
            count(State::Available),
            count(State::Running),
            count(State::Retryable),
            grouped(queue.pushed_ids),
            if oldest.is_zero() {
                "-".to_owned()
            } else {
                span(oldest)
            },
        ]);
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_queue() {
        let count = |queue: &str, state: &str, jobs| LaneCount {
            queue: queue.into(),
            state: state.into(),
            jobs,
        };
        let counts = vec![
            count("datasets", "running", 2),
            count("noop", "available", 1_000_000),
            count("noop", "retryable", 3),
        ];
        let depths = vec![LaneDepth {
            queue: "noop".into(),
            waiting_ids: 980_003,
            pushed_ids: 20_000,
            oldest_due_s: 12.5,
        }];
        insta::assert_snapshot!(render(&gather(counts, depths), &Look::fixed()), @r"
        QUEUE     SCHEDULED  AVAILABLE  RUNNING  RETRYABLE  IN REDIS  OLDEST DUE
        datasets          0          0        2          0         0           -
        noop              0  1,000,000        0          3    20,000      12.5 s
        ");
    }
}
