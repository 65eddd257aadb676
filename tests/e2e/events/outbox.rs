//! The outbox: who reads, in which order, and what becomes of what nobody reads.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use nexus_schema::events;
use nexus_tests::bed::noop;
use nexus_tests::{TestBed, in_bed};

use super::{LISTENER, listen, told};

const KEEP: Duration = Duration::from_hours(1);

async fn rows(bed: &TestBed) -> i64 {
    bed.count("events", "true").await
}

#[tokio::test]
async fn takers_side_by_side_have_different_rows() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        for _ in 0..3 {
            bed.enqueue(&vec![noop(); 2]).await;
        }
        let (mut a, mut b) = (bed.conn().await, bed.conn().await);
        for conn in [&mut a, &mut b] {
            conn.batch_execute("BEGIN").await.unwrap();
        }
        // Of six events in three rows: as many rows as have so many, and at least one.
        let first = events::take(&mut a, LISTENER, 5).await.unwrap();
        assert_eq!(first.len(), 2);
        a.batch_execute("COMMIT; BEGIN").await.unwrap();
        let first = events::take(&mut a, LISTENER, 1).await.unwrap();
        assert_eq!(first.len(), 1);
        let second = events::take(&mut b, LISTENER, 100).await.unwrap();
        assert!(second.iter().all(|row| row.id != first[0].id));
        events::settle(&mut a, LISTENER, &[first[0].id])
            .await
            .unwrap();
        a.batch_execute("COMMIT").await.unwrap();
        b.batch_execute("COMMIT").await.unwrap();
        assert_eq!(rows(bed).await, 2);
    })
    .await;
}

#[tokio::test]
async fn one_at_a_time_reads_in_order() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let (mut a, mut b) = (bed.conn().await, bed.conn().await);
        a.batch_execute("BEGIN").await.unwrap();
        assert!(events::hold(&mut a, LISTENER).await.unwrap());
        assert!(!events::hold(&mut b, LISTENER).await.unwrap());
        // Nor does it keep anybody from writing.
        bed.enqueue_noops(1).await;
        a.batch_execute("COMMIT").await.unwrap();
        assert!(events::hold(&mut b, LISTENER).await.unwrap());
        assert!(!events::hold(&mut b, "nobody").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_nobody_reads_in_time_is_thrown_away_and_counted() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let conn = &mut *bed.conn().await;
        bed.enqueue_noops(3).await;
        bed.execute("UPDATE nexus.events SET at = now() - interval '61 min'")
            .await;
        bed.enqueue_noops(2).await;
        let swept = events::sweep(conn, KEEP, 100).await.unwrap();
        assert_eq!((swept[0].rows, swept[0].events), (1, 3));
        assert_eq!(events::sweep(conn, KEEP, 100).await.unwrap(), []);
        assert_eq!(told(conn).await.len(), 2);
        let listeners = events::listeners(conn).await.unwrap();
        assert_eq!((listeners[0].lost, listeners[0].waiting), (3, 2));
        assert!(listeners[0].lost_until.is_some());
    })
    .await;
}

#[tokio::test]
async fn who_reads_just_now_loses_nothing() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let (mut reader, mut sweeper) = (bed.conn().await, bed.conn().await);
        bed.enqueue_noops(3).await;
        bed.execute("UPDATE nexus.events SET at = now() - interval '61 min'")
            .await;
        reader.batch_execute("BEGIN").await.unwrap();
        assert!(events::hold(&mut reader, LISTENER).await.unwrap());
        assert_eq!(events::sweep(&mut sweeper, KEEP, 100).await.unwrap(), []);
        reader.batch_execute("COMMIT").await.unwrap();
        assert_eq!(
            events::sweep(&mut sweeper, KEEP, 100).await.unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_is_forgotten_leaves_nothing() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        bed.enqueue_noops(3).await;
        let conn = &mut *bed.conn().await;
        events::forget(conn, LISTENER).await.unwrap();
        assert!(events::forget(conn, LISTENER).await.is_err());
        bed.enqueue_noops(3).await;
        assert_eq!(rows(bed).await, 1);
        events::sweep(conn, KEEP, 100).await.unwrap();
        assert_eq!(rows(bed).await, 0);
    })
    .await;
}
