//! `nexus dead delete`

use clap::Args;
use nexus_jobs::JobId;
use nexus_schema::dead;

use super::which::{WhichArgs, are_dead, narrowed};
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::output::progress::Progress;

/// Dead letters thrown away in one transaction: bounds its row locks.
const STEP: u32 = 500;

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// The jobs' ids
    #[arg(value_name = "ID")]
    ids: Vec<JobId>,
    #[command(flatten)]
    which: WhichArgs,
    /// Also those that were run again; alone: all there are
    #[arg(long)]
    all: bool,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &DeleteArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut filter = args.which.filter(&args.ids);
    narrowed(&filter, args.all)?;
    // Who names a letter means it, run again or not.
    filter.replayed_too = args.all || !args.ids.is_empty();
    let mut conn = invocation.connect().await?;
    are_dead(&mut conn, &args.ids).await?;
    let matching = dead::count(&mut conn, &filter).await?;
    let mut deleted = 0;
    if !args.dry_run {
        let mut progress = Progress::start("deleting", u64::try_from(matching).ok());
        loop {
            let step = dead::delete(&mut conn, &filter, STEP).await?;
            deleted += step;
            progress.at(
                deleted as u64,
                &format!("{} dead letters", grouped(deleted)),
            );
            if step < STEP as usize {
                break;
            }
        }
        progress.end();
    }
    let done =
        serde_json::json!({ "dry_run": args.dry_run, "matching": matching, "deleted": deleted });
    invocation.output.show(&done, |_, _| {
        if args.dry_run {
            format!(
                "{} dead letters match; nothing was changed\n",
                grouped(u64::try_from(matching).unwrap_or(0))
            )
        } else {
            format!("{} dead letters deleted\n", grouped(deleted))
        }
    })?;
    Ok(Exit::Ok)
}
