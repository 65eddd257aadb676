//! `nexus triggers`

mod log;
mod shown;
mod test;
mod versions;

use clap::Subcommand;
use nexus_jobs::trigger::Definition;
use nexus_producer::triggers as edit;
use nexus_schema::triggers;

use crate::arguments::job_args::JobArgs;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::user;

/// What to do with triggers.
#[derive(Debug, Subcommand)]
pub(crate) enum TriggersCommand {
    /// List triggers, what they did, and which are disabled and why
    List,
    /// Show a trigger with its definition
    Show {
        /// Its name
        name: String,
    },
    /// Make a trigger, or change one; counts for events from now on
    Set {
        /// Its name
        name: String,
        /// Its definition: JSON, @FILE, or - for standard input
        #[arg(long, value_name = "JSON")]
        definition: JobArgs,
    },
    /// Enable a trigger, and forget what it was disabled for
    Enable {
        /// Its name
        name: String,
    },
    /// Disable a trigger: events from now on do not fire it, nor do they later
    Disable {
        /// Its name
        name: String,
    },
    /// Remove a trigger; its versions and its log stay
    Remove {
        /// Its name
        name: String,
    },
    /// List the changes of a trigger: which, when and by whom
    Versions {
        /// Its name
        name: String,
    },
    /// Show what a trigger did with which event
    Log(log::LogArgs),
    /// Show what would fire on an event; nothing is enqueued
    Test(test::TestArgs),
}

pub(super) async fn run(
    command: &TriggersCommand,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let (output, actor) = (invocation.output, user::actor());
    let trigger = match command {
        TriggersCommand::List => {
            output.show(&triggers::list(&mut conn).await?, |all, look| {
                shown::table(all, look)
            })?;
            return Ok(Exit::Ok);
        }
        TriggersCommand::Versions { name } => {
            let found = triggers::versions(&mut conn, name).await?;
            output.show(&found, |all, look| versions::table(all, look))?;
            return Ok(Exit::Ok);
        }
        TriggersCommand::Log(args) => return log::run(args, &mut conn, invocation).await,
        TriggersCommand::Test(args) => return test::run(args, &mut conn, invocation).await,
        TriggersCommand::Show { name } => triggers::find(&mut conn, name).await?,
        TriggersCommand::Set { name, definition } => {
            let definition = definition_of(definition, invocation)?;
            edit::set(&mut conn, name, definition, &actor).await?
        }
        TriggersCommand::Enable { name } => edit::enable(&mut conn, name, &actor).await?,
        TriggersCommand::Disable { name } => edit::disable(&mut conn, name, &actor).await?,
        TriggersCommand::Remove { name } => {
            let gone = edit::remove(&mut conn, name, &actor).await?;
            output.show(&gone, |gone, _| format!("removed trigger {}", gone.name))?;
            return Ok(Exit::Ok);
        }
    };
    output.show(&trigger, shown::page)?;
    Ok(Exit::Ok)
}

fn definition_of(given: &JobArgs, invocation: &Invocation) -> anyhow::Result<Definition> {
    let bytes_max = invocation.settings.enqueue.args_bytes_max.get();
    let json = given.read(bytes_max)?;
    let read = serde_json::from_str(json.get());
    Ok(read.map_err(|error| {
        Failure::new(Exit::Usage, format!("--definition: {error}")).hint(
            "such as '{\"on\": {\"type\": \"dataset.loaded\"}, \"enqueue\": {\"kind\": \"noop\"}}'",
        )
    })?)
}
