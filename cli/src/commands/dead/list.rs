//! `nexus dead list`

use clap::Args;
use nexus_jobs::JobId;
use nexus_schema::dead::{self, DeadPage};

use super::which::WhichArgs;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::output::{Look, paging};

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Also those that were run again
    #[arg(long)]
    all: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those with lower ids: the next page
    #[arg(long, value_name = "ID")]
    before: Option<JobId>,
}

pub(super) async fn run(args: &ListArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut filter = args.which.filter(&[]);
    filter.replayed_too = args.all;
    let mut conn = invocation.connect().await?;
    let page = dead::list(&mut conn, &filter, args.before, args.limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn render(page: &DeadPage, look: &Look) -> String {
    if page.dead.is_empty() {
        return "no such dead letters".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::cut("KIND"),
        Column::cut("QUEUE"),
        Column::number("TRIES"),
        Column::new("DISCARDED"),
        Column::number("AGAIN"),
        Column::cut("REASON"),
    ]);
    for letter in &page.dead {
        table.row([
            letter.id.to_string(),
            letter.kind.clone(),
            letter.queue.clone(),
            format!("{}/{}", letter.attempt, letter.attempts_max),
            relative(letter.finished_at, look.now),
            letter
                .replayed_as
                .map(|id| id.to_string())
                .unwrap_or_default(),
            letter.reason.clone().unwrap_or_default(),
        ]);
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--before", page.next));
    text
}
