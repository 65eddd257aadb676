//! A backlog that piled up, and several ingests at it.

use nexus_jobs::Job;
use nexus_jobs::kinds::Noop;
use nexus_tests::eventually::SOON;
use nexus_tests::inbox_run::take_inbox;
use nexus_tests::{InboxRun, TestBed, bounded, eventually};

use super::{counted, inbox_bed, inbox_is_empty, jobs_are, push};

#[tokio::test]
async fn a_hundred_thousand_tasks_pushed_with_ingest_down_are_jobs_once_it_is_up() {
    const TASKS: usize = 100_000;
    bounded(async {
        let bed = inbox_bed().await;
        push(&bed, 0, TASKS).await;
        let ingest = InboxRun::start(&bed);
        jobs_are(&bed, 100_000).await;
        inbox_is_empty(&bed).await;
        assert_eq!(counted(ingest.stats()), (100_000, 0, 0));
        assert_eq!(bed.count("reservations", "outlives").await, 100_000);
    })
    .await;
}

/// Each takes the queue over from the other all the time, so that both move the same tasks.
#[tokio::test]
async fn two_ingests_at_once_make_no_job_twice() {
    const TASKS: usize = 10_000;
    bounded(async {
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND);
            settings.inbox.poll = "1ms".parse().unwrap();
            settings.inbox.takeover_after = "1ms".parse().unwrap();
            settings.inbox.chunk_tasks = 100;
        })
        .await;
        push(&bed, 0, TASKS).await;
        let ingests = [InboxRun::start(&bed), InboxRun::start(&bed)];
        jobs_are(&bed, 10_000).await;
        inbox_is_empty(&bed).await;
        let taken = ingests.each_ref().map(|ingest| counted(ingest.stats()));
        let [(one, known_one, _), (two, known_two, _)] = taken;
        assert_eq!(one + two, 10_000, "{taken:?}");
        assert!(known_one + known_two > 0, "they never met: {taken:?}");
        for ingest in ingests {
            ingest.stop().await;
        }
        jobs_are(&bed, 10_000).await;
    })
    .await;
}

#[tokio::test]
async fn another_ingest_takes_the_queue_over_where_the_first_is_gone() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            take_inbox(settings, Noop::KIND);
            settings.inbox.takeover_after = "300ms".parse().unwrap();
        })
        .await;
        let first = InboxRun::start(&bed);
        push(&bed, 0, 10).await;
        jobs_are(&bed, 10).await;
        let second = InboxRun::start(&bed);
        first.crash().await;
        push(&bed, 10, 20).await;
        jobs_are(&bed, 20).await;
        // What the first one took, and could not say so any more, the second one knows.
        eventually("the second one took them", SOON, async || {
            let (jobs, _known, refused) = counted(second.stats());
            ((jobs, refused) == (10, 0)).then_some(())
        })
        .await;
    })
    .await;
}
