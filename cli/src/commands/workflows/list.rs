//! `nexus workflows list`

use clap::Args;
use nexus_jobs::workflow::WorkflowState;
use nexus_jobs::{TenantId, WorkflowId};
use nexus_schema::workflows::{self, WorkflowFilter, WorkflowPage, WorkflowView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::number::grouped;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{between, relative, span};
use crate::output::{Look, paging};

/// Which workflows.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// In this state: running, completed, failed or cancelled
    #[arg(long, value_parser = state)]
    state: Option<WorkflowState>,
    /// Of this name
    #[arg(long)]
    name: Option<String>,
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those with lower ids: the next page
    #[arg(long, value_name = "ID")]
    before: Option<WorkflowId>,
}

fn state(text: &str) -> Result<WorkflowState, String> {
    let names = WorkflowState::ALL.map(WorkflowState::as_str);
    WorkflowState::named(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

pub(super) async fn run(args: &ListArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let filter = WorkflowFilter {
        state: args.state,
        name: args.name.clone(),
        tenant: args.tenant,
    };
    let mut conn = invocation.connect().await?;
    let page = workflows::list(&mut conn, &filter, args.before, args.limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn render(page: &WorkflowPage, look: &Look) -> String {
    if page.workflows.is_empty() {
        return "no such workflows".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::new("STATE"),
        Column::cut("NAME"),
        Column::number("JOBS"),
        Column::number("LEFT"),
        Column::number("MISSED"),
        Column::new("SUBMITTED"),
        Column::cut("WHEN"),
    ]);
    for workflow in &page.workflows {
        table.styled(
            1,
            Style::of_state(&workflow.state),
            [
                workflow.id.to_string(),
                workflow.state.clone(),
                workflow.name.clone(),
                grouped(workflow.jobs),
                grouped(workflow.unfinished),
                grouped(workflow.discarded + workflow.cancelled),
                relative(workflow.created_at, look.now),
                when(workflow, look),
            ],
        );
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--before", page.next));
    text
}

/// How long it took or runs; from its submission, also where it was retried since.
fn when(workflow: &WorkflowView, look: &Look) -> String {
    match (workflow.finished_at, workflow.called_off_at) {
        (Some(finished), _) => format!("took {}", span(between(workflow.created_at, finished))),
        (None, Some(_)) => "called off".to_owned(),
        (None, None) => format!("runs for {}", span(between(workflow.created_at, look.now))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::month_end;
    use super::*;

    #[test]
    fn a_line_a_workflow() {
        let running = month_end().workflow;
        let mut failed = running.clone();
        failed.id = 16;
        failed.state = "failed".to_owned();
        (failed.unfinished, failed.discarded, failed.cancelled) = (0, 1, 1);
        failed.jobs = 10_001;
        failed.finished_at = Some(failed.created_at + chrono::TimeDelta::seconds(8));
        let page = WorkflowPage {
            workflows: vec![running, failed],
            next: Some(WorkflowId(16)),
        };
        insta::assert_snapshot!(render(&page, &Look::fixed()), @r"
        ID  STATE    NAME         JOBS  LEFT  MISSED  SUBMITTED  WHEN
        17  running  month end       4     2       0  2 min ago  runs for 2 min 40 s
        16  failed   month end  10,001     0       2  2 min ago  took 8.0 s
        more: --before 16
        ");
    }
}
