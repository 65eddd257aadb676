//! `nexus jobs wait`

use clap::Args;
use nexus_config::Span;
use nexus_jobs::JobId;
use nexus_schema::jobs::JobDetail;

use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::style::Style;
use crate::output::text::lines;
use crate::output::time::{between, span};
use crate::waiting::{Watch, exit_of};

/// Which job, and for how long.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// The job's id
    id: JobId,
    /// Longest time to wait, such as 30s
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
}

pub(super) async fn run(args: &WaitArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut watch = Watch::new(invocation.pool(), args.timeout.map(Span::get));
    let detail = watch.job_end(args.id).await?;
    invocation.output.show(&detail, outcome)?;
    Ok(exit_of(&detail))
}

/// How a job ended, in a line or two.
pub(crate) fn outcome(detail: &JobDetail, look: &Look) -> String {
    let job = &detail.job;
    let state = look.paint(Style::of_state(&job.state), &job.state);
    let mut text = format!("job {} {state}", job.id);
    if let (Some(started), Some(finished)) = (job.started_at, job.finished_at) {
        let waited = span(between(job.due_at, started));
        let ran = span(between(started, finished));
        text.push_str(&format!(
            ": waited {waited}, ran {ran}, attempt {}",
            job.attempt
        ));
    }
    text.push('\n');
    if let Some(result) = &job.result {
        text.push_str(&format!("result: {result}\n"));
    }
    if let Some(reason) = &job.reason {
        text.push_str(&format!("reason: {}\n", lines(reason)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::jobs::sample;

    #[test]
    fn the_end_in_a_line_or_two() {
        insta::assert_snapshot!(outcome(&sample(), &Look::fixed()), @r#"
        job 42 completed: waited 2 ms, ran 7.1 s, attempt 2
        result: {"rows_loaded":990000}
        "#);
        let mut failed = sample();
        failed.job.state = "discarded".into();
        failed.job.result = None;
        failed.job.reason = Some("no more attempts: the disk is gone".into());
        insta::assert_snapshot!(outcome(&failed, &Look::fixed()), @r"
        job 42 discarded: waited 2 ms, ran 7.1 s, attempt 2
        reason: no more attempts: the disk is gone
        ");
    }
}
