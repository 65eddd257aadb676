//! What handlers emit: told exactly if their transaction commits.

use nexus_jobs::{Emitted, Outcome};
use nexus_schema::{Error, events};
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::tasks::{Task, many};
use nexus_tests::{Claimant, TestBed, WorkerRun, bounded, in_bed};
use nexus_workers::{Context, Registry};
use serde_json::json;

use super::{listen, told};

/// Emits `task.done` as it completes; an odd one also at its first attempt, and then fails.
async fn emitting(task: Task, ctx: Context) -> anyhow::Result<Outcome> {
    let own = ctx.clone();
    let found =
        Emitted::new("task.done", json!({ "n": task.n })).subject(format!("task {}", task.n));
    if task.n % 2 == 1 && ctx.attempt() == 1 {
        let failed: Result<(), Error> = ctx
            .transaction(move |conn| {
                Box::pin(async move {
                    own.emit(conn, &found).await?;
                    Err(Error::Invalid("after it was emitted".into()))
                })
            })
            .await;
        failed?;
    }
    let own = ctx.clone();
    let found = Emitted::new("task.done", json!({ "n": task.n })).id(format!("task {}", task.n));
    let done = ctx.complete(None, move |conn| {
        Box::pin(async move { own.emit(conn, &found).await })
    });
    Ok(done.await?)
}

#[tokio::test]
async fn what_a_handler_emits_is_told_with_its_commit() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.queues = [("default".to_owned(), 8)].into();
        })
        .await;
        listen(&bed, &["task.done"]).await;
        let _relay = bed.relay();
        let registry = Registry::new().with::<Task, _>(emitting);
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        bed.enqueue(&many(4, |n| Task { n })).await;
        bed.all_complete(4).await;
        let events = told(&mut *bed.conn().await).await;
        let mut ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
        ids.sort();
        let expected: Vec<_> = (0..4).map(|n| format!("task.done/task {n}")).collect();
        assert_eq!(ids, expected);
        assert!(events.iter().all(|event| event.event_type == "task.done"
            && event.kind.as_deref() == Some("test.task")
            && event.job.is_some()));
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_over_tells_nothing_and_wrong_events_are_refused() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        bed.execute("DELETE FROM nexus.events").await;
        let ids = bed.enqueue_noops(1).await;
        bed.execute("DELETE FROM nexus.events").await;
        let conn = &mut *bed.conn().await;
        let stale = nexus_jobs::Token::random();
        let found = Emitted::new("a.b", json!(1));
        events::emit(conn, ids[0], stale, &found, 100)
            .await
            .unwrap();
        assert_eq!(told(conn).await, []);
        let claimed = Claimant::new().claim_all(conn).await;
        for wrong in [
            Emitted::new("job.done", json!(1)),
            Emitted::new("a", json!("x".repeat(99))),
        ] {
            let refused = events::emit(conn, ids[0], claimed.token, &wrong, 100).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_dataset_that_is_loaded_says_so() {
    in_bed(async |bed| {
        listen(bed, &["dataset.loaded"]).await;
        let _relay = bed.relay();
        let _worker = WorkerRun::start(bed);
        let (csv, expected) = generated(50, 1, 40);
        let requested = bed.ask(&bed.data_file("a.csv", csv), CANONICAL).await;
        bed.ended(requested).await;
        let events = told(&mut *bed.conn().await).await;
        let [event] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(event.id, format!("dataset.loaded/{}", requested.load_id));
        assert_eq!(
            event.subject,
            Some(format!("dataset {}", requested.dataset_id))
        );
        assert_eq!(event.data["dataset_id"], requested.dataset_id.0);
        assert_eq!(event.data["rows_read"], 50);
        assert_eq!(event.data["rows_loaded"], expected.loaded);
    })
    .await;
}
