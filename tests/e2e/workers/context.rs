//! What a handler commits through its context counts exactly if its claim holds.

use std::sync::Arc;
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::NewJob;
use nexus_schema::{Error, ledger};
use nexus_tests::bed::bounded;
use nexus_tests::effects::{complete_with_effect, note};
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::Task;
use nexus_tests::{TestBed, eventually, in_bed};
use nexus_workers::{Context, Outcome, Registry};
use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::engine;

fn task() -> NewJob {
    NewJob::of(&Task { n: 0 }).unwrap()
}

async fn effect(ctx: &Context, what: &'static str) -> nexus_schema::Result<()> {
    let attempt = ctx.clone();
    ctx.transaction(move |conn| Box::pin(async move { note(conn, &attempt, what).await }))
        .await
}

#[tokio::test]
async fn a_transaction_commits_what_it_did_or_nothing() {
    in_bed(async |bed| {
        bed.with_effects().await;
        let registry = Registry::new().with::<Task, _>(|_: Task, ctx: Context| async move {
            effect(&ctx, "checkpoint").await?;
            let attempt = ctx.clone();
            let failing = ctx.transaction::<(), _>(move |conn| {
                Box::pin(async move {
                    note(conn, &attempt, "rolled back").await?;
                    Err(Error::Invalid("no".into()))
                })
            });
            assert!(matches!(failing.await, Err(Error::Invalid(_))));
            Ok(Outcome::done())
        });
        let (_relay, _worker) = engine(bed, registry);
        let id = bed.enqueue(&[task()]).await[0];
        assert_eq!(bed.end_of(id).await.job.state, "completed");
        assert_eq!(bed.effects("checkpoint").await, 1);
        assert_eq!(bed.effects("rolled back").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_completion_and_its_effect_are_one() {
    in_bed(async |bed| {
        bed.with_effects().await;
        let registry = Registry::new().with::<Task, _>(|_: Task, ctx: Context| async move {
            let attempt = ctx.clone();
            let first = ctx.attempt() == 1;
            let done = ctx.complete(Some(json!({ "sum": 12 })), move |conn| {
                Box::pin(async move {
                    note(conn, &attempt, "done").await?;
                    if first {
                        return Err(Error::Invalid("at the last moment".into()));
                    }
                    Ok(())
                })
            });
            Ok(done.await?)
        });
        let (_relay, _worker) = engine(bed, registry);
        let id = bed.enqueue(&[task()]).await[0];
        let end = bed.end_of(id).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("completed", 2));
        assert_eq!(end.job.result, Some(json!({ "sum": 12 })));
        assert_eq!(errors(&end), [(1, 1, "error", "at the last moment")]);
        bed.assert_each_effect_once(1).await;
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_discard_and_its_effect_are_one() {
    in_bed(async |bed| {
        bed.with_effects().await;
        let registry = Registry::new().with::<Task, _>(|_: Task, ctx: Context| async move {
            let attempt = ctx.clone();
            let dead = ctx.discard("rejected", move |conn| {
                Box::pin(async move { note(conn, &attempt, "done").await })
            });
            Ok(dead.await?)
        });
        let (_relay, _worker) = engine(bed, registry);
        let id = bed.enqueue(&[task()]).await[0];
        let end = bed.end_of(id).await;
        assert_eq!(end.job.state, "discarded");
        assert_eq!(errors(&end), [(1, 1, "discarded", "rejected")]);
        bed.assert_each_effect_once(1).await;
        bed.nothing_is_left().await;
    })
    .await;
}

/// Takes a running job's lease away, as if its worker had been silent.
async fn rescue_the_one_that_runs(bed: &TestBed) {
    eventually("the job is rescued", SOON, async || {
        bed.execute("UPDATE nexus.leases SET expires_at = now() - interval '1 s'")
            .await;
        let rescued = ledger::rescue(&mut *bed.conn().await, 10).await.unwrap();
        (rescued.again.len() == 1).then_some(())
    })
    .await;
}

/// The second run is done, or still runs, when the zombie acts.
async fn a_zombie_leaves_nothing(second_is_done: bool) {
    bounded(async {
        let bed = TestBed::with(|settings| {
            // One beat at the start and no other: the lease is the test's.
            settings.lease.ttl = Span::new(Duration::from_mins(3));
            settings.lease.heartbeat = Span::new(Duration::from_mins(1));
        })
        .await;
        bed.with_effects().await;
        let (started, mut starts) = mpsc::unbounded_channel();
        let (zombie_said, mut zombie_says) = mpsc::unbounded_channel();
        // As far open as runs may go on.
        let (open, gate) = watch::channel(Vec::<u32>::new());
        let open = Arc::new(open);
        let registry = Registry::new().with::<Task, _>(move |_: Task, ctx: Context| {
            let (started, zombie_said) = (started.clone(), zombie_said.clone());
            let mut gate = gate.clone();
            async move {
                started.send(ctx.run())?;
                gate.wait_for(|runs| runs.contains(&ctx.run())).await?;
                if ctx.run() == 1 {
                    let answers = (
                        effect(&ctx, "checkpoint").await,
                        complete_with_effect(&ctx).await,
                    );
                    let stale = matches!(
                        answers,
                        (Err(Error::StaleClaim(_)), Err(Error::StaleClaim(_)))
                    );
                    zombie_said.send(stale)?;
                    anyhow::bail!("from the grave");
                }
                effect(&ctx, "checkpoint").await?;
                Ok(complete_with_effect(&ctx).await?)
            }
        });
        let (_relay, worker) = engine(&bed, registry);
        let id = bed.enqueue(&[task()]).await[0];
        assert_eq!(starts.recv().await, Some(1));
        rescue_the_one_that_runs(&bed).await;
        assert_eq!(starts.recv().await, Some(2));
        let order = if second_is_done { [2, 1] } else { [1, 2] };
        for run in order {
            open.send_modify(|runs| runs.push(run));
            if run == 1 {
                assert_eq!(zombie_says.recv().await, Some(true), "stale, both of them");
            } else {
                bed.end_of(id).await;
            }
        }
        worker.stop().await;
        let end = bed.job(id).await;
        assert_eq!(
            (end.job.state.as_str(), end.job.attempt, end.job.run),
            ("completed", 1, 2)
        );
        assert_eq!(
            end.errors.len(),
            1,
            "the lost lease, not the zombie's error"
        );
        assert_eq!(end.errors[0].reason, "lost_lease");
        assert_eq!(bed.effects("checkpoint").await, 1);
        assert_eq!(bed.count_in("public.effects", "run = 1").await, 0);
        bed.assert_each_effect_once(1).await;
        bed.nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
async fn a_zombie_leaves_nothing_after_the_second_run() {
    a_zombie_leaves_nothing(true).await;
}

#[tokio::test]
async fn a_zombie_leaves_nothing_during_the_second_run() {
    a_zombie_leaves_nothing(false).await;
}
