use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, Task, many};
use nexus_tests::{WorkerRun, eventually};

use super::{
    Gated, PAUSED, another_queue_works, assert_nothing_was_lost, bed_with_room_for, pause, resume,
    scale, so_many_say, started,
};
use crate::workers::engine;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_scaled_up_and_down_while_its_jobs_run() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        let gated = Gated::new();
        let (_relay, worker) = engine(&bed, gated.registry());
        bed.enqueue(&many(100, |n| HeavyTask { n })).await;
        gated.run(2).await;

        scale(&bed, Some(9)).await;
        gated.run(9).await;
        so_many_say(&bed, 1, "q->>'desired' = '9' AND q->>'running' = '9'").await;

        // Those beyond the new number run on; none follows them.
        scale(&bed, Some(3)).await;
        so_many_say(&bed, 1, "q->>'desired' = '3'").await;
        gated.let_go(6);
        gated.run(3).await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, 9);
        gated.watch();
        gated.let_go(20);
        eventually("twenty more have followed", SOON, async || {
            (started(&bed).await == 29).then_some(())
        })
        .await;
        gated.run(3).await;
        assert_eq!(gated.most(), 3, "never more once settled");

        scale(&bed, Some(0)).await;
        so_many_say(&bed, 1, "q->>'desired' = '0'").await;
        gated.let_go(3);
        gated.run(0).await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, 29);

        scale(&bed, None).await;
        gated.run(2).await;
        so_many_say(&bed, 1, "q->>'desired' = '2'").await;
        scale(&bed, Some(50)).await;
        gated.let_go(100);
        bed.all_complete(106).await;
        assert_nothing_was_lost(&bed).await;
        worker.stop().await;
    })
    .await;
}

/// One entry carries them all, and one loop holds it: the others must not keep the places for
/// entries that do not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_entry_fills_every_place() {
    bounded(async {
        let bed = bed_with_room_for(7).await;
        let all_run = std::sync::Arc::new(tokio::sync::Barrier::new(7));
        let registry = nexus_workers::Registry::new().with::<Task, _>(
            move |_: Task, _: nexus_workers::Context| {
                let all_run = std::sync::Arc::clone(&all_run);
                async move {
                    all_run.wait().await;
                    Ok(nexus_workers::Outcome::done())
                }
            },
        );
        let (_relay, worker) = engine(&bed, registry);
        bed.enqueue(&many(70, |n| Task { n })).await;
        bed.all_complete(70).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_process_comes_up_as_the_operator_asked() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        scale(&bed, Some(5)).await;
        pause(&bed).await;
        bed.enqueue(&many(20, |n| HeavyTask { n })).await;
        let gated = Gated::new();
        let (_relay, one) = engine(&bed, gated.registry());
        so_many_say(&bed, 1, PAUSED).await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, 0, "not even at first");
        resume(&bed).await;
        gated.run(5).await;
        let other = WorkerRun::with(&bed, bed.transport(), gated.registry());
        gated.run(10).await;
        so_many_say(&bed, 2, "q->>'desired' = '5' AND q->>'paused' = 'false'").await;
        gated.let_go(20);
        bed.all_complete(23).await;
        assert!(gated.most() <= 10);
        assert_nothing_was_lost(&bed).await;
        tokio::join!(one.stop(), other.stop());
    })
    .await;
}
