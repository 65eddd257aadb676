//! `nexus workflows show`

use clap::Args;
use nexus_jobs::WorkflowId;
use nexus_schema::workflows::{self, WorkflowGraph, WorkflowView};

use super::drawing;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::page::Page;
use crate::output::time::{between, precise, relative, span};

/// Which workflow.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The workflow's id
    id: WorkflowId,
}

pub(super) async fn run(args: &ShowArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let graph = workflows::graph(&mut conn, args.id).await?;
    invocation.output.show(&graph, render)?;
    Ok(Exit::Ok)
}

fn render(graph: &WorkflowGraph, look: &Look) -> String {
    let workflow = &graph.workflow;
    let title = format!("workflow {} · {}", workflow.id, workflow.name);
    let mut page = Page::new(look, &title).state(&workflow.state);
    page.optional("key", workflow.key.as_deref());
    page.field("tenant", &workflow.tenant_id.to_string());
    let by = &workflow.created_by;
    let submitted = precise(workflow.created_at);
    let since = relative(workflow.created_at, look.now);
    page.field("submitted", &format!("{submitted} ({since}) by {by}"));
    if let Some(ended) = workflow.finished_at {
        let took = span(between(workflow.created_at, ended));
        page.field("ended", &format!("{} (after {took})", precise(ended)));
    }
    if let Some(at) = workflow.called_off_at {
        let by = workflow.called_off_by.as_deref().unwrap_or("somebody");
        page.field("called off", &format!("{} by {by}", relative(at, look.now)));
    }
    page.optional("reason", workflow.reason.as_deref());
    if workflow.round > 1 {
        page.field("round", &workflow.round.to_string());
    }
    if !workflow.called.is_empty() {
        let called = workflow.called.iter().map(|id| format!("job {id}"));
        page.field("called", &called.collect::<Vec<_>>().join(", "));
    }
    page.field("jobs", &counted(workflow));
    page.section("graph");
    let mut text = page.finish();
    text.push_str(&drawing::drawn(&graph.nodes, look));
    text
}

/// `4: 2 completed, 2 to go`; ends are counted a moment after they happen.
fn counted(workflow: &WorkflowView) -> String {
    let counts = [
        (workflow.completed, "completed"),
        (workflow.discarded, "discarded"),
        (workflow.cancelled, "cancelled"),
        (workflow.unfinished, "to go"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, what)| format!("{} {what}", grouped(count)));
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("{}: {counts}", grouped(workflow.jobs))
}

#[cfg(test)]
mod tests {
    use super::super::sample::month_end;
    use super::*;

    #[test]
    fn a_page_tells_how_far_it_is() {
        insta::assert_snapshot!(render(&month_end(), &Look::fixed()), @r"
        workflow 17 · month end · running
          key           2026-11
          tenant        1
          submitted     2027-01-15 07:57:20.000 UTC (2 min ago) by os:anna
          jobs          4: 2 completed, 2 to go

        graph
               NAME           KIND             JOB  STATE      TOOK
          ●    load january   process_dataset  100  completed  2.0 s
          ├─●  load february  process_dataset  101  completed  2.0 s
          ├─◐  load march     process_dataset  102  running    1 min 40 s
          ○    compare        noop             103  waiting
        ");
    }

    #[test]
    fn one_that_was_called_off_says_by_whom_and_why() {
        let mut graph = month_end();
        let workflow = &mut graph.workflow;
        workflow.state = "cancelled".to_owned();
        (workflow.unfinished, workflow.cancelled) = (0, 2);
        workflow.round = 2;
        workflow.called = vec![42];
        workflow.called_off_at = Some(workflow.created_at);
        workflow.called_off_by = Some("os:bert".to_owned());
        workflow.reason = Some("the wrong month".to_owned());
        workflow.finished_at = Some(workflow.created_at + chrono::TimeDelta::seconds(90));
        graph.nodes.truncate(1);
        insta::assert_snapshot!(render(&graph, &Look::fixed()), @r"
        workflow 17 · month end · cancelled
          key           2026-11
          tenant        1
          submitted     2027-01-15 07:57:20.000 UTC (2 min ago) by os:anna
          ended         2027-01-15 07:58:50.000 UTC (after 1 min 30 s)
          called off    2 min ago by os:bert
          reason        the wrong month
          round         2
          called        job 42
          jobs          4: 2 completed, 2 cancelled

        graph
             NAME          KIND             JOB  STATE      TOOK
          ●  load january  process_dataset  100  completed  2.0 s
        ");
    }
}
