//! `nexus workflows`

mod cancel;
mod drawing;
mod fold;
mod graph;
mod list;
mod retry;
#[cfg(test)]
mod sample;
mod show;
mod submit;
mod wait;

use clap::Subcommand;

use crate::exit::Exit;
use crate::invocation::Invocation;

/// What to do with workflows.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowsCommand {
    /// Submit a workflow: jobs of which some wait for others
    Submit(submit::SubmitArgs),
    /// List workflows, the newest first
    List(list::ListArgs),
    /// Show one workflow with its graph
    Show(show::ShowArgs),
    /// Call one off: what waits in it is cancelled, what runs is asked to stop
    Cancel(cancel::CancelArgs),
    /// Run again what did not complete of one that has ended
    Retry(retry::RetryArgs),
    /// Wait for the end of one; the exit code is 0 if all of its jobs completed
    Wait(wait::WaitArgs),
}

pub(super) async fn run(
    command: &WorkflowsCommand,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    match command {
        WorkflowsCommand::Submit(args) => submit::run(args, invocation).await,
        WorkflowsCommand::List(args) => list::run(args, invocation).await,
        WorkflowsCommand::Show(args) => show::run(args, invocation).await,
        WorkflowsCommand::Cancel(args) => cancel::run(args, invocation).await,
        WorkflowsCommand::Retry(args) => retry::run(args, invocation).await,
        WorkflowsCommand::Wait(args) => wait::run(args, invocation).await,
    }
}
