//! What a handler answers, and what becomes of its job.

use std::time::Duration;

use nexus_jobs::NewJob;
use nexus_schema::jobs::JobDetail;
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::Task;
use nexus_tests::{TestBed, eventually, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use serde_json::{json, value::RawValue};

use super::engine;

fn task() -> NewJob {
    NewJob::of(&Task { n: 0 }).unwrap()
}

/// A registry whose task does what `act` says for each attempt.
fn doing(act: fn(&Context) -> anyhow::Result<Outcome>) -> Registry {
    Registry::new().with::<Task, _>(move |_: Task, ctx: Context| async move { act(&ctx) })
}

/// One job's end under a handler.
async fn end_of(
    bed: &TestBed,
    job: NewJob,
    act: fn(&Context) -> anyhow::Result<Outcome>,
) -> JobDetail {
    let (_relay, worker) = engine(bed, doing(act));
    let id = bed.enqueue(&[job]).await[0];
    let end = bed.end_of(id).await;
    worker.stop().await;
    bed.nothing_is_left().await;
    end
}

#[tokio::test]
async fn an_error_is_retried_and_discards_at_the_last_attempt() {
    in_bed(async |bed| {
        let end = end_of(bed, task().attempts(3), |ctx| {
            assert_eq!(ctx.is_last_attempt(), ctx.attempt() == 3);
            anyhow::bail!("no {}", ctx.attempt())
        })
        .await;
        assert_eq!(
            (end.job.state.as_str(), end.job.attempt, end.job.run),
            ("discarded", 3, 3)
        );
        assert_eq!(end.job.reason.as_deref(), Some("no 3"));
        let expected = [
            (1, 1, "error", "no 1"),
            (2, 2, "error", "no 2"),
            (3, 3, "error", "no 3"),
        ];
        assert_eq!(errors(&end), expected);
    })
    .await;
}

#[tokio::test]
async fn a_success_keeps_the_error_before_it() {
    in_bed(async |bed| {
        let end = end_of(bed, task(), |ctx| {
            anyhow::ensure!(ctx.attempt() > 1, "not yet");
            Ok(Outcome::Done(Some(json!({ "rows": [1, 2] }))))
        })
        .await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 2));
        assert_eq!(end.job.result, Some(json!({ "rows": [1, 2] })));
        assert_eq!(errors(&end), [(1, 1, "error", "not yet")]);
    })
    .await;
}

