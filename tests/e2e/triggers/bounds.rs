//! What looks like a loop is stopped and reported; what fails harms nobody else.

use nexus_jobs::NewJob;
use nexus_tests::bed::noop;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{WorkerRun, bounded};
use nexus_workers::Context;
use serde_json::json;

use super::{EvaluatorRun, bed, met, set, trigger};

#[tokio::test]
async fn a_trigger_that_fires_itself_ends_at_its_depth() {
    bounded(async {
        let bed = bed().await;
        let _relay = bed.relay();
        let _evaluator = EvaluatorRun::start(&bed);
        let _worker = WorkerRun::start(&bed);
        let mut itself = json!({
            "on": { "type": "job.completed", "kind": "noop" },
            "enqueue": { "kind": "noop", "args": { "padding": "after {{ $.data.job }}" } },
            "depth_max": 3,
        });
        set(&bed, "itself", itself.clone()).await;
        bed.enqueue_noops(1).await;
        let stopped = met(&bed, "itself", 4).await;
        assert_eq!((stopped.fired, stopped.skipped), (3, 1));
        assert!(stopped.enabled);
        let why = stopped.skipped_why.unwrap();
        assert_eq!(why, "trigger 4 in a row; at most 3 are allowed (depth_max)");
        bed.all_complete(4).await;
        // Of two that fire each other, both count.
        itself["enqueue"]["kind"] = json!("test.task");
        itself["enqueue"]["args"] = json!({ "n": 2 });
        set(&bed, "itself", itself).await;
        let back = json!({
            "on": { "type": "job.enqueued", "kind": "test.task" }, "enqueue": { "kind": "noop" },
            "depth_max": 4,
        });
        set(&bed, "back", back).await;
        bed.enqueue_noops(1).await;
        met(&bed, "itself", 4 + 3).await;
        assert_eq!(trigger(&bed, "back").await.fired, 2);
        assert_eq!(trigger(&bed, "itself").await.fired, 3 + 2);
    })
    .await;
}

/// The trigger enqueues a job whose handler enqueues the one that fires the trigger.
#[tokio::test]
async fn a_loop_through_a_handler_ends_at_its_depth() {
    bounded(async {
        let bed = bed().await;
        let _relay = bed.relay();
        let _evaluator = EvaluatorRun::start(&bed);
        let registry = nexus_handlers::registry::registry(bed.settings());
        let registry = registry.with::<Task, _>(|_: Task, ctx: Context| async move {
            let own = ctx.clone();
            let done = ctx.complete(None, move |conn| {
                Box::pin(async move { own.enqueue(conn, &[noop()]).await.map(|_| ()) })
            });
            Ok(done.await?)
        });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        let around = json!({
            "on": { "type": "job.completed", "kind": "noop" },
            "enqueue": { "kind": "test.task", "args": { "n": 1 } },
            "depth_max": 3,
        });
        set(&bed, "around", around).await;
        bed.enqueue_noops(1).await;
        let stopped = met(&bed, "around", 4).await;
        assert_eq!((stopped.fired, stopped.skipped), (3, 1));
        assert!(stopped.enabled);
        bed.all_complete(7).await;
        let by_handler = "kind = 'noop' AND created_by LIKE 'job:%'";
        assert_eq!(bed.count("job_history", by_handler).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_trigger_that_fires_too_often_is_disabled_with_its_reason() {
    bounded(async {
        let bed = bed().await;
        let _evaluator = EvaluatorRun::start(&bed);
        let often = json!({
            "on": { "type": "job.enqueued", "kind": "test.task" },
            "enqueue": { "kind": "noop" },
            "rate_per_minute": 5,
        });
        set(&bed, "often", often).await;
        bed.enqueue(&many(20, |n| Task { n })).await;
        let stopped = met(&bed, "often", 20).await;
        assert_eq!(
            (stopped.fired, stopped.skipped, stopped.enabled),
            (5, 15, false)
        );
        let reason = stopped.reason.clone().unwrap();
        assert_eq!(reason, "more than 5 jobs a minute (rate_per_minute)");
        let listed = bed.nexus_ok(&["triggers", "list"]).await;
        assert!(
            listed.contains("disabled") && listed.contains("more than"),
            "{listed}"
        );
        // Nothing is written for it any more.
        bed.enqueue(&many(20, |n| Task { n })).await;
        assert_eq!(bed.count("events", "true").await, 0);
        let versions = bed
            .nexus_ok(&["triggers", "versions", "often", "--json"])
            .await;
        let versions: serde_json::Value = serde_json::from_str(&versions).unwrap();
        assert_eq!(versions[0]["changed_by"], "system:triggers");
        assert_eq!(versions[0]["reason"], reason.as_str());
        // Enabled again, it starts over.
        bed.nexus_ok(&["triggers", "enable", "often"]).await;
        bed.enqueue(&many(1, |n| Task { n })).await;
        assert_eq!(met(&bed, "often", 21).await.fired, 6);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_makes_no_job_is_logged_and_passed() {
    bounded(async {
        let bed = bed().await;
        let _evaluator = EvaluatorRun::start(&bed);
        let on = json!({ "type": "job.enqueued", "kind": "test.task" });
        for (name, enqueue) in [
            ("good", json!({ "kind": "noop" })),
            ("missing", json!({ "kind": "noop", "args": { "padding": "{{ $.nothing }}" } })),
            ("shape", json!({ "kind": "noop", "args": { "padding": "{{ $.data.job }}" } })),
            ("large", json!({ "kind": "other", "args": { "a": "{{ $.data.args.padding }}{{ $.data.args.padding }}" } })),
        ] {
            set(&bed, name, json!({ "on": on, "enqueue": enqueue })).await;
        }
        let mut job = NewJob::raw("test.task", noop().args).unwrap();
        let padding = "x".repeat(40 * 1024);
        job.args = serde_json::value::to_raw_value(&json!({ "padding": padding })).unwrap();
        bed.enqueue(&[job]).await;
        for (name, words) in [
            ("missing", "$.nothing selects nothing"),
            ("shape", "its arguments: "),
            ("large", "enqueue.args_bytes_max"),
        ] {
            let failed = met(&bed, name, 1).await;
            assert_eq!((failed.fired, failed.failed, failed.enabled), (0, 1, true));
            let why = failed.skipped_why.unwrap();
            assert!(why.contains(words), "{name}: {why}");
        }
        assert_eq!(met(&bed, "good", 1).await.fired, 1);
        let log = bed.nexus_ok(&["triggers", "log", "missing"]).await;
        assert!(log.contains("failed") && log.contains("1.0.enqueued"), "{log}");
        assert_eq!(bed.count("events", "true").await, 0);
    })
    .await;
}
