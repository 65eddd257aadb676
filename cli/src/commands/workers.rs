//! `nexus workers`

mod asked;
mod processes;
mod supervisors;
mod which;

use clap::{Args, Subcommand};
use nexus_config::PROCESSES_MAX;
use nexus_schema::supervisors::{self as ledger, SupervisorView};
use nexus_schema::workers::{self, WorkerView};
use serde::Serialize;
use serde_json::json;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::user;

/// What to do with worker processes; by default they are listed.
#[derive(Debug, Args)]
pub(crate) struct WorkersArgs {
    #[command(subcommand)]
    command: Option<WorkersCommand>,
}

#[derive(Debug, Subcommand)]
enum WorkersCommand {
    /// List supervisors and worker processes
    List,
    /// Change the number of a supervisor's worker processes, also for its successors
    Scale {
        /// How many are to run
        #[arg(value_parser = clap::value_parser!(u16).range(0..=i64::from(PROCESSES_MAX)))]
        processes: u16,
        /// Which supervisor, where there are several
        #[arg(long, value_name = "NAME")]
        supervisor: Option<String>,
    },
    /// Replace a supervisor's worker processes one after another, successor first
    Restart {
        /// Which supervisor, where there are several
        #[arg(long, value_name = "NAME")]
        supervisor: Option<String>,
    },
    /// Forget a supervisor that is gone, and what was asked of it
    Forget {
        /// Its name
        supervisor: String,
    },
    #[command(flatten)]
    Asked(asked::AskedCommand),
}

/// Everything that works.
#[derive(Debug, Serialize)]
struct Listed {
    supervisors: Vec<SupervisorView>,
    workers: Vec<WorkerView>,
}

pub(super) async fn run(args: &WorkersArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    match &args.command {
        None | Some(WorkersCommand::List) => list(invocation).await?,
        Some(WorkersCommand::Scale {
            processes,
            supervisor,
        }) => scale(*processes, supervisor.as_deref(), invocation).await?,
        Some(WorkersCommand::Restart { supervisor }) => {
            restart(supervisor.as_deref(), invocation).await?;
        }
        Some(WorkersCommand::Forget { supervisor }) => forget(supervisor, invocation).await?,
        Some(WorkersCommand::Asked(command)) => return asked::run(command, invocation).await,
    }
    Ok(Exit::Ok)
}

async fn list(invocation: &Invocation) -> anyhow::Result<()> {
    let mut conn = invocation.connect().await?;
    let listed = Listed {
        supervisors: ledger::list(&mut conn).await?,
        workers: workers::list(&mut conn).await?,
    };
    let ttl = invocation.settings.lease.ttl.get();
    invocation.output.show(&listed, |listed, look| {
        let processes = processes::render(&listed.workers, ttl, look);
        if listed.supervisors.is_empty() {
            return processes;
        }
        let supervisors = supervisors::render(&listed.supervisors, look);
        format!("{supervisors}\n{processes}")
    })
}

async fn scale(processes: u16, name: Option<&str>, invocation: &Invocation) -> anyhow::Result<()> {
    let mut conn = invocation.connect().await?;
    let found = which::find(&mut conn, name).await?;
    ledger::scale(&mut conn, &found.name, processes, &user::actor()).await?;
    let before = found.processes_desired;
    let asked = json!({"supervisor": found.name, "processes_desired": processes, "before": before});
    invocation.output.show(&asked, |_, _| {
        let when = if which::runs(&found) {
            ""
        } else {
            "; it does not run now, and will come up with that"
        };
        format!(
            "{}: {processes} worker {}, {before} before{when}",
            found.name,
            if processes == 1 {
                "process"
            } else {
                "processes"
            },
        )
    })
}

async fn restart(name: Option<&str>, invocation: &Invocation) -> anyhow::Result<()> {
    let mut conn = invocation.connect().await?;
    let found = which::find_alive(&mut conn, name).await?;
    ledger::restart(&mut conn, &found.name).await?;
    let asked = json!({"supervisor": found.name, "restarting": found.processes});
    invocation.output.show(&asked, |_, _| {
        format!(
            "{}: its worker processes are replaced one after another; `nexus workers` shows how far",
            found.name
        )
    })
}

async fn forget(name: &str, invocation: &Invocation) -> anyhow::Result<()> {
    let mut conn = invocation.connect().await?;
    let found = which::find(&mut conn, Some(name)).await?;
    which::refuse_alive(&found)?;
    ledger::forget(&mut conn, name).await?;
    let forgotten = json!({"forgotten": name});
    invocation
        .output
        .show(&forgotten, |_, _| format!("{name} is forgotten"))
}
