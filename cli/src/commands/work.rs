//! `nexus work`

use anyhow::Context as _;
use clap::Args;
use nexus_config::{PROCESSES_MAX, Settings};
use nexus_jobs::WorkerId;
use nexus_schema::Keep;

use crate::exit::Exit;
use crate::invocation::Start;
use crate::roles::Roles;
use crate::signals::Signals;
use crate::supervisor::membership::Membership;
use crate::supervisor::{self, Plan, Program};

/// How to work.
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// Run N worker processes under a supervisor [default: supervisor.processes]; `nexus workers
    /// scale` changes their number, and what it asked for goes before this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(PROCESSES_MAX)))]
    processes: Option<u16>,
    /// The supervisor's name in the ledger [default: the machine's]
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: Option<String>,
}

/// Runs workers until a signal, then drains them.
pub(super) async fn run(args: &WorkArgs, start: &Start) -> anyhow::Result<Exit> {
    let settings = start.invocation()?.settings;
    if let Some(membership) = Membership::from_env()? {
        return work(&settings, Some(membership)).await;
    }
    let processes = settings.supervisor.processes;
    if args.processes.is_none() && args.name.is_none() && processes == 1 {
        return work(&settings, None).await;
    }
    let plan = Plan {
        name: args.name.clone().unwrap_or_else(supervisor::host),
        processes: args.processes.unwrap_or(processes),
        program: Program::work(start.file.as_deref(), &settings.kafka.instance)
            .context("finding this program's path")?,
    };
    supervisor::run(&settings, plan).await
}

/// One worker process; one of a supervisor's also ends when that is gone.
async fn work(settings: &Settings, membership: Option<Membership>) -> anyhow::Result<Exit> {
    let signals = Signals::take()?;
    let mut roles = Roles::new(settings, Keep::Base)?;
    roles.say_what_is_away().await;
    roles.start_workers(membership.map_or_else(WorkerId::random, |of| of.worker))?;
    if let Some(membership) = membership {
        roles.stop_after(membership.parent_is_gone());
    }
    roles.run(signals).await?;
    Ok(Exit::Ok)
}
