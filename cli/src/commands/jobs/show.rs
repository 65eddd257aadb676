//! `nexus jobs show`

use std::time::Duration;

use clap::Args;
use nexus_jobs::{Band, JobId};
use nexus_schema::jobs::{self, JobDetail, JobView};
use serde_json::Value;

use crate::commands::jobs::history;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::output::Look;
use crate::output::number::grouped;
use crate::output::page::Page;
use crate::output::time::{precise, relative, span};
use crate::waiting::{has_ended, no_job};

/// Which job.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The job's id
    id: JobId,
}

pub(super) async fn run(args: &ShowArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    show(args.id, invocation).await
}

/// Shows one job.
pub(crate) async fn show(id: JobId, invocation: &Invocation) -> anyhow::Result<Exit> {
    let mut conn = invocation.connect().await?;
    let detail = jobs::find(&mut conn, id).await?.ok_or_else(|| no_job(id))?;
    invocation.output.show(&detail, render)?;
    Ok(Exit::Ok)
}

fn render(detail: &JobDetail, look: &Look) -> String {
    let job = &detail.job;
    let mut page = Page::new(look, &format!("job {} · {}", job.id, job.kind)).state(&job.state);
    let band = Band::from_number(job.band).map_or("unknown", Band::as_str);
    page.field("queue", &format!("{}, band {band}", job.queue));
    page.field("tenant", &job.tenant_id.to_string());
    page.field("attempts", &attempts(detail));
    if !has_ended(detail) {
        page.field(
            "due",
            &format!(
                "{} ({})",
                precise(job.due_at),
                relative(job.due_at, look.now)
            ),
        );
    }
    page.optional("workflow", workflow(detail).as_deref());
    page.optional("parked", parked(job).as_deref());
    page.optional("waits for", waits_for(detail).as_deref());
    if let Some(deadline) = job.expires_at {
        let told = format!("{} ({})", precise(deadline), relative(deadline, look.now));
        page.field("start by", &told);
    }
    if let Some(asked) = &detail.stop_asked {
        let since = relative(asked.asked_at, look.now);
        let text = format!("by {}, {since}: {}", asked.asked_by, asked.reason);
        page.field("asked to stop", &text);
    }
    page.optional("progress", job.progress.as_ref().map(progress).as_deref());
    if let Some(millis) = job.timeout_ms.and_then(|millis| u64::try_from(millis).ok()) {
        page.field("timeout", &span(Duration::from_millis(millis)));
    }
    let tags = job.tags.as_deref().map(|tags| tags.join(", "));
    page.optional("tags", tags.as_deref().filter(|tags| !tags.is_empty()));
    page.optional("ordering key", job.order_key.as_deref());
    page.optional("limit key", job.limit_key.as_deref());
    page.optional("unique key", job.unique_key.as_deref());
    page.optional("backoff", job.backoff.as_ref().map(pretty).as_deref());
    page.optional("replay of", id(job.replay_of).as_deref());
    if let Some(origin) = &detail.origin {
        page.field(
            "came from",
            &format!("{}, {}", origin.source, origin.source_id),
        );
        page.optional("metadata", origin.metadata.as_ref().map(pretty).as_deref());
    }
    page.field("arguments", &pretty(&job.args));
    if let Some(result) = &job.result {
        page.field("result", &pretty(result));
    }
    page.optional("reason", job.reason.as_deref());
    page.optional("ended by", job.ended_by.as_deref());
    page.optional("replayed as", id(job.replayed_as).as_deref());
    page.section("history (UTC)");
    page.table(&history(detail));
    for failed in detail
        .errors
        .iter()
        .filter(|failed| failed.error.contains('\n'))
    {
        page.section(&format!("error of run {}", failed.run));
        page.field(&failed.reason, &failed.error);
    }
    page.finish()
}

/// Why it waits without being dispatched, and for what.
fn parked(job: &JobView) -> Option<String> {
    let why = job.parked.as_deref()?;
    Some(match &job.parked_on {
        Some(on) => format!("{why} ({on})"),
        None => why.to_owned(),
    })
}

/// Which workflow it is part of, and as what: `17 (month end), as "compare"`.
fn workflow(detail: &JobDetail) -> Option<String> {
    let id = detail.job.workflow_id?;
    let Some(member) = &detail.workflow else {
        return Some(format!("{id}, no longer in history"));
    };
    let name = &member.name;
    Some(match &member.node {
        Some(node) => format!("{id} ({name}), as {node:?}"),
        None => format!("{id} ({name}), called at its end"),
    })
}

