//! `nexus workflows cancel`

use clap::Args;
use nexus_jobs::WorkflowId;
use nexus_schema::workflows;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::user;

/// Which workflow, and why.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The workflow's id
    id: WorkflowId,
    /// Why, for the record
    #[arg(long, default_value = "cancelled by an operator")]
    reason: String,
}

pub(super) async fn run(args: &CancelArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let actor = user::actor();
    let workflow = workflows::call_off(&mut conn, args.id, &args.reason, &actor).await?;
    invocation.output.show(&workflow, |workflow, _| {
        // What waited is cancelled already; its ends are counted in a moment.
        format!(
            "workflow {} is called off: of its {} jobs, {} had not ended",
            workflow.id,
            grouped(workflow.jobs),
            grouped(workflow.unfinished)
        )
    })?;
    Ok(Exit::Ok)
}
