//! `nexus schedules`

mod backfill;
mod next;
mod run;
mod set;
mod shown;
mod ticks;
mod versions;

use clap::Subcommand;
use nexus_producer::schedules as edit;
use nexus_schema::schedules;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::user;

/// What to do with schedules.
#[derive(Debug, Subcommand)]
pub(crate) enum SchedulesCommand {
    /// List schedules, when they tick next, what they did, and which do not fire and why
    List,
    /// Show a schedule with its definition
    Show {
        /// Its name
        name: String,
    },
    /// Make a schedule, or change one; it ticks from now on
    Set(set::SetArgs),
    /// Remove a schedule; its versions, the log of its ticks and its jobs stay
    Remove {
        /// Its name
        name: String,
    },
    /// Pause a schedule: its ticks pass without a job, and do not count as missed
    Pause {
        /// Its name
        name: String,
    },
    /// Resume a schedule that is paused, with its next tick
    Resume {
        /// Its name
        name: String,
    },
    /// Enqueue a schedule's job now, as of a tick at this moment
    Run {
        /// Its name
        name: String,
    },
    /// Show the ticks that are to come, and what changes of the clocks make of them
    Next(next::NextArgs),
    /// Show what became of a schedule's ticks
    Ticks(ticks::TicksArgs),
    /// Enqueue the jobs of ticks of the past that never became one
    Backfill(backfill::BackfillArgs),
    /// List the changes of a schedule: which, when and by whom
    Versions {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(
    command: &SchedulesCommand,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let (output, actor) = (invocation.output, user::actor());
    let schedule = match command {
        SchedulesCommand::List => {
            output.show(&schedules::list(&mut conn).await?, |all, look| {
                shown::table(all, look)
            })?;
            return Ok(Exit::Ok);
        }
        SchedulesCommand::Versions { name } => {
            let found = schedules::versions(&mut conn, name).await?;
            output.show(&found, |all, look| versions::table(all, look))?;
            return Ok(Exit::Ok);
        }
        SchedulesCommand::Next(args) => return next::run(args, &mut conn, invocation).await,
        SchedulesCommand::Ticks(args) => return ticks::run(args, &mut conn, invocation).await,
        SchedulesCommand::Backfill(args) => {
            return backfill::run(args, &mut conn, invocation).await;
        }
        SchedulesCommand::Run { name } => return run::run(name, &mut conn, invocation).await,
        SchedulesCommand::Show { name } => schedules::find(&mut conn, name).await?,
        SchedulesCommand::Set(args) => {
            let definition = set::definition(args, invocation)?;
            edit::set(&mut conn, &args.name, definition, &actor).await?
        }
        SchedulesCommand::Pause { name } => edit::pause(&mut conn, name, &actor).await?,
        SchedulesCommand::Resume { name } => edit::resume(&mut conn, name, &actor).await?,
        SchedulesCommand::Remove { name } => {
            let gone = edit::remove(&mut conn, name, &actor).await?;
            output.show(&gone, |gone, _| format!("removed schedule {}", gone.name))?;
            return Ok(Exit::Ok);
        }
    };
    output.show(&schedule, shown::page)?;
    Ok(Exit::Ok)
}
