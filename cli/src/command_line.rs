//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::bench::BenchArgs;
use crate::commands::{
    breakers, cases, config, datasets, dead, demo, dev, enqueue, events, generate, jobs, limits,
    migrate, profiles, queues, scale, schedules, serve, triggers, work, workers, workflows,
};
use crate::exit;

/// Background jobs that Postgres decides and Redis carries
#[derive(Debug, Parser)]
#[command(name = "nexus", version, after_help = exit::HELP, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// Settings file [default: nexus.toml where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What `nexus` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole way of a dataset: generate, enqueue, load, report
    Demo(demo::DemoArgs),
    /// Run everything in one process beside private Postgres and Redis servers
    Dev(dev::DevArgs),
    /// Run the API, the relay and the rescuer
    Serve(serve::ServeArgs),
    /// Run workers; SIGTERM or Ctrl-C drains them, a second one ends at once
    Work(work::WorkArgs),
    /// Bring the database to this version
    Migrate(migrate::MigrateArgs),
    /// Enqueue a job
    Enqueue(Box<enqueue::EnqueueArgs>),
    /// Look at jobs, wait for one, cancel or reschedule
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Submit jobs of which some wait for others, look at them, call them off, run them again
    #[command(subcommand)]
    Workflows(workflows::WorkflowsCommand),
    /// Look at dead letters, run them again, throw them away
    #[command(subcommand)]
    Dead(dead::DeadCommand),
    /// Count waiting and running jobs by queue; pause and resume queues
    Queues(queues::QueuesArgs),
    /// Set how many jobs of a queue each worker process runs at once, from now on
    Scale(scale::ScaleArgs),
    /// List worker processes and their supervisors; scale, restart, quiet or drain them
    Workers(workers::WorkersArgs),
    /// Limit how many jobs run at once, or start in a time
    #[command(subcommand)]
    Limits(limits::LimitsCommand),
    /// Let a kind be while too many of its attempts fail
    #[command(subcommand)]
    Breakers(breakers::BreakersCommand),
    /// Enqueue jobs when events match: list, change and try triggers
    #[command(subcommand)]
    Triggers(triggers::TriggersCommand),
    /// Enqueue jobs by the clock: list, change and preview schedules, fill in what is missing
    #[command(subcommand)]
    Schedules(schedules::SchedulesCommand),
    /// See who listens to events, and how far behind they are
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Open, list and change examination cases
    #[command(subcommand)]
    Cases(cases::CasesCommand),
    /// Load files, and look at what became of them
    #[command(subcommand)]
    Datasets(datasets::DatasetsCommand),
    /// Show the profiles that come with nexus: how files say what they say
    #[command(subcommand)]
    Profiles(profiles::ProfilesCommand),
    /// Write a file of made-up transactions with known faults
    Generate(generate::GenerateArgs),
    /// Show or check the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the description of the HTTP interface
    Openapi,
    /// Measure
    Bench(BenchArgs),
}

impl Command {
    /// Whether it runs until it is told to stop, and so keeps a log.
    pub(crate) const fn is_long_running(&self) -> bool {
        matches!(self, Self::Dev(_) | Self::Serve(_) | Self::Work(_))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn json_may_stand_before_or_after_the_command() {
        for line in [
            ["nexus", "--json", "bench", "jobs"],
            ["nexus", "bench", "--json", "jobs"],
            ["nexus", "bench", "jobs", "--json"],
        ] {
            assert!(CommandLine::try_parse_from(line).unwrap().json, "{line:?}");
        }
    }
}
