use clap::Args;
use nexus_schema::AsyncPgConnection;
use nexus_schema::schedules::{self, TickPage, TickView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::instant;
use crate::output::{Look, paging};

/// Of which schedule, and how much.
#[derive(Debug, Args)]
pub(crate) struct TicksArgs {
    /// Its name
    name: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those with lower ids: the next page
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
}

pub(super) async fn run(
    args: &TicksArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let page = schedules::ticks(conn, &args.name, args.before, args.limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn render(page: &TickPage, look: &Look) -> String {
    if page.entries.is_empty() {
        return "no tick so far".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::new("TICK"),
        Column::number("TICKS"),
        Column::new("OUTCOME"),
        Column::number("JOB"),
        Column::cut("WHY"),
    ]);
    for entry in &page.entries {
        let style = match &*entry.outcome {
            "fired" => Style::Good,
            "failed" => Style::Bad,
            _ => Style::Warn,
        };
        table.styled(
            3,
            style,
            [
                entry.id.to_string(),
                instant(entry.tick_at),
                entry.ticks.to_string(),
                entry.outcome.clone(),
                entry.job_id.map(|id| id.to_string()).unwrap_or_default(),
                why(entry),
            ],
        );
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--before", page.next));
    text
}

/// Why it made no job, or who asked for the one it made.
fn why(entry: &TickView) -> String {
    let through = entry.through_at;
    let through = through.map(|through| format!("through {}", instant(through)));
    let asked = entry.asked_by.as_ref().map(|by| {
        let what = if entry.backfill { "filled in" } else { "run" };
        format!("{what} by {by}")
    });
    let parts = [entry.reason.clone(), through, asked];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_ticks_fits_80_columns() {
        let at = Look::fixed().now;
        let fired = TickView {
            id: 12,
            version: 1,
            tick_at: at,
            through_at: None,
            ticks: 1,
            outcome: "fired".into(),
            reason: None,
            job_id: Some(1_000_007),
            asked_by: None,
            backfill: false,
            at,
        };
        let missed = TickView {
            id: 11,
            tick_at: at - chrono::TimeDelta::days(3),
            through_at: Some(at - chrono::TimeDelta::days(1)),
            ticks: 2880,
            outcome: "missed".into(),
            reason: Some("no scheduler".into()),
            job_id: None,
            ..fired.clone()
        };
        let filled = TickView {
            id: 10,
            asked_by: Some("os:anna".into()),
            backfill: true,
            ..fired.clone()
        };
        let page = TickPage {
            entries: vec![fired, missed, filled],
            next: Some(10),
        };
        insta::assert_snapshot!(render(&page, &Look::fixed()), @r"
        ID  TICK                 TICKS  OUTCOME      JOB  WHY
        12  2027-01-15 08:00:00      1  fired    1000007
        11  2027-01-12 08:00:00   2880  missed            no scheduler, through 2027-01…
        10  2027-01-15 08:00:00      1  fired    1000007  filled in by os:anna
        more: --before 10
        ");
    }
}
