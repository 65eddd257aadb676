//! `nexus datasets list`

use clap::Args;
use nexus_jobs::{CaseId, DatasetId};
use nexus_schema::datasets::{self, DatasetView};

use crate::arguments::tenant::TenantArg;
use crate::commands::cases;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::relative;
use crate::output::{Look, paging};

/// Which datasets.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this case, by its id or name
    #[arg(long, value_name = "ID|NAME")]
    case: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those with lower ids: the next page
    #[arg(long, value_name = "ID")]
    before: Option<DatasetId>,
    #[command(flatten)]
    tenant: TenantArg,
}

pub(super) async fn run(args: &ListArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let case = match &args.case {
        Some(case) => Some(CaseId(
            cases::find(&mut conn, args.tenant.tenant, case).await?.id,
        )),
        None => None,
    };
    let list = datasets::list(&mut conn, case, args.before, args.limit).await?;
    invocation
        .output
        .show(&list, |list, look| render(list, args.limit, look))?;
    Ok(Exit::Ok)
}

fn render(list: &[DatasetView], limit: u32, look: &Look) -> String {
    if list.is_empty() {
        return "no datasets; `nexus datasets load FILE` loads one".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::number("CASE"),
        Column::cut("NAME"),
        Column::new("STATE"),
        Column::number("ROWS LOADED"),
        Column::number("REJECTED"),
        Column::new("ASKED FOR"),
    ]);
    for dataset in list {
        table.styled(
            3,
            Style::of_state(&dataset.state),
            [
                dataset.id.to_string(),
                dataset.case_id.to_string(),
                dataset.name.clone(),
                dataset.state.clone(),
                grouped(dataset.rows_loaded),
                grouped(dataset.rows_rejected),
                relative(dataset.created_at, look.now),
            ],
        );
    }
    let mut text = table.render(look);
    let next = paging::next(list.iter().map(|dataset| dataset.id), limit);
    text.push_str(&paging::more(look, "--before", next));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::datasets::sample;

    #[test]
    fn a_line_a_dataset() {
        let failed = DatasetView {
            id: 6,
            name: "payments-of-the-whole-group-for-the-years-2010-to-2014.csv.gz".into(),
            state: "failed".into(),
            rows_loaded: 0,
            ..sample().dataset
        };
        insta::assert_snapshot!(render(&[sample().dataset, failed], 2, &Look::fixed()), @r"
        ID  CASE  NAME                          STATE   ROWS LOADED  REJECTED  ASKED FOR
         7    12  march.csv                     loaded      990,000    10,000  2 h ago
         6    12  payments-of-the-whole-group…  failed            0    10,000  2 h ago
        more: --before 6
        ");
    }
}
