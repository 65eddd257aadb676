//! `nexus-chaos`: kills everything, and counts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nexus_tests::chaos::{Options, roles, run};

/// Runs jobs while workers, relays, servers and lines are killed, frozen and cut; then checks
/// that each job was done once. Prints progress and, last, one JSON object; exits 1 when any
/// figure is wrong.
#[derive(Debug, Parser)]
#[command(name = "nexus-chaos", args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the processes of a run are started as.
#[derive(Debug, Subcommand)]
enum Role {
    #[command(hide = true)]
    Worker {
        #[arg(long)]
        runs: PathBuf,
        #[arg(long)]
        unfenced: bool,
    },
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        runs: PathBuf,
        #[arg(long)]
        unfenced: bool,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let CommandLine { options, role } = CommandLine::parse();
    match role {
        Some(Role::Worker { runs, unfenced }) => Box::pin(roles::work(&runs, unfenced)).await?,
        Some(Role::Relay { .. }) => Box::pin(roles::relay()).await?,
        None => return run(options).await,
    }
    Ok(ExitCode::SUCCESS)
}
