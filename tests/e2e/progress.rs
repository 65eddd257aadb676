//! What handlers say of their jobs while they run.

use nexus_jobs::{Job, JobId, NewJob, Outcome};
use nexus_schema::jobs::{self, LogLine};
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::Task;
use nexus_tests::{ApiRun, TestBed, WorkerRun, eventually, in_bed};
use nexus_workers::{Context, LogLevel, Registry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Logs so many lines; with `gated`, says something first and waits for the gate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Talk {
    lines: u32,
    gated: bool,
    fenced: bool,
}

impl Job for Talk {
    const KIND: &'static str = "test.talk";
}

async fn talk(job: Talk, ctx: Context) -> anyhow::Result<Outcome> {
    ctx.progress(0, Some(u64::from(job.lines)), "beginning");
    ctx.log(LogLevel::Info, "begins", &Value::Null);
    if job.gated {
        nexus_tests::effects::pass_gate(&ctx).await?;
    }
    for n in 1..=job.lines {
        ctx.progress(u64::from(n), Some(u64::from(job.lines)), "talking");
        ctx.log(LogLevel::Debug, "says", &json!({ "n": n }));
    }
    if ctx.attempt() == 1 {
        ctx.log(LogLevel::Error, "fails", &Value::Null);
        anyhow::bail!("at first");
    }
    if job.fenced {
        return Ok(ctx.complete(None, |_| Box::pin(async { Ok(()) })).await?);
    }
    Ok(Outcome::done())
}

fn worker(bed: &TestBed) -> WorkerRun {
    let registry = Registry::new().with::<Talk, _>(talk);
    WorkerRun::with(
        bed,
        bed.transport(),
        nexus_tests::tasks::answering(registry),
    )
}

async fn log(bed: &TestBed, id: JobId) -> Vec<LogLine> {
    let page = jobs::log(&mut *bed.conn().await, id, 0, 10_000).await;
    page.unwrap().lines
}

fn job(lines: u32, gated: bool, fenced: bool) -> NewJob {
    NewJob::of(&Talk {
        lines,
        gated,
        fenced,
    })
    .unwrap()
}

#[tokio::test]
async fn progress_and_log_are_seen_while_the_job_runs_and_kept_when_it_has_ended() {
    in_bed(async |bed| {
        bed.with_effects().await;
        let (_relay, worker, api) = (bed.relay(), worker(bed), ApiRun::start(bed).await);
        let id = bed.enqueue(&[job(3, true, false)]).await[0];
        let (path, shown) = (format!("/v1/jobs/{id}/log"), format!("/v1/jobs/{id}"));
        eventually("its words are seen while it runs", SOON, async || {
            let job = api.get(shown.clone()).await.expect(200);
            let lines = api.get(path.clone()).await.expect(200);
            assert_eq!(job["finished_at"], Value::Null);
            let said = job["progress"]["message"] == "beginning" && lines["lines"][0]["line"] == 1;
            said.then_some(())
        })
        .await;
        bed.open_gate(9).await;
        let ended = bed.end_of(id).await.job;
        assert_eq!(ended.progress.unwrap()["done"], 3, "the last word is kept");
        let lines = log(bed, id).await;
        let said: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line.run,
                    line.line,
                    line.level.as_str(),
                    line.message.as_str(),
                )
            })
            .collect();
        assert_eq!(
            said[..2],
            [(1, 1, "info", "begins"), (1, 2, "debug", "says")]
        );
        assert_eq!(
            said[4..6],
            [(1, 5, "error", "fails"), (2, 1, "info", "begins")]
        );
        assert_eq!(said.len(), 9);
        assert_eq!(lines[1].fields, Some(json!({ "n": 1 })));

        let first = api.get(format!("{path}?limit=4")).await;
        let next = first.header("link").unwrap().to_owned();
        assert_eq!(first.expect(200)["lines"].as_array().unwrap().len(), 4);
        let next = next
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap()
            .to_owned();
        let rest = api.get(next).await.expect(200);
        assert_eq!(rest["lines"][0]["message"], "fails");
        api.get("/v1/jobs/404/log").await.error(404);

        let text = bed.nexus_ok(&["jobs", "log", &id.to_string()]).await;
        assert_eq!(text.lines().count(), 9, "{text}");
        assert!(text.contains("debug says {\"n\":1}"), "{text}");
        let followed = bed
            .nexus_ok(&["jobs", "log", &id.to_string(), "--follow"])
            .await;
        assert_eq!(followed, text);
        let page = bed.nexus_ok(&["jobs", "show", &id.to_string()]).await;
        assert!(
            page.contains("progress      3 of 3 (100 %): talking"),
            "{page}"
        );
        assert_eq!(
            bed.nexus(&["jobs", "log", "404"]).await.status.code(),
            Some(3)
        );
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_job_settled_by_its_own_transaction_keeps_its_last_progress() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), worker(bed));
        let id = bed.enqueue(&[job(5, false, true)]).await[0];
        let ended = bed.end_of(id).await.job;
        assert_eq!(ended.progress.unwrap()["done"], 5);
        worker.stop().await;
        assert_eq!(log(bed, id).await.len(), 13);
    })
    .await;
}

#[tokio::test]
async fn a_log_is_bounded_and_says_how_much_is_missing() {
    let bed = TestBed::with(|settings| settings.workers.job_log_lines_max = 10).await;
    nexus_tests::bounded(async {
        let (_relay, worker) = (bed.relay(), worker(&bed));
        let id = bed.enqueue(&[job(100, false, false)]).await[0];
        bed.end_of(id).await;
        worker.stop().await;
        let lines = log(&bed, id).await;
        let first: Vec<_> = lines.iter().filter(|line| line.run == 1).collect();
        assert_eq!(first.len(), 11);
        let last = first[10];
        assert_eq!(
            (last.line, last.message.as_str()),
            (11, "92 further lines were dropped")
        );
    })
    .await;
}

#[tokio::test]
async fn who_says_nothing_leaves_nothing() {
    in_bed(async |bed| {
        let (_relay, worker) = (bed.relay(), worker(bed));
        let id = bed.enqueue(&[NewJob::of(&Task { n: 2 }).unwrap()]).await[0];
        assert_eq!(bed.end_of(id).await.job.progress, None);
        assert_eq!(bed.count("job_logs", "true").await, 0);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn progress_of_a_claim_that_holds_no_longer_is_not_written() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let conn = &mut *bed.conn().await;
        let held = nexus_tests::Claimant::new().claim_all(conn).await;
        let said = |token| jobs::Progress {
            job: id,
            token,
            done: 1,
            total: None,
            message: None,
        };
        let stale = said(nexus_jobs::Token::random());
        jobs::write_progress(conn, &[stale]).await.unwrap();
        assert_eq!(bed.job(id).await.job.progress, None);
        jobs::write_progress(conn, &[said(held.token)])
            .await
            .unwrap();
        assert_eq!(bed.job(id).await.job.progress.unwrap()["done"], 1);
    })
    .await;
}
