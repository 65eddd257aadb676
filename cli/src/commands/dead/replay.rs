//! `nexus dead replay`

use std::str::FromStr;

use clap::Args;
use nexus_jobs::JobId;
use nexus_jobs::kinds::built_in;
use nexus_schema::dead::{self, Again, DeadFilter, Pace, Replay};
use nexus_schema::ledger::Rules;
use nexus_schema::{AsyncPgConnection, jobs};
use serde::Serialize;
use serde_json::value::RawValue;

use super::which::{WhichArgs, are_dead, narrowed};
use crate::arguments::job_args::JobArgs;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::output::progress::Progress;
use crate::user;

/// Dead letters enqueued in one transaction.
const STEP: u32 = 500;

/// What many are sent on with unless told otherwise.
const RATE_DEFAULT: u32 = 100;

/// Which ones, and how.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The jobs' ids
    #[arg(value_name = "ID")]
    ids: Vec<JobId>,
    #[command(flatten)]
    which: WhichArgs,
    /// All that were not run again
    #[arg(long)]
    all: bool,
    /// Other arguments, for one job: JSON, @FILE, or - for standard input
    #[arg(
        long,
        value_name = "JSON",
        requires = "ids",
        allow_hyphen_values = true
    )]
    args: Option<JobArgs>,
    /// How many become due a second, such as 100/s [default: 100/s, for given ids all at once]
    #[arg(long, value_name = "N/s")]
    rate: Option<Rate>,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    max: u64,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
}

/// So many a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate(u32);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix("/s").unwrap_or(text).trim();
        number
            .parse()
            .ok()
            .filter(|rate| (1..=Pace::RATE_MAX).contains(rate))
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "expected a rate such as 100/s, at most {}/s",
                    Pace::RATE_MAX
                )
            })
    }
}

/// How many there were, and what became of them.
#[derive(Debug, Serialize)]
struct Done {
    dry_run: bool,
    matching: i64,
    replayed: Vec<Again>,
}

pub(super) async fn run(args: &ReplayArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let filter = args.which.filter(&args.ids);
    narrowed(&filter, args.all)?;
    let mut conn = invocation.connect().await?;
    are_dead(&mut conn, &args.ids).await?;
    let new_args = new_args(args, &mut conn, invocation).await?;
    let mut done = Done {
        dry_run: args.dry_run,
        matching: dead::replayable(&mut conn, &filter).await?,
        replayed: Vec::new(),
    };
    if !args.dry_run {
        done.replayed = replay(args, &filter, new_args.as_deref(), &mut conn, invocation).await?;
    }
    invocation.output.show(&done, |done, _| told(done))?;
    Ok(Exit::Ok)
}

/// The arguments instead of the old ones, checked where the kind is built in.
async fn new_args(
    args: &ReplayArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Option<Box<RawValue>>> {
    let Some(given) = &args.args else {
        return Ok(None);
    };
    let [id] = args.ids[..] else {
        return Err(Failure::new(Exit::Usage, "--args is for one job").into());
    };
    let raw = given.read(invocation.settings.enqueue.args_bytes_max.get())?;
    let kind = jobs::find(conn, id).await?.map(|found| found.job.kind);
    if let Some(known) = kind.as_deref().and_then(built_in) {
        (known.check)(raw.get()).map_err(|wrong| {
            Failure::new(
                Exit::Usage,
                format!("arguments that the kind does not take: {wrong}"),
            )
        })?;
    }
    Ok(Some(raw))
}

async fn replay(
    args: &ReplayArgs,
    filter: &DeadFilter,
    new_args: Option<&RawValue>,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Vec<Again>> {
    let rules = Rules::of(&invocation.settings);
    let rate = args.rate.map(|rate| rate.0);
    let by_filter = args.ids.is_empty().then_some(RATE_DEFAULT);
    let mut pace = rate.or(by_filter).map(Pace::of);
    let mut replayed: Vec<Again> = Vec::new();
    let mut progress = Progress::start("replaying", None);
    loop {
        let left = args.max.saturating_sub(replayed.len() as u64);
        let wanted = Replay {
            filter,
            after: replayed.last().map_or(JobId(0), |again| again.dead),
            limit: u32::try_from(left).unwrap_or(u32::MAX).min(STEP),
            args: new_args,
            pace,
        };
        let step = dead::replay(conn, &wanted, &user::actor(), &rules).await?;
        if step.again.is_empty() {
            break;
        }
        pace = step.pace;
        replayed.extend(step.again);
        progress.at(
            replayed.len() as u64,
            &format!("{} dead letters", grouped(replayed.len())),
        );
    }
    progress.end();
    Ok(replayed)
}

fn told(done: &Done) -> String {
    match done.replayed[..] {
        _ if done.dry_run => {
            let matching = grouped(u64::try_from(done.matching).unwrap_or(0));
            format!("{matching} dead letters match; nothing was changed\n")
        }
        [] => {
            "nothing to replay: no dead letter matches that was not run again already\n".to_owned()
        }
        [Again { dead, job }] => format!("dead letter {dead} runs again as job {job}\n"),
        _ => format!("{} dead letters run again\n", grouped(done.replayed.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_a_second() {
        assert_eq!("100/s".parse(), Ok(Rate(100)));
        assert_eq!("7".parse(), Ok(Rate(7)));
        for wrong in ["0/s", "fast", "1/m", "100001/s", "-1/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
