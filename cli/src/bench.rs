//! `nexus bench`: what it does, measured beside its own ceiling in the same run.
//!
//! Every figure is an object `{name, value, unit}`, with `ceiling` and `ratio`
//! where there is one. Works in the configured database and in a Redis prefix of
//! its own; meant for private servers (`make bench`), not for production.

mod ceilings;
mod chunks;
mod docs;
mod enqueue;
mod figure;
mod indexes;
mod ingest;
mod jobs;
mod kafka;
mod latency;
mod limited;
mod peer;
mod rig;
mod soak;
mod worker;
mod workflow;

use std::path::PathBuf;

use crate::exit::Exit;
use crate::invocation::Invocation;
use anyhow::Context as _;
use figure::{Figure, render};
use rig::Rig;

/// What to measure, and where the answer goes.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// What to measure.
    #[arg(value_enum, default_value_t = Subject::All)]
    subject: Subject,
    /// A run of under 20 seconds: smaller numbers of rows and jobs, each measured once.
    #[arg(long)]
    quick: bool,
    /// Waiting jobs of the ordinary drain; of a soak, jobs done while leaks are looked for.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Jobs enqueued one after another.
    #[arg(long, value_name = "N")]
    singles: Option<usize>,
    /// Jobs whose start is timed.
    #[arg(long, value_name = "N")]
    timed: Option<usize>,
    /// Kills of a soak.
    #[arg(long, value_name = "N")]
    kills: Option<usize>,
    /// Jobs of a soak that are due at once.
    #[arg(long, value_name = "N")]
    due: Option<usize>,
    /// Also refresh the subject's table between its markers in this file.
    #[arg(long, value_name = "FILE")]
    docs: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Subject {
    /// Loading a file.
    Ingest,
    /// The engine: enqueue, drain, latency, memory.
    Jobs,
    /// The engine through Kafka, beside itself through Redis.
    Kafka,
    /// The engine as one peer among others, once and without ceilings.
    Peer,
    /// Workflows of few jobs and of many.
    Workflow,
    /// The way back after kills, leaks, and a million jobs due at once.
    Soak,
    /// Loading and the engine.
    All,
    /// Work on jobs that last until the process is killed: started by a soak.
    #[value(hide = true)]
    Lingering,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// Times each figure is measured; the median counts.
    rounds: usize,
    /// Rows of the generated file.
    rows: u64,
    /// Jobs enqueued one after another.
    singles: usize,
    /// Waiting jobs of the ordinary drain.
    backlog: usize,
    /// Waiting jobs of the large drain.
    large_backlog: usize,
    /// Jobs whose start is timed.
    timed: usize,
    /// Worker processes that are killed.
    kills: usize,
    /// Jobs done while leaks are looked for.
    leak: usize,
    /// Jobs that are due at once.
    due: usize,
}

const FULL: Scale = Scale {
    rounds: 3,
    rows: 1_000_000,
    singles: 3_000,
    backlog: 100_000,
    large_backlog: 1_000_000,
    timed: 3_000,
    kills: 200,
    leak: 2_000_000,
    due: 1_000_000,
};

const QUICK: Scale = Scale {
    rounds: 1,
    rows: 200_000,
    singles: 500,
    backlog: 30_000,
    large_backlog: 100_000,
    timed: 400,
    kills: 8,
    leak: 300_000,
    due: 100_000,
};

/// Measures and prints.
pub(crate) async fn run(args: BenchArgs, invocation: Invocation) -> anyhow::Result<Exit> {
    if args.subject == Subject::Lingering {
        soak::linger::work(&invocation.settings).await?;
        return Ok(Exit::Ok);
    }
    let scale = args.scale();
    let mut rig = Rig::new(invocation.settings).await?;
    let mut figures: Vec<Figure> = Vec::new();
    if matches!(args.subject, Subject::Ingest | Subject::All) {
        let measured = ingest::measure(&rig, scale).await;
        figures.extend(args.keep("ingest", measured.context("measuring ingest")?)?);
    }
    if matches!(args.subject, Subject::Jobs | Subject::All) {
        let measured = jobs::measure(&rig, scale).await;
        figures.extend(args.keep("jobs", measured.context("measuring jobs")?)?);
    }
    if args.subject == Subject::Kafka {
        let measured = kafka::measure(&mut rig, scale).await;
        figures.extend(args.keep("kafka", measured.context("measuring Kafka")?)?);
    }
    if args.subject == Subject::Workflow {
        let measured = workflow::measure(&rig, scale).await;
        figures.extend(args.keep("workflow", measured.context("measuring workflows")?)?);
    }
    if args.subject == Subject::Soak {
        let measured = soak::measure(&rig, scale).await;
        figures.extend(args.keep("soak", measured.context("soaking")?)?);
    }
    if args.subject == Subject::Peer {
        let measured = peer::measure(&rig, scale).await;
        figures.extend(measured.context("measuring as a peer")?);
    }
    invocation
        .output
        .show(&figures, |figures, look| render(figures, look))?;
    Ok(Exit::Ok)
}

impl BenchArgs {
    /// How much of everything was asked for.
    fn scale(&self) -> Scale {
        let scale = if self.quick { QUICK } else { FULL };
        Scale {
            singles: self.singles.unwrap_or(scale.singles),
            backlog: self.jobs.unwrap_or(scale.backlog),
            timed: self.timed.unwrap_or(scale.timed),
            kills: self.kills.unwrap_or(scale.kills),
            leak: self.jobs.unwrap_or(scale.leak),
            due: self.due.unwrap_or(scale.due),
            ..scale
        }
    }

    /// Refreshes the subject's table, if that was asked for.
    fn keep(&self, subject: &str, figures: Vec<Figure>) -> anyhow::Result<Vec<Figure>> {
        if let Some(path) = &self.docs {
            docs::refresh(path, subject, &figures)
                .with_context(|| format!("refreshing {}", path.display()))?;
        }
        Ok(figures)
    }
}

/// The middle one of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
