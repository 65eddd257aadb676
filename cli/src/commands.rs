//! One command a file.

pub(crate) mod breakers;
pub(crate) mod cases;
pub(crate) mod config;
pub(crate) mod datasets;
pub(crate) mod dead;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod enqueue;
pub(crate) mod events;
pub(crate) mod generate;
pub(crate) mod jobs;
pub(crate) mod limits;
pub(crate) mod migrate;
mod openapi;
pub(crate) mod profiles;
pub(crate) mod queues;
pub(crate) mod scale;
pub(crate) mod schedules;
pub(crate) mod serve;
pub(crate) mod triggers;
pub(crate) mod work;
pub(crate) mod workers;
pub(crate) mod workflows;

use crate::bench;
use crate::command_line::{Command, CommandLine};
use crate::exit::Exit;
use crate::invocation::Start;
use crate::output::Output;

/// Runs the command that was asked for.
pub(crate) async fn run(line: CommandLine) -> anyhow::Result<Exit> {
    let output = Output::new(line.json);
    let start = Start {
        file: line.config,
        output,
        logs: line.command.is_long_running(),
    };
    match line.command {
        // Settings with mistakes are what `config check` is for.
        Command::Config(command) => config::run(&command, start.load(), output),
        Command::Openapi => openapi::run(output),
        Command::Profiles(command) => profiles::run(&command, output),
        Command::Demo(args) => demo::run(&args, &start.invocation()?).await,
        Command::Dev(args) => dev::run(&args, &start).await,
        Command::Serve(args) => Box::pin(serve::run(&args, start.invocation()?)).await,
        Command::Work(args) => work::run(&args, &start).await,
        Command::Migrate(args) => migrate::run(&args, &start.invocation()?).await,
        Command::Enqueue(args) => enqueue::run(&args, &start.invocation()?).await,
        Command::Jobs(command) => jobs::run(&command, &start.invocation()?).await,
        Command::Workflows(command) => workflows::run(&command, &start.invocation()?).await,
        Command::Dead(command) => dead::run(&command, &start.invocation()?).await,
        Command::Queues(args) => queues::run(&args, &start.invocation()?).await,
        Command::Scale(args) => scale::run(&args, &start.invocation()?).await,
        Command::Workers(args) => workers::run(&args, &start.invocation()?).await,
        Command::Limits(command) => limits::run(&command, &start.invocation()?).await,
        Command::Breakers(command) => breakers::run(&command, &start.invocation()?).await,
        Command::Triggers(command) => triggers::run(&command, &start.invocation()?).await,
        Command::Schedules(command) => schedules::run(&command, &start.invocation()?).await,
        Command::Events(command) => events::run(&command, &start.invocation()?).await,
        Command::Cases(command) => cases::run(&command, &start.invocation()?).await,
        Command::Datasets(command) => datasets::run(&command, &start.invocation()?).await,
        Command::Generate(args) => generate::run(args, &start.invocation()?).await,
        Command::Bench(args) => bench::run(args, start.invocation()?).await,
    }
}