/// Which jobs of its workflow it still waits for.
fn waits_for(detail: &JobDetail) -> Option<String> {
    let member = detail.workflow.as_ref()?;
    let each = member.waits_for.iter();
    let mut all: Vec<String> = each
        .map(|one| format!("{} (job {})", one.name, one.job_id))
        .collect();
    let shown = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let more = member.waits_for_count.saturating_sub(shown);
    if more > 0 {
        all.push(format!("{} more", grouped(more)));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

fn id(job: Option<i64>) -> Option<String> {
    job.map(|id| format!("job {id}"))
}

fn attempts(detail: &JobDetail) -> String {
    let job = &detail.job;
    let mut text = format!(
        "{} of {}, claimed {} times",
        job.attempt, job.attempts_max, job.run
    );
    if job.run == 1 {
        text = format!("{} of {}, claimed once", job.attempt, job.attempts_max);
    }
    if job.lost_leases > 0 {
        text.push_str(&format!(", {} leases lost", job.lost_leases));
    }
    text
}

/// How far it is, as its handler said: `300 of 1,000 (30 %): reading`.
fn progress(said: &Value) -> String {
    let number = |field: &str| said[field].as_u64();
    let done = number("done").unwrap_or(0);
    let mut text = match number("total") {
        Some(total) if total > 0 => {
            let percent = done.saturating_mul(100) / total;
            format!("{} of {} ({percent} %)", grouped(done), grouped(total))
        }
        _ => grouped(done),
    };
    if let Some(message) = said["message"].as_str() {
        text.push_str(&format!(": {message}"));
    }
    text
}

/// JSON on one line where it is short, indented otherwise.
fn pretty(value: &Value) -> String {
    const SHORT: usize = 60;
    let compact = value.to_string();
    if compact.chars().count() <= SHORT {
        compact
    } else {
        serde_json::to_string_pretty(value).unwrap_or(compact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::jobs::sample;

    #[test]
    fn a_page_tells_the_whole_story() {
        insta::assert_snapshot!(render(&sample(), &Look::fixed()), @r#"
        job 42 · process_dataset · completed
          queue         datasets, band normal
          tenant        1
          attempts      2 of 5, claimed 2 times
          timeout       1 min
          tags          march, retry-me
          arguments     {"dataset_id":7}
          result        {"rows_loaded":990000}

        history (UTC)
          TIME                         AFTER  WHAT
          2027-01-15 07:58:20.000 UTC    0 s  enqueued by os:anna
          2027-01-15 07:58:20.012 UTC  12 ms  run 1 failed (error): reading /data/march…
          2027-01-15 07:58:21.302 UTC  1.3 s  claimed by a worker, run 2
          2027-01-15 07:58:28.402 UTC  8.4 s  completed after running for 7.1 s

        error of run 1
          error         reading /data/march.csv
                        the disk is gone
        "#);
    }

    #[test]
    fn what_a_job_was_told_is_shown() {
        let look = Look::fixed();
        let mut detail = sample();
        let job = &mut detail.job;
        job.parked = Some("order".into());
        job.parked_on = Some("1/account 7".into());
        job.order_key = Some("account 7".into());
        job.expires_at = Some(look.now + chrono::TimeDelta::hours(1));
        job.backoff = Some(serde_json::json!({"strategy": "fixed", "wait_ms": 500}));
        job.replay_of = Some(17);
        let page = render(&detail, &look);
        for line in [
            "parked        order (1/account 7)",
            "ordering key  account 7",
            "start by      2027-01-15 09:00:00.000 UTC (in 1 h)",
            "replay of     job 17",
            r#"backoff       {"strategy":"fixed","wait_ms":500}"#,
        ] {
            assert!(page.contains(line), "{line}: {page}");
        }
    }

    #[test]
    fn progress_is_told_as_a_share_where_the_whole_is_known() {
        let said = serde_json::json!({"done": 300, "total": 1000, "message": "reading"});
        assert_eq!(progress(&said), "300 of 1,000 (30 %): reading");
        let open = serde_json::json!({"done": 7, "total": null, "message": null});
        assert_eq!(progress(&open), "7");
    }

    #[test]
    fn a_waiting_job_says_when_it_is_due() {
        let look = Look::fixed();
        let mut detail = sample();
        detail.errors.clear();
        detail.job.state = "scheduled".into();
        detail.job.run = 0;
        detail.job.attempt = 0;
        detail.job.due_at = look.now + chrono::TimeDelta::minutes(5);
        (
            detail.job.started_at,
            detail.job.finished_at,
            detail.job.result,
        ) = (None, None, None);
        insta::assert_snapshot!(render(&detail, &look), @r#"
        job 42 · process_dataset · scheduled
          queue         datasets, band normal
          tenant        1
          attempts      0 of 5, claimed 0 times
          due           2027-01-15 08:05:00.000 UTC (in 5 min)
          timeout       1 min
          tags          march, retry-me
          arguments     {"dataset_id":7}

        history (UTC)
          TIME                         AFTER  WHAT
          2027-01-15 07:58:20.000 UTC    0 s  enqueued by os:anna
        "#);
    }
}
