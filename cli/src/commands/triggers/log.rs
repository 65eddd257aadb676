use clap::Args;
use nexus_schema::AsyncPgConnection;
use nexus_schema::triggers::{self, TriggerLogPage};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::output::{Look, paging};

/// Of which trigger, and how much.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
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
    args: &LogArgs,
    conn: &mut AsyncPgConnection,
    invocation: &Invocation,
) -> anyhow::Result<Exit> {
    let page = triggers::log(conn, &args.name, args.before, args.limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn render(page: &TriggerLogPage, look: &Look) -> String {
    if page.entries.is_empty() {
        return "no event has matched it".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::new("WHEN"),
        Column::cut("EVENT"),
        Column::new("OUTCOME"),
        Column::number("JOB"),
        Column::number("VERSION"),
        Column::cut("WHY"),
    ]);
    for entry in &page.entries {
        table.row([
            entry.id.to_string(),
            relative(entry.at, look.now),
            entry.event_id.clone(),
            entry.outcome.clone(),
            entry.job_id.map(|id| id.to_string()).unwrap_or_default(),
            entry.version.to_string(),
            entry.reason.clone().unwrap_or_default(),
        ]);
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--before", page.next));
    text
}
