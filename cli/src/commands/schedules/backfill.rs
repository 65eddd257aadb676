use clap::Args;
use nexus_producer::schedules::{self, Backfill, Backfilled};
use nexus_schema::AsyncPgConnection;

use crate::arguments::moment::Moment;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::table::{Column, Table};
use crate::output::time::instant;
use crate::user;

/// Ticks shown one by one; --json shows them all.
const ROWS_MAX: usize = 50;

/// Which ticks of the past.
#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// Its name
    name: String,
    /// From this time on, such as 2026-11-01 (in UTC) or 2026-11-01T00:00:00+01:00
    #[arg(long, value_name = "TIME")]
    from: Moment,
    /// Through this time, at most through now
    #[arg(long, value_name = "TIME")]
    to: Moment,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// Also those that became a job before
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(
    args: &BackfillArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let range = Backfill {
        from: args.from.0,
        to: args.to.0,
        again: args.again,
        dry_run: args.dry_run,
    };
    let settings = &invocation.settings;
    let filled = schedules::backfill(conn, &args.name, range, &user::actor(), settings).await?;
    invocation.output.show(&filled, render)?;
    Ok(if filled.failed == 0 {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

fn render(filled: &Backfilled, look: &Look) -> String {
    if filled.ticks.is_empty() {
        return "no tick in that time".to_owned();
    }
    let mut table = Table::new([
        Column::new("TICK"),
        Column::new("OUTCOME"),
        Column::number("JOB"),
        Column::cut("WHY"),
    ]);
    for tick in filled.ticks.iter().take(ROWS_MAX) {
        let outcome = match (tick.outcome, filled.dry_run) {
            (None, _) => "was there",
            (Some(outcome), false) => outcome.as_str(),
            (Some(_), true) => "would fire",
        };
        table.row([
            instant(tick.tick_at),
            outcome.to_owned(),
            tick.job_id.map(|id| id.to_string()).unwrap_or_default(),
            tick.reason.clone().unwrap_or_default(),
        ]);
    }
    let mut text = table.render(look);
    if let Some(more) = filled.ticks.len().checked_sub(ROWS_MAX).filter(|n| *n > 0) {
        text.push_str(&format!("and {} more\n", grouped(more)));
    }
    text.push_str(&summary(filled));
    text
}

fn summary(filled: &Backfilled) -> String {
    let (fired, known) = (grouped(filled.fired), grouped(filled.known));
    if filled.dry_run {
        return format!("{fired} would fire, {known} became jobs before; nothing was done");
    }
    let (skipped, failed) = (grouped(filled.skipped), grouped(filled.failed));
    format!("{fired} fired, {skipped} skipped, {failed} failed; {known} became jobs before")
}
