//! Results have a bound.

use nexus_config::Bytes;
use nexus_jobs::NewJob;
use nexus_tests::TestBed;
use nexus_tests::bed::bounded;
use nexus_tests::effects::note;
use nexus_tests::ends::errors;
use nexus_tests::tasks::Task;
use nexus_workers::{Context, Outcome, Registry};
use serde_json::json;

use super::engine;

const MAX: usize = 100;

/// Task `n` answers with a result of `n` bytes, through its context or not.
async fn a_large_result_is_discarded(through_context: bool) {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.result_bytes_max = Bytes::new(MAX as u64);
        })
        .await;
        bed.with_effects().await;
        let registry =
            Registry::new().with::<Task, _>(move |task: Task, ctx: Context| async move {
                let result = Some(json!("x".repeat(usize::try_from(task.n)? - 2)));
                if !through_context {
                    return Ok(Outcome::Done(result));
                }
                let attempt = ctx.clone();
                let done = ctx.complete(result, move |conn| {
                    Box::pin(async move { note(conn, &attempt, "done").await })
                });
                Ok(done.await?)
            });
        let (_relay, worker) = engine(&bed, registry);
        let sized = |bytes: usize| {
            NewJob::of(&Task {
                n: i64::try_from(bytes).unwrap(),
            })
            .unwrap()
        };
        let ids = bed.enqueue(&[sized(MAX), sized(MAX + 1)]).await;
        assert_eq!(bed.end_of(ids[0]).await.job.state, "completed");
        let end = bed.end_of(ids[1]).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("discarded", 1));
        let text = "its result has 101 bytes; at most 100 are kept (workers.result_bytes_max)";
        assert_eq!(errors(&end), [(1, 1, "discarded", text)]);
        assert_eq!(end.job.reason.as_deref(), Some(text));
        assert_eq!(bed.effects("done").await, i64::from(through_context));
        worker.stop().await;
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_large_answer_is_discarded() {
    a_large_result_is_discarded(false).await;
}

#[tokio::test]
async fn a_large_result_through_the_context_is_discarded_and_leaves_nothing() {
    a_large_result_is_discarded(true).await;
}
