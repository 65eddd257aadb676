//! `nexus jobs cancel`

use clap::Args;
use nexus_jobs::{JobId, State, TenantId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::jobs::{self, Filter};
use nexus_schema::ledger::{self, CancelAnswer};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::output::progress::Progress;
use crate::user;

/// Jobs called off in one statement: bounds its row locks.
const STEP: u32 = 500;

/// Which jobs.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The jobs' ids
    #[arg(value_name = "ID", conflicts_with_all = ["state", "kind", "queue", "tag", "tenant", "all", "dry_run"])]
    ids: Vec<JobId>,
    /// Instead of ids: all in one of these states, such as available,retryable
    #[arg(long, value_delimiter = ',', value_name = "STATE,...")]
    state: Vec<State>,
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// In this queue
    #[arg(long)]
    queue: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// All unfinished jobs
    #[arg(long)]
    all: bool,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
    /// Why, for the record
    #[arg(long, default_value = "cancelled by an operator")]
    reason: String,
}

/// What became of one job.
#[derive(Debug, Serialize)]
struct Answered {
    id: JobId,
    answer: CancelAnswer,
}

/// How many there are, or what became of them.
#[derive(Debug, Default, Serialize)]
struct Called {
    dry_run: bool,
    matching: i64,
    cancelled: u64,
    asked_to_stop: u64,
}

pub(super) async fn run(args: &CancelArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    if args.ids.is_empty() {
        return by_filter(args, &mut conn, invocation).await;
    }
    let mut answers = Vec::new();
    for ids in args.ids.chunks(STEP as usize) {
        answers.extend(ledger::cancel_jobs(&mut conn, ids, &args.reason, &user::actor()).await?);
    }
    let answered: Vec<Answered> = answers
        .into_iter()
        .map(|(id, answer)| Answered { id, answer })
        .collect();
    invocation.output.show(&answered, |answered, _| {
        let lines = answered
            .iter()
            .map(|a| format!("job {}: {}\n", a.id, told(a.answer)));
        lines.collect()
    })?;
    let unknown = answered.iter().any(|a| a.answer == CancelAnswer::Unknown);
    Ok(if unknown { Exit::NotFound } else { Exit::Ok })
}

const fn told(answer: CancelAnswer) -> &'static str {
    match answer {
        CancelAnswer::Cancelled => "cancelled",
        CancelAnswer::AskedToStop => "asked to stop",
        CancelAnswer::AlreadyFinished => "already finished",
        CancelAnswer::Unknown => "unknown",
    }
}

async fn by_filter(
    args: &CancelArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let filter = Filter {
        states: args.state.clone(),
        kind: args.kind.clone(),
        queue: args.queue.clone(),
        tenant: args.tenant,
        tag: args.tag.clone(),
    };
    if !args.all && filter.is_open() {
        let wrong = Failure::new(Exit::Usage, "nothing says which jobs");
        return Err(wrong
            .hint("give ids, or --kind, --queue, --tag, --tenant, --state, or --all")
            .into());
    }
    let survey = jobs::survey(conn, &filter).await?;
    let mut called = Called {
        dry_run: args.dry_run,
        matching: survey.jobs,
        ..Called::default()
    };
    if let Some(last) = survey.last.filter(|_| !args.dry_run) {
        call_off(conn, &filter, JobId(last), &args.reason, &mut called).await?;
    }
    invocation
        .output
        .show(&called, |called, _| summary(called))?;
    Ok(Exit::Ok)
}

async fn call_off(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    last: JobId,
    reason: &str,
    called: &mut Called,
) -> anyhow::Result<()> {
    let mut progress = Progress::start("cancelling", u64::try_from(called.matching).ok());
    let mut next = Some(JobId(0));
    while let Some(after) = next {
        let step =
            ledger::cancel_matching(conn, filter, (after, last), STEP, reason, &user::actor())
                .await?;
        for (_, answer) in &step.answers {
            match answer {
                CancelAnswer::Cancelled => called.cancelled += 1,
                _ => called.asked_to_stop += 1,
            }
        }
        let done = called.cancelled + called.asked_to_stop;
        progress.at(done, &format!("{} jobs", grouped(done)));
        next = step.next;
    }
    progress.end();
    Ok(())
}

fn summary(called: &Called) -> String {
    let matching = grouped(u64::try_from(called.matching).unwrap_or(0));
    if called.dry_run {
        return format!("{matching} jobs match; nothing was changed\n");
    }
    format!(
        "{} cancelled, {} asked to stop\n",
        grouped(called.cancelled),
        grouped(called.asked_to_stop)
    )
}
