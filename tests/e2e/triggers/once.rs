//! Each event fires a trigger once, however often it is delivered, and by however many.

use diesel_async::SimpleAsyncConnection;
use nexus_tests::bounded;
use nexus_tests::eventually;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{Task, many};
use serde_json::json;

use super::{EvaluatorRun, bed, met, set, trigger};

fn on_tasks() -> serde_json::Value {
    json!({
        "on": { "type": "job.enqueued", "kind": "test.task" },
        "enqueue": { "kind": "noop", "args": { "padding": "{{ $.id }}" } },
    })
}

#[tokio::test]
async fn an_event_that_comes_again_fires_nothing() {
    bounded(async {
        let bed = bed().await;
        set(&bed, "a", on_tasks()).await;
        let _evaluator = EvaluatorRun::start(&bed);
        bed.enqueue(&many(3, |n| Task { n })).await;
        met(&bed, "a", 3).await;
        // The same three again, and a fourth.
        let again = "INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, job_ids, runs) \
                     VALUES ('triggers', 1, 'job.enqueued', 'test.task', 'default', '{1,2,3,99}', '{0,0,0,0}')";
        for _ in 0..3 {
            bed.conn().await.batch_execute(again).await.unwrap();
        }
        eventually("all are judged", SOON, async || {
            (bed.count("events", "true").await == 0).then_some(())
        })
        .await;
        assert_eq!(trigger(&bed, "a").await.fired, 4);
        assert_eq!(bed.count("jobs", "kind = 'noop'").await, 4);
        assert_eq!(bed.count("trigger_log", "outcome = 'fired'").await, 4);
        // Also once the job that it fired has ended.
        bed.execute(
            "WITH gone AS (DELETE FROM nexus.jobs WHERE kind = 'noop' RETURNING *) \
             INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, \
                 attempt, attempts_max, lost_leases, args, created_at, created_by, finished_at) \
             SELECT id, tenant_id, kind, queue, band, 'completed', due_at, 1, 1, 5, 0, args, \
                 created_at, created_by, now() FROM gone",
        )
        .await;
        bed.conn().await.batch_execute(again).await.unwrap();
        eventually("all are judged", SOON, async || {
            (bed.count("events", "true").await == 0).then_some(())
        })
        .await;
        assert_eq!(trigger(&bed, "a").await.fired, 4);
    })
    .await;
}

#[tokio::test]
async fn evaluators_side_by_side_fire_each_event_once() {
    bounded(async {
        let bed = bed().await;
        set(&bed, "a", on_tasks()).await;
        set(&bed, "b", on_tasks()).await;
        for _ in 0..30 {
            bed.enqueue(&many(5, |n| Task { n })).await;
        }
        let _evaluators: Vec<_> = (0..3).map(|_| EvaluatorRun::start(&bed)).collect();
        for _ in 0..30 {
            bed.enqueue(&many(5, |n| Task { n })).await;
        }
        for name in ["a", "b"] {
            assert_eq!(met(&bed, name, 300).await.fired, 300);
        }
        let distinct = "(SELECT DISTINCT args ->> 'padding' AS of, created_by FROM nexus.jobs \
                         WHERE kind = 'noop') AS fired";
        assert_eq!(bed.count_in(distinct, "true").await, 600);
        assert_eq!(bed.count("jobs", "kind = 'noop'").await, 600);
        assert_eq!(bed.count("events", "true").await, 0);
    })
    .await;
}
