//! `nexus enqueue`

mod job;
mod options;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use nexus_config::Span;
use nexus_jobs::{Band, Enqueued, JobId, NewJob, QueueName};
use nexus_producer::enqueue_in;
use nexus_schema::jobs::JobDetail;
use serde::Serialize;

use crate::arguments::job_args::JobArgs;
use crate::arguments::moment::Moment;
use crate::arguments::tenant::TenantArg;
use crate::commands::jobs::outcome;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::note;
use crate::output::number::grouped;
use crate::output::progress::Progress;
use crate::user;
use crate::waiting::{Watch, exit_of};
use job::new_job;
use options::OptionArgs;
use told::{outcomes, told};

/// The job to enqueue.
#[derive(Debug, Args)]
pub(crate) struct EnqueueArgs {
    /// The kind of job; the arguments of a built-in one are checked
    kind: String,
    /// Arguments: JSON, @FILE, or - for standard input
    #[arg(
        long,
        value_name = "JSON",
        default_value = "{}",
        allow_hyphen_values = true
    )]
    args: JobArgs,
    /// The queue, instead of the kind's
    #[arg(long)]
    queue: Option<QueueName>,
    /// The priority band, instead of the kind's: critical, high, normal or low
    #[arg(long)]
    band: Option<Band>,
    /// First due after this long, such as 5m
    #[arg(long, value_name = "DURATION", conflicts_with = "at")]
    r#in: Option<Span>,
    /// First due at this time, such as 2026-11-20T16:50:00+01:00; UTC unless it says otherwise
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// Attempts in all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_767))]
    attempts: Option<u32>,
    /// Longest time that one attempt may take
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
    /// A word to find it by; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How many such jobs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Wait for the end; the exit code is that of the job
    #[arg(long)]
    wait: bool,
    /// Longest time to wait
    #[arg(long, value_name = "DURATION", requires = "wait")]
    wait_timeout: Option<Span>,
    #[command(flatten)]
    tenant: TenantArg,
    #[command(flatten)]
    options: OptionArgs,
}

/// What became of it.
#[derive(Debug, Serialize)]
struct Done {
    ids: Vec<JobId>,
    outcomes: BTreeMap<&'static str, usize>,
    /// The jobs at their end, if they were waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<Vec<JobDetail>>,
}

pub(super) async fn run(args: &EnqueueArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let job = new_job(args, invocation.settings.enqueue.args_bytes_max.get())?;
    let enqueued = enqueue(&job, args.count, invocation).await?;
    let mut done = Done {
        ids: enqueued.iter().map(|job| job.id()).collect(),
        outcomes: outcomes(&enqueued),
        jobs: None,
    };
    let rejected = enqueued
        .iter()
        .any(|job| matches!(job, Enqueued::Rejected(_)));
    let mut exit = if rejected { Exit::Failed } else { Exit::Ok };
    if args.wait {
        let jobs = wait(&enqueued, args.wait_timeout, invocation).await?;
        if jobs.iter().any(|job| exit_of(job) != Exit::Ok) {
            exit = Exit::Failed;
        }
        done.jobs = Some(jobs);
    }
    invocation.output.show(&done, |done, look| {
        let mut text = told(&enqueued);
        match done.jobs.as_deref() {
            None => {}
            Some([job]) => text = outcome(job, look),
            Some(jobs) => text.push_str(&tallied(jobs)),
        }
        text
    })?;
    Ok(exit)
}

/// Enqueues so many of a job, `enqueue.batch_max` at a time.
async fn enqueue(
    job: &NewJob,
    count: u64,
    invocation: &Invocation,
) -> anyhow::Result<Vec<Enqueued>> {
    let mut conn = invocation.connect().await?;
    let batch_max = invocation.settings.enqueue.batch_max;
    let actor = user::actor();
    let mut progress = (count > 100_000).then(|| Progress::start("enqueue", Some(count)));
    let mut batch = Vec::new();
    let mut enqueued = Vec::new();
    let mut left = usize::try_from(count)?;
    while left > 0 {
        batch.resize(left.min(batch_max), job.clone());
        enqueued.extend(enqueue_in(&mut conn, &batch, &actor, &invocation.settings).await?);
        left -= batch.len();
        if let Some(progress) = &mut progress {
            progress.at(
                enqueued.len() as u64,
                &format!("{} jobs", grouped(enqueued.len())),
            );
        }
    }
    progress.map(Progress::end);
    Ok(enqueued)
}

/// Waits for the end of each job that there is, once for each.
async fn wait(
    enqueued: &[Enqueued],
    timeout: Option<Span>,
    invocation: &Invocation,
) -> anyhow::Result<Vec<JobDetail>> {
    note(told(enqueued).trim_end());
    let ids: BTreeSet<JobId> = enqueued.iter().map(|job| job.id()).collect();
    let mut watch = Watch::new(invocation.pool(), timeout.map(Span::get));
    let mut progress = Progress::start("waiting", Some(ids.len() as u64));
    let mut jobs = Vec::new();
    for id in ids {
        progress.at(jobs.len() as u64, &format!("{} ended", grouped(jobs.len())));
        jobs.push(watch.job_end(id).await?);
    }
    progress.end();
    Ok(jobs)
}

/// How many ended in which state: `998 completed, 2 discarded`.
fn tallied(jobs: &[JobDetail]) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for job in jobs {
        *states.entry(&job.job.state).or_default() += 1;
    }
    let each = states
        .iter()
        .map(|(state, jobs)| format!("{} {state}", grouped(jobs)));
    each.collect::<Vec<_>>().join(", ")
}