#[tokio::test]
async fn a_handler_chooses_how_long_a_retry_waits() {
    in_bed(async |bed| {
        let (_relay, _worker) = engine(
            bed,
            doing(|_| {
                Ok(Outcome::Retry {
                    error: "busy".into(),
                    after: Some(Duration::from_hours(1)),
                })
            }),
        );
        let id = bed.enqueue(&[task()]).await[0];
        let later = "due_at BETWEEN now() + interval '55 min' AND now() + interval '1 h'";
        eventually("the job waits", SOON, async || {
            let waits = format!("state = 'retryable' AND {later}");
            (bed.count("jobs", &waits).await == 1).then_some(())
        })
        .await;
        assert_eq!(bed.count("dispatch", later).await, 1);
        assert_eq!(errors(&bed.job(id).await), [(1, 1, "error", "busy")]);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_spends_no_attempt() {
    in_bed(async |bed| {
        let end = end_of(bed, task().attempts(1), |ctx| {
            assert_eq!(ctx.attempt(), 1);
            Ok(match ctx.run() {
                1..=3 => Outcome::Snooze(Duration::from_millis(1)),
                _ => Outcome::done(),
            })
        })
        .await;
        assert_eq!(
            (end.job.state.as_str(), end.job.attempt, end.job.run),
            ("completed", 1, 4)
        );
        assert_eq!(errors(&end), []);
    })
    .await;
}

#[tokio::test]
async fn a_handler_discards_its_job_with_a_reason() {
    in_bed(async |bed| {
        let end = end_of(bed, task(), |_| Ok(Outcome::Discard("no such file".into()))).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("discarded", 1));
        assert_eq!(end.job.reason.as_deref(), Some("no such file"));
        assert_eq!(errors(&end), [(1, 1, "discarded", "no such file")]);
    })
    .await;
}

#[tokio::test]
async fn a_handler_cancels_its_job_with_a_reason() {
    in_bed(async |bed| {
        let end = end_of(bed, task(), |_| Ok(Outcome::Cancel("not wanted".into()))).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("cancelled", 1));
        assert_eq!(end.job.reason.as_deref(), Some("not wanted"));
        assert_eq!(errors(&end), []);
    })
    .await;
}

#[tokio::test]
async fn arguments_of_another_shape_are_tried_once() {
    in_bed(async |bed| {
        let args = RawValue::from_string(r#"{"n":"seven"}"#.into()).unwrap();
        let job = NewJob::raw(<Task as nexus_workers::Job>::KIND, args).unwrap();
        let end = end_of(bed, job, |_| Ok(Outcome::done())).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("discarded", 1));
        assert_eq!(end.errors.len(), 1);
        assert_eq!(end.errors[0].reason, "undecodable");
        assert!(end.errors[0].error.contains("seven"), "{:?}", end.errors);
    })
    .await;
}

/// Postgres's text cannot hold NUL; an answer that does must harm neither its job
/// nor those that are settled with it.
#[tokio::test]
async fn an_answer_that_the_ledger_cannot_hold_harms_nobody() {
    in_bed(async |bed| {
        let registry = Registry::new().with::<Task, _>(|task: Task, _: Context| async move {
            let text = "a\0b".to_owned();
            Ok(match task.n {
                0 => Outcome::Discard(text),
                1 => Outcome::Cancel(text),
                2 => Outcome::Retry {
                    error: text,
                    after: None,
                },
                _ => Outcome::Done(Some(json!({ text: "\0" }))),
            })
        });
        let (_relay, _worker) = engine(bed, registry);
        let jobs: Vec<_> = (0..20)
            .map(|n| NewJob::of(&Task { n }).unwrap().attempts(2))
            .collect();
        let ids = bed.enqueue(&jobs).await;
        let mut ends = Vec::new();
        for id in ids {
            ends.push(bed.end_of(id).await);
        }
        let states: Vec<_> = ends.iter().map(|end| end.job.state.as_str()).collect();
        assert_eq!(states[..3], ["discarded", "cancelled", "discarded"]);
        assert!(states[3..].iter().all(|state| *state == "completed"));
        assert!(
            ends[..3]
                .iter()
                .all(|end| end.job.reason.as_deref() == Some("ab"))
        );
        assert_eq!(
            errors(&ends[2]),
            [(1, 1, "error", "ab"), (2, 2, "error", "ab")]
        );
        bed.nothing_is_left().await;
    })
    .await;
}

/// Whatever the ledger refuses of one job's outcome, those settled with it are
/// settled, and the job has failed its attempts, with the reason.
#[tokio::test]
async fn a_refused_outcome_fails_its_own_job_only() {
    in_bed(async |bed| {
        bed.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.result::text LIKE '%poison%' THEN RAISE EXCEPTION 'not in here'; END IF; \
             RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nexus.job_history \
             FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
        let registry = Registry::new().with::<Task, _>(|task: Task, _: Context| async move {
            let result = if task.n == 3 { "poison" } else { "food" };
            Ok(Outcome::Done(Some(json!(result))))
        });
        let (_relay, worker) = engine(bed, registry);
        let jobs: Vec<_> = (0..20)
            .map(|n| NewJob::of(&Task { n }).unwrap().attempts(2))
            .collect();
        let ids = bed.enqueue(&jobs).await;
        for (n, id) in ids.into_iter().enumerate() {
            let end = bed.end_of(id).await;
            if n == 3 {
                let text = "its outcome cannot be kept: Postgres: not in here";
                assert_eq!(end.job.state, "discarded");
                assert_eq!(errors(&end), [(1, 1, "error", text), (2, 2, "error", text)]);
            } else {
                assert_eq!((end.job.state.as_str(), end.job.run), ("completed", 1));
            }
        }
        worker.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}
