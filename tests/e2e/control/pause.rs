use std::time::Duration;

use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, Task, many};
use nexus_tests::{TestBed, WorkerRun, eventually};

use super::{
    Gated, PAUSED, another_queue_works, assert_nothing_was_lost, bed_with_room_for, noop_and_task,
    pause, resume, scale, so_many_say, started,
};
use crate::workers::engine;

/// Once both processes say that they have paused, not one job more is started; and what was
/// fetched by then is neither lost nor late afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_queue_starts_nothing_anywhere_until_it_is_resumed() {
    bounded(async {
        let bed = bed_with_room_for(3).await;
        // However late the pause comes, some of the load is left by then.
        let gated = Gated::new();
        gated.let_go(3000);
        for _ in 0..4 {
            bed.enqueue(&many(1000, |n| HeavyTask { n })).await;
        }
        let (_relay, one) = engine(&bed, gated.registry());
        let other = WorkerRun::with(&bed, bed.transport(), gated.registry());
        eventually("the load is under way", SOON, async || {
            (bed.count("job_history", "true").await > 50).then_some(())
        })
        .await;
        pause(&bed).await;
        so_many_say(&bed, 2, PAUSED).await;
        let by_then = started(&bed).await;
        gated.let_go(4000);
        eventually("what ran ends", SOON, async || {
            (bed.count("jobs", "state = 'running'").await == 0).then_some(())
        })
        .await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, by_then);
        assert!(by_then < 4000, "the gate held some back");
        scale(&bed, Some(200)).await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, by_then, "a number is no resume");
        resume(&bed).await;
        bed.all_complete(4006).await;
        assert_nothing_was_lost(&bed).await;
        tokio::join!(one.stop(), other.stop());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_when_a_pause_comes_runs_on() {
    bounded(async {
        let bed = bed_with_room_for(2).await;
        let gated = Gated::new();
        let (_relay, worker) = engine(&bed, gated.registry());
        bed.enqueue(&many(5, |n| HeavyTask { n })).await;
        gated.run(2).await;
        pause(&bed).await;
        so_many_say(&bed, 1, &format!("{PAUSED} AND q->>'running' = '2'")).await;
        gated.let_go(5);
        gated.run(0).await;
        another_queue_works(&bed).await;
        assert_eq!(started(&bed).await, 2);
        resume(&bed).await;
        bed.all_complete(8).await;
        assert_nothing_was_lost(&bed).await;
        worker.stop().await;
    })
    .await;
}

/// The broker is full of the paused queue's jobs, and more of them are due.
#[tokio::test]
async fn the_relay_sleeps_beside_a_paused_queue() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.relay.broker_ids_max = 100;
            // Only a NOTIFY ends a sleep in time.
            settings.relay.poll_idle = nexus_config::Span::new(Duration::from_secs(20));
            settings.relay.epoch_check = nexus_config::Span::new(Duration::from_secs(20));
        })
        .await;
        pause(&bed).await;
        let (_relay, worker) = engine(&bed, noop_and_task());
        bed.enqueue(&many(1000, |n| Task { n })).await;
        let asleep = async || {
            eventually("the relay sleeps", SOON, async || {
                (bed.count("relays", "sleeping").await == 1).then_some(())
            })
            .await;
        };
        eventually("the broker is full", SOON, async || {
            (bed.count("dispatch", "epoch IS NOT NULL").await > 0).then_some(())
        })
        .await;
        asleep().await;
        assert!(bed.count("dispatch", "epoch IS NULL").await > 0);
        // It is woken by what is enqueued elsewhere, and sleeps again.
        another_queue_works(&bed).await;
        asleep().await;
        assert_eq!(started(&bed).await, 0);
        resume(&bed).await;
        // Its waking may be far off; an enqueue brings it about.
        another_queue_works(&bed).await;
        bed.all_complete(1006).await;
        worker.stop().await;
    })
    .await;
}
