//! `nexus jobs`

mod cancel;
mod history;
mod list;
mod log;
mod reschedule;
mod show;
mod wait;

use clap::Subcommand;

use crate::exit::Exit;
use crate::invocation::Invocation;
pub(crate) use history::history;
pub(crate) use show::show;
pub(crate) use wait::outcome;

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List jobs, the newest first
    List(list::ListArgs),
    /// Show one job with its history
    Show(show::ShowArgs),
    /// Wait for the end of one job; the exit code is that of the job
    Wait(wait::WaitArgs),
    /// Show what a job's handler logged
    Log(log::LogArgs),
    /// Cancel waiting jobs, and ask running ones to stop
    Cancel(cancel::CancelArgs),
    /// Make a waiting job due now
    RunNow(reschedule::RunNowArgs),
    /// Give a waiting job another due time
    Reschedule(reschedule::RescheduleArgs),
}

pub(super) async fn run(command: &JobsCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    match command {
        JobsCommand::List(args) => list::run(args, invocation).await,
        JobsCommand::Show(args) => show::run(args, invocation).await,
        JobsCommand::Wait(args) => wait::run(args, invocation).await,
        JobsCommand::Log(args) => log::run(args, invocation).await,
        JobsCommand::Cancel(args) => cancel::run(args, invocation).await,
        JobsCommand::RunNow(args) => reschedule::run_now(args, invocation).await,
        JobsCommand::Reschedule(args) => reschedule::run(args, invocation).await,
    }
}

/// A job for tests: completed at its second attempt.
#[cfg(test)]
pub(crate) fn sample() -> nexus_schema::jobs::JobDetail {
    use nexus_schema::jobs::{AttemptError, JobDetail, JobView};
    use serde_json::json;

    let at = |millis: i64| {
        chrono::DateTime::from_timestamp_millis(1_799_999_900_000 + millis).unwrap_or_default()
    };
    JobDetail {
        job: JobView {
            id: 42,
            tenant_id: 1,
            kind: "process_dataset".into(),
            queue: "datasets".into(),
            band: 2,
            state: "completed".into(),
            due_at: at(1300),
            run: 2,
            attempt: 2,
            attempts_max: 5,
            lost_leases: 0,
            parked: None,
            timeout_ms: Some(60_000),
            tags: Some(vec!["march".into(), "retry-me".into()]),
            args: json!({"dataset_id": 7}),
            created_at: at(0),
            created_by: "os:anna".into(),
            started_at: Some(at(1302)),
            finished_at: Some(at(8402)),
            result: Some(json!({"rows_loaded": 990_000})),
            reason: None,
            expires_at: None,
            unique_key: None,
            order_key: None,
            limit_key: None,
            backoff: None,
            replay_of: None,
            progress: None,
            parked_on: None,
            replayed_as: None,
            ended_by: None,
            workflow_id: None,
            workflow_node: None,
        },
        stop_asked: None,
        origin: None,
        workflow: None,
        errors: vec![AttemptError {
            run: 1,
            attempt: 1,
            reason: "error".into(),
            error: "reading /data/march.csv\nthe disk is gone".into(),
            failed_at: at(12),
        }],
    }
}
