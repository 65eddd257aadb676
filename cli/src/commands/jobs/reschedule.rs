//! `nexus jobs run-now` and `nexus jobs reschedule`

use clap::Args;
use nexus_config::Span;
use nexus_jobs::{Due, JobId};
use nexus_schema::{jobs, ledger};

use crate::arguments::moment::Moment;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::time::{precise, relative};
use crate::waiting::no_job;

/// Which job.
#[derive(Debug, Args)]
pub(crate) struct RunNowArgs {
    /// The job's id
    id: JobId,
}

/// Which job, and when.
#[derive(Debug, Args)]
pub(crate) struct RescheduleArgs {
    /// The job's id
    id: JobId,
    /// Due after this long, such as 5m
    #[arg(
        long,
        value_name = "DURATION",
        required_unless_present = "at",
        conflicts_with = "at"
    )]
    r#in: Option<Span>,
    /// Due at this time, such as 2026-11-20T16:50:00+01:00; UTC unless it says otherwise
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
}

pub(super) async fn run_now(args: &RunNowArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    reschedule(args.id, Due::Now, invocation).await
}

pub(super) async fn run(args: &RescheduleArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let due = match (args.r#in, args.at) {
        (_, Some(time)) => Due::At(time.0),
        (Some(wait), None) => Due::In(wait.get()),
        (None, None) => Due::Now,
    };
    reschedule(args.id, due, invocation).await
}

async fn reschedule(id: JobId, due: Due, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let moved = ledger::reschedule(&mut conn, &[id], due).await?;
    let Some((_, due_at)) = moved.first() else {
        let found = jobs::find(&mut conn, id).await?.ok_or_else(|| no_job(id))?;
        let wrong = format!(
            "job {id} is {}: only waiting jobs have a due time",
            found.job.state
        );
        return Err(Failure::new(Exit::Failed, wrong).into());
    };
    let moved = serde_json::json!({ "id": id, "due_at": due_at });
    invocation.output.show(&moved, |_, look| {
        format!(
            "job {id} is due {} ({})\n",
            precise(*due_at),
            relative(*due_at, look.now)
        )
    })?;
    Ok(Exit::Ok)
}
