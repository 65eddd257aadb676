//! What happened to a job, in order.

use chrono::{DateTime, Utc};
use nexus_schema::jobs::{JobDetail, JobView};

use crate::output::table::{Column, Table};
use crate::output::time::{between, precise, span};

/// What happened to a job, a line each: when, and how long after it was enqueued.
pub(crate) fn history(detail: &JobDetail) -> Table {
    let mut table = Table::new([
        Column::new("TIME"),
        Column::number("AFTER"),
        Column::cut("WHAT"),
    ]);
    for (time, what) in events(detail) {
        let after = span(between(detail.job.created_at, time));
        table.row([precise(time), after, what]);
    }
    table
}

fn events(detail: &JobDetail) -> Vec<(DateTime<Utc>, String)> {
    let job = &detail.job;
    let mut events = vec![(job.created_at, format!("enqueued by {}", job.created_by))];
    for failed in &detail.errors {
        let first_line = failed.error.lines().next().unwrap_or_default();
        let what = format!(
            "run {} failed ({}): {first_line}",
            failed.run, failed.reason
        );
        events.push((failed.failed_at, what));
    }
    if let Some(started) = job.started_at {
        events.push((started, format!("claimed by a worker, run {}", job.run)));
    }
    // The last claim stands before the failure that it ended in.
    events.sort_by_key(|(time, _)| *time);
    if let Some(finished) = job.finished_at {
        events.push((finished, ending(job, finished)));
    }
    events
}

fn ending(job: &JobView, finished: DateTime<Utc>) -> String {
    match job.started_at {
        Some(started) => format!(
            "{} after running for {}",
            job.state,
            span(between(started, finished))
        ),
        None => job.state.clone(),
    }
}
