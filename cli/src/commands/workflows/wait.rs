//! `nexus workflows wait`

use clap::Args;
use nexus_config::Span;
use nexus_jobs::WorkflowId;
use nexus_jobs::workflow::WorkflowState;
use nexus_schema::workflows::{self, WorkflowView};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::style::Style;
use crate::output::text::lines;
use crate::output::time::{between, span};
use crate::waiting::Watch;

/// Which workflow, and for how long.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// The workflow's id
    id: WorkflowId,
    /// Longest time to wait, such as 30s
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
}

pub(super) async fn run(args: &WaitArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut watch = Watch::new(invocation.pool(), args.timeout.map(Span::get))
        .hint("the workflow goes on; `nexus workflows wait ID` waits for its end");
    let workflow = loop {
        let look = watch.look(async |conn| workflows::find(conn, args.id).await);
        let workflow = look.await?;
        if workflow.finished_at.is_some() {
            break workflow;
        }
        watch.pause().await?;
    };
    invocation.output.show(&workflow, outcome)?;
    let completed = workflow.state == WorkflowState::Completed.as_str();
    Ok(if completed { Exit::Ok } else { Exit::Failed })
}

/// How it ended, in a line or two.
fn outcome(workflow: &WorkflowView, look: &Look) -> String {
    let state = look.paint(Style::of_state(&workflow.state), &workflow.state);
    let took = workflow
        .finished_at
        .map(|ended| between(workflow.created_at, ended));
    let (id, jobs, completed) = (workflow.id, workflow.jobs, workflow.completed);
    let mut text = format!(
        "workflow {id} {state} after {}: {} of {} jobs completed\n",
        span(took.unwrap_or_default()),
        grouped(completed),
        grouped(jobs)
    );
    if let Some(reason) = &workflow.reason {
        text.push_str(&format!("reason: {}\n", lines(reason)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample::month_end;
    use super::*;

    #[test]
    fn the_end_in_a_line() {
        let mut workflow = month_end().workflow;
        workflow.state = "failed".to_owned();
        workflow.finished_at = Some(workflow.created_at + chrono::TimeDelta::seconds(8));
        workflow.reason = Some("its callback was refused".to_owned());
        insta::assert_snapshot!(outcome(&workflow, &Look::fixed()), @r"
        workflow 17 failed after 8.0 s: 2 of 4 jobs completed
        reason: its callback was refused
        ");
    }
}
