//! `nexus jobs list`

use clap::Args;
use nexus_jobs::{JobId, State, TenantId};
use nexus_schema::jobs::{self, Filter, JobView, Page};

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::time::{between, relative, span};
use crate::output::{Look, paging};

/// Which jobs.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// In one of these states, such as available,running
    #[arg(long, value_delimiter = ',', value_name = "STATE,...")]
    state: Vec<State>,
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// In this queue
    #[arg(long)]
    queue: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those with lower ids: the next page
    #[arg(long, value_name = "ID")]
    before: Option<JobId>,
}

pub(super) async fn run(args: &ListArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let filter = Filter {
        states: args.state.clone(),
        kind: args.kind.clone(),
        queue: args.queue.clone(),
        tenant: args.tenant,
        tag: args.tag.clone(),
    };
    let mut conn = invocation.connect().await?;
    let page = jobs::list(&mut conn, &filter, args.before, args.limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn render(page: &Page, look: &Look) -> String {
    if page.jobs.is_empty() {
        return "no such jobs".to_owned();
    }
    let mut table = Table::new([
        Column::number("ID"),
        Column::new("STATE"),
        Column::cut("KIND"),
        Column::cut("QUEUE"),
        Column::number("TRIES"),
        Column::new("ENQUEUED"),
        Column::cut("WHEN"),
    ]);
    for job in &page.jobs {
        table.styled(
            1,
            Style::of_state(&job.state),
            [
                job.id.to_string(),
                job.state.clone(),
                job.kind.clone(),
                job.queue.clone(),
                format!("{}/{}", job.attempt, job.attempts_max),
                relative(job.created_at, look.now),
                when(job, look),
            ],
        );
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--before", page.next));
    text
}

/// The time that matters in the job's state: how long it took, how long it runs, when it is due.
fn when(job: &JobView, look: &Look) -> String {
    match (job.started_at, job.finished_at) {
        (Some(started), Some(finished)) => format!("took {}", span(between(started, finished))),
        (None, Some(finished)) => relative(finished, look.now),
        (Some(started), None) if job.state == State::Running.as_str() => {
            format!("runs for {}", span(between(started, look.now)))
        }
        _ => match (job.parked.as_deref(), job.workflow_id) {
            (Some("workflow"), Some(id)) => format!("in workflow {id}"),
            (Some(why), _) => format!("parked: {why}"),
            (None, _) => format!("due {}", relative(job.due_at, look.now)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::jobs::sample;

    #[test]
    fn a_line_a_job() {
        let look = Look::fixed();
        let with = |id, state: &str, change: fn(&mut JobView)| {
            let mut job = JobView {
                id,
                state: state.into(),
                ..sample().job
            };
            change(&mut job);
            job
        };
        let page = Page {
            jobs: vec![
                with(1_000_045, "running", |job| job.finished_at = None),
                with(1_000_044, "scheduled", |job| {
                    (job.started_at, job.finished_at) = (None, None);
                    job.due_at += chrono::TimeDelta::hours(2);
                }),
                with(1_000_043, "available", |job| {
                    job.kind = "a_kind_with_quite_a_long_name".into();
                    (job.started_at, job.finished_at) = (None, None);
                    job.parked = Some("unknown_kind".into());
                }),
                with(1_000_042, "available", |job| {
                    (job.started_at, job.finished_at) = (None, None);
                    job.parked = Some("workflow".into());
                    job.workflow_id = Some(17);
                }),
                with(1_000_041, "completed", |_| {}),
            ],
            next: Some(JobId(1_000_041)),
        };
        insta::assert_snapshot!(render(&page, &look), @r"
             ID  STATE      KIND             QUEUE     TRIES  ENQUEUED   WHEN
        1000045  running    process_dataset  datasets    2/5  1 min ago  runs for 1 min…
        1000044  scheduled  process_dataset  datasets    2/5  1 min ago  due in 1 h
        1000043  available  a_kind_with_qu…  datasets    2/5  1 min ago  parked: unknow…
        1000042  available  process_dataset  datasets    2/5  1 min ago  in workflow 17
        1000041  completed  process_dataset  datasets    2/5  1 min ago  took 7.1 s
        more: --before 1000041
        ");
    }
}
