//! Whoever dies, and whenever: each request is a job, once.

use diesel_async::SimpleAsyncConnection;
use nexus_queue::kafka::topic::Record;
use nexus_tests::eventually::SOON;
use nexus_tests::{RequestsRun, TestBed, eventually};

use super::{counted, counts, jobs_are, request, send, with_requests};

fn requests(bed: &TestBed, from: usize, to: usize) -> Vec<Record> {
    (from..to).map(|n| request(bed, n)).collect()
}

/// Waits until somebody waits for a lock in the ledger.
async fn somebody_waits(bed: &TestBed) {
    eventually("the ingest waits for the ledger", SOON, async || {
        let waits = "wait_event_type = 'Lock' AND datname = current_database()";
        (bed.count_in("pg_stat_activity", waits).await > 0).then_some(())
    })
    .await;
}

/// The offset passes no record that the ledger does not have.
#[tokio::test]
async fn what_was_received_and_not_committed_is_received_again() {
    with_requests(async |bed| {
        let first = RequestsRun::start(bed);
        send(bed, &requests(bed, 0, 10)).await;
        counts(&first, 10, 0, 0).await;
        let mut held = bed.conn_as("nexus_owner").await;
        let lock = "BEGIN; LOCK TABLE nexus.reservations IN EXCLUSIVE MODE";
        held.batch_execute(lock).await.unwrap();
        send(bed, &requests(bed, 10, 20)).await;
        somebody_waits(bed).await;
        first.crash().await;
        held.batch_execute("COMMIT").await.unwrap();
        let second = RequestsRun::start(bed);
        jobs_are(bed, 20).await;
        second.stop().await;
        jobs_are(bed, 20).await;
    })
    .await;
}

#[tokio::test]
async fn an_ingest_killed_over_and_over_loses_and_doubles_nothing() {
    const KILLS: i64 = 3;
    with_requests(async |bed| {
        // The topic is made by whoever comes first.
        let first = RequestsRun::start(bed);
        send(bed, &requests(bed, 0, 100)).await;
        first.crash().await;
        for kill in 1..=KILLS {
            let serve = bed.spawn(&["serve"]);
            eventually("it takes requests", 3 * SOON, async || {
                (bed.count("jobs", "true").await >= kill * 100).then_some(())
            })
            .await;
            let so_far = usize::try_from(kill).unwrap() * 100;
            send(bed, &requests(bed, so_far, so_far + 100)).await;
            serve.kill().await;
        }
        let last = RequestsRun::start(bed);
        jobs_are(bed, (KILLS + 1) * 100).await;
        last.stop().await;
        jobs_are(bed, (KILLS + 1) * 100).await;
    })
    .await;
}

#[tokio::test]
async fn a_rebalance_between_two_ingests_loses_and_doubles_nothing() {
    with_requests(async |bed| {
        let first = RequestsRun::start(bed);
        send(bed, &requests(bed, 0, 500)).await;
        eventually("the first one takes", SOON, async || {
            (counted(first.stats()).0 > 0).then_some(())
        })
        .await;
        let second = RequestsRun::start(bed);
        let mut sent = 500;
        eventually("the second one takes a part", 2 * SOON, async || {
            send(bed, &requests(bed, sent, sent + 100)).await;
            sent += 100;
            (counted(second.stats()).0 > 0).then_some(())
        })
        .await;
        let taken_by_first = first.stats().clone();
        first.stop().await;
        send(bed, &requests(bed, sent, sent + 500)).await;
        sent += 500;
        let all = i64::try_from(sent).unwrap();
        jobs_are(bed, all).await;
        eventually("each was taken by one of the two", SOON, async || {
            let by_both = counted(&taken_by_first).0 + counted(second.stats()).0;
            (by_both == u64::try_from(all).unwrap()).then_some(())
        })
        .await;
        second.stop().await;
        jobs_are(bed, all).await;
    })
    .await;
}
