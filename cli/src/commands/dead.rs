//! `nexus dead`

mod delete;
mod list;
mod replay;
mod which;

use clap::{Args, Subcommand};
use nexus_jobs::JobId;

use crate::commands::jobs;
use crate::exit::Exit;
use crate::invocation::Invocation;

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead letters, the newest first: those not run again yet
    List(list::ListArgs),
    /// Show one with the error of every attempt
    Show(ShowArgs),
    /// Run again, each once: one with other arguments, or many at a bounded rate
    Replay(replay::ReplayArgs),
    /// Throw away, with errors and logs
    Delete(delete::DeleteArgs),
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The job's id
    id: JobId,
}

pub(super) async fn run(command: &DeadCommand, invocation: &Invocation) -> anyhow::Result<Exit> {
    match command {
        DeadCommand::List(args) => list::run(args, invocation).await,
        DeadCommand::Show(args) => jobs::show(args.id, invocation).await,
        DeadCommand::Replay(args) => replay::run(args, invocation).await,
        DeadCommand::Delete(args) => delete::run(args, invocation).await,
    }
}
