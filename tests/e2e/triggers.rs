//! Triggers: an event enqueues a job, once, and never without end.

mod bounds;
mod edits;
mod once;
mod topics;
mod try_out;

use nexus_jobs::trigger::Definition;
use nexus_jobs::{Job, Outcome};
use nexus_producer::triggers::{self, Evaluator};
use nexus_schema::triggers::TriggerView;
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::tasks::Task;
use nexus_tests::{TestBed, WorkerRun, bounded, eventually};
use nexus_workers::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

/// An evaluator that runs beside a test; it stops when dropped.
struct EvaluatorRun {
    _stop: DropGuard,
}

impl EvaluatorRun {
    fn start(bed: &TestBed) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(Evaluator::new(bed.pool().clone(), bed.settings()).run(stop.clone()));
        Self {
            _stop: stop.drop_guard(),
        }
    }
}

async fn bed() -> TestBed {
    TestBed::with(|settings| {
        settings.workers.queues = [("default", 8), ("noop", 8), ("datasets", 2)]
            .map(|(queue, most)| (queue.to_owned(), most))
            .into();
        settings.triggers.poll = "5ms".parse().unwrap();
    })
    .await
}

fn definition(json: Value) -> Definition {
    serde_json::from_value(json).unwrap()
}

async fn set(bed: &TestBed, name: &str, json: Value) -> TriggerView {
    let conn = &mut *bed.conn().await;
    triggers::set(conn, name, definition(json), &actor())
        .await
        .unwrap()
}

async fn trigger(bed: &TestBed, name: &str) -> TriggerView {
    let conn = &mut *bed.conn().await;
    nexus_schema::triggers::find(conn, name).await.unwrap()
}

/// Waits until a trigger has fired, passed over or failed so many events in all.
async fn met(bed: &TestBed, name: &str, events: i64) -> TriggerView {
    let what = format!("{name} meets {events} events");
    eventually(&what, SOON, async || {
        let trigger = trigger(bed, name).await;
        (trigger.fired + trigger.skipped + trigger.failed >= events).then_some(trigger)
    })
    .await
}

/// What is done with a dataset once it is loaded: a kind of the test's own, until the platform's land.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowUp {
    dataset_id: i64,
    rows: i64,
    title: String,
}

impl Job for FollowUp {
    const KIND: &'static str = "test.follow_up";
}

/// The platform's own example: a dataset is asked for, loaded, and followed up.
#[tokio::test]
async fn a_dataset_that_is_loaded_is_followed_up() {
    bounded(async {
        let bed = bed().await;
        let _relay = bed.relay();
        let _evaluator = EvaluatorRun::start(&bed);
        let registry = nexus_handlers::registry::registry(bed.settings());
        let registry = registry.with::<FollowUp, _>(|job: FollowUp, _: Context| async move {
            Ok(Outcome::Done(Some(serde_json::to_value(job)?)))
        });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        let shipped = include_str!("../../examples/triggers/after-load.json");
        set(&bed, "after-load", serde_json::from_str(shipped).unwrap()).await;
        set(
            &bed,
            "follow-up",
            json!({
                "on": { "type": "dataset.loaded" },
                "when": [{ "path": "$.data.rows_loaded", "above": 0 }],
                "enqueue": { "kind": "test.follow_up", "args": {
                    "dataset_id": "{{ $.data.dataset_id }}",
                    "rows": "{{ $.data.rows_loaded }}",
                    "title": "{{ $.subject }} of case {{ $.data.case_id }}",
                }},
            }),
        )
        .await;
        let (csv, expected) = generated(50, 1, 0);
        let requested = bed.ask(&bed.data_file("a.csv", csv), CANONICAL).await;
        let ended = bed.ended(requested).await;
        let fired = met(&bed, "follow-up", 1).await;
        assert_eq!((fired.fired, fired.failed), (1, 0), "{fired:?}");
        bed.all_complete(3).await;

        let conn = &mut *bed.conn().await;
        let log = nexus_schema::triggers::log(conn, "follow-up", None, 10)
            .await
            .unwrap();
        let job = bed
            .job(nexus_jobs::JobId(log.entries[0].job_id.unwrap()))
            .await;
        let result = job.job.result.unwrap();
        assert_eq!(result["dataset_id"], requested.dataset_id.0);
        assert_eq!(result["rows"], expected.loaded);
        let case = ended.dataset.dataset.case_id;
        let title = format!("dataset {} of case {case}", requested.dataset_id);
        assert_eq!(result["title"], title);
        assert_eq!(job.job.created_by, "trigger:follow-up");
        // The shipped one enqueues a kind that is there already.
        assert_eq!(met(&bed, "after-load", 1).await.fired, 1);
    })
    .await;
}

/// A kind's queue and band are what its workers said, for a kind that is known by its name alone.
#[tokio::test]
async fn a_job_takes_what_is_known_of_its_kind() {
    bounded(async {
        let bed = bed().await;
        let _evaluator = EvaluatorRun::start(&bed);
        bed.execute(
            "INSERT INTO nexus.kinds (kind, queue, band, entry_ids, attempts_max) \
             VALUES ('test.known', 'quiet', 3, 1, 2)",
        )
        .await;
        let on = json!({ "type": "job.enqueued", "kind": "test.task" });
        set(&bed, "a", json!({ "on": on, "enqueue": { "kind": "test.known" } })).await;
        bed.enqueue(&nexus_tests::tasks::many(2, |n| Task { n })).await;
        met(&bed, "a", 2).await;
        let known = "kind = 'test.known' AND queue = 'quiet' AND band = 3 AND attempts_max = 2 AND depth = 1";
        assert_eq!(bed.count("jobs", known).await, 2);
        assert_eq!(bed.count("dispatch", "queue = 'quiet' AND cardinality(job_ids) = 1").await, 2);
    })
    .await;
}
