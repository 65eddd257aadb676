//! `nexus workflows retry`

use clap::Args;
use nexus_jobs::WorkflowId;
use nexus_schema::ledger::Rules;
use nexus_schema::workflows;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::user;

/// Which workflow.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The workflow's id
    id: WorkflowId,
}

pub(super) async fn run(args: &RetryArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let rules = Rules::of(&invocation.settings);
    let workflow = workflows::retry(&mut conn, args.id, &user::actor(), &rules).await?;
    invocation.output.show(&workflow, |workflow, _| {
        format!(
            "workflow {} runs again, round {}: {} of its {} jobs",
            workflow.id,
            workflow.round,
            grouped(workflow.unfinished),
            grouped(workflow.jobs)
        )
    })?;
    Ok(Exit::Ok)
}
