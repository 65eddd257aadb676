//! A tick while a job of an earlier one is unfinished.

use diesel_async::SimpleAsyncConnection;
use nexus_jobs::{Job, JobId, NewJob, Outcome, Unique};
use nexus_producer::enqueue_in;
use nexus_schema::ledger;
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::{SchedulerRun, TestBed, WorkerRun, bounded, eventually};
use nexus_workers::{Context, Registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{at, bed, fired, log, set, ticking};

async fn end(bed: &TestBed, job: i64) {
    let conn = &mut *bed.conn().await;
    let ids = [JobId(job)];
    ledger::cancel_jobs(conn, &ids, "ended", &actor())
        .await
        .unwrap();
}

#[tokio::test]
async fn jobs_overlap_as_the_policy_says() {
    bounded(async {
        for (policy, expected, unfinished) in [
            (
                "allow",
                vec!["11:00 fired", "12:00 fired", "13:00 fired"],
                3,
            ),
            (
                "skip",
                vec!["11:00 fired", "12:00 skipped", "13:00 skipped"],
                1,
            ),
            (
                "queue_one",
                vec!["11:00 fired", "12:00 fired", "13:00 skipped"],
                2,
            ),
            (
                "cancel_running",
                vec!["11:00 fired", "12:00 fired", "13:00 fired"],
                1,
            ),
        ] {
            let bed = bed().await;
            bed.schedule_time("2026-03-01T10:30:00Z").await;
            set(&bed, "a", ticking("@hourly", json!({ "overlap": policy }))).await;
            let _scheduler = SchedulerRun::start(&bed);
            for clock in [
                "2026-03-01T11:00:00Z",
                "2026-03-01T12:00:00Z",
                "2026-03-01T13:00:00Z",
            ] {
                at(&bed, "a", clock).await;
            }
            assert_eq!(log(&bed, "a").await, expected, "{policy}");
            assert_eq!(bed.count("jobs", "true").await, unfinished, "{policy}");
            let cancelled = "state = 'cancelled' AND ended_by = 'system:scheduler'";
            let called_off = if policy == "cancel_running" { 2 } else { 0 };
            assert_eq!(
                bed.count("job_history", cancelled).await,
                called_off,
                "{policy}"
            );
            // Once there is room, it fires again.
            let view = at(&bed, "a", "2026-03-01T13:30:00Z").await;
            for job in view.open_jobs {
                end(&bed, job).await;
            }
            let view = at(&bed, "a", "2026-03-01T14:00:00Z").await;
            assert_eq!(
                view.last_tick_at,
                Some(super::time("2026-03-01T14:00:00Z")),
                "{policy}"
            );
        }
    })
    .await;
}

/// Ticks that are caught up on at once keep to the policy as well.
#[tokio::test]
async fn ticks_that_come_together_keep_to_the_policy() {
    bounded(async {
        for (policy, jobs) in [
            ("skip", vec!["11:00"]),
            ("queue_one", vec!["11:00", "12:00"]),
            ("cancel_running", vec!["13:00"]),
        ] {
            let bed = bed().await;
            bed.schedule_time("2026-03-01T10:30:00Z").await;
            let catching = json!({ "overlap": policy, "missed": "catch_up" });
            set(&bed, "a", ticking("@hourly", catching)).await;
            bed.schedule_time("2026-03-01T13:30:00Z").await;
            let _scheduler = SchedulerRun::start(&bed);
            let view = at(&bed, "a", "2026-03-01T13:30:00Z").await;
            assert_eq!(view.fired + view.skipped, 3, "{policy}");
            assert_eq!(fired(&bed).await, jobs, "{policy}");
            // A tick that was skipped may be filled in.
            let reserved = i64::try_from(jobs.len()).unwrap();
            assert_eq!(
                bed.count("reservations", "key LIKE 'tick:%'").await,
                reserved
            );
        }
    })
    .await;
}

/// Runs until it is called off.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Endless {
    schedule: String,
    tick: i64,
}

impl Job for Endless {
    const KIND: &'static str = "test.ticked";
}

/// The job that runs is asked to stop, and the next one starts once it has.
#[tokio::test]
async fn the_running_job_is_cancelled_before_the_next_one_starts() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.queues = [("default".to_owned(), 8)].into();
        })
        .await;
        let _relay = bed.relay();
        let registry = nexus_handlers::registry::registry(bed.settings());
        let registry: Registry =
            registry.with::<Endless, _>(|_: Endless, ctx: Context| async move {
                ctx.cancelled().await;
                Ok(Outcome::Cancel("as asked".to_owned()))
            });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        eventually("the kind is known", SOON, async || {
            (bed.count("kinds", "kind = 'test.ticked'").await == 1).then_some(())
        })
        .await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(
            &bed,
            "a",
            ticking("@hourly", json!({ "overlap": "cancel_running" })),
        )
        .await;
        let _scheduler = SchedulerRun::start(&bed);
        let mut before: Option<i64> = None;
        for clock in [
            "2026-03-01T11:00:00Z",
            "2026-03-01T12:00:00Z",
            "2026-03-01T13:00:00Z",
        ] {
            let job = at(&bed, "a", clock).await.last_job.unwrap();
            eventually("the job of the tick runs", SOON, async || {
                (bed.state(JobId(job)).await == "running").then_some(())
            })
            .await;
            if let Some(before) = before.replace(job) {
                assert_eq!(bed.state(JobId(before)).await, "cancelled");
            }
            assert_eq!(bed.count("jobs", "state = 'running'").await, 1);
        }
    })
    .await;
}

/// Somebody's transaction stays open and holds what a tick's job needs.
#[tokio::test]
async fn who_holds_a_key_puts_off_that_schedule_and_no_other() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let mut held = ticking("@hourly", json!({}));
        held["enqueue"]["unique_key"] = json!("daily");
        set(&bed, "held", held).await;
        set(&bed, "zfree", ticking("@hourly", json!({}))).await;
        let args = serde_json::value::to_raw_value(&json!({})).unwrap();
        let theirs = NewJob::raw("test.ticked", args).unwrap();
        let theirs = [theirs.unique(Unique::key("daily"))];
        let mut open = bed.conn().await;
        open.batch_execute("BEGIN").await.unwrap();
        enqueue_in(&mut open, &theirs, &actor(), bed.settings())
            .await
            .unwrap();
        let _scheduler = SchedulerRun::start(&bed);
        at(&bed, "zfree", "2026-03-01T12:00:00Z").await;
        assert_eq!(log(&bed, "zfree").await, ["11:00 fired", "12:00 fired"]);
        assert_eq!(log(&bed, "held").await, Vec::<String>::new());
        open.batch_execute("ROLLBACK").await.unwrap();
        at(&bed, "held", "2026-03-01T12:00:00Z").await;
        // The first one's job has the key while it is unfinished.
        assert_eq!(log(&bed, "held").await, ["11:00 fired", "12:00 skipped"]);
    })
    .await;
}
