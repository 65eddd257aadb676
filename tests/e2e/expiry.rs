//! Deadlines as enqueue takes them.

use std::time::Duration;

use chrono::Utc;
use nexus_jobs::Unique;
use nexus_tests::bed::{actor, noop};
use nexus_tests::{Claimant, in_bed};

#[tokio::test]
async fn a_deadline_is_kept_and_one_that_cannot_be_met_is_refused() {
    in_bed(async |bed| {
        let minute = Duration::from_mins(1);
        let time = Utc::now() + 5 * minute;
        let jobs = [
            noop().expires_in(minute),
            noop().after(minute).expires_at(time),
            noop(),
        ];
        let ids = bed.enqueue(&jobs).await;
        let first = bed.job(ids[0]).await.job;
        assert_eq!(first.expires_at, Some(first.created_at + minute));
        let second = bed.job(ids[1]).await.job.expires_at.unwrap();
        // The ledger keeps microseconds, rounded.
        assert!((second - time).abs() < chrono::TimeDelta::microseconds(2));
        assert_eq!(bed.job(ids[2]).await.job.expires_at, None);
        for late in [
            noop().after(minute).expires_in(minute),
            noop().at(time).expires_in(minute),
            noop().expires_at(Utc::now() - minute),
        ] {
            let refused = bed.producer().enqueue_many(&[noop(), late], &actor()).await;
            let text = refused.unwrap_err().to_string();
            assert_eq!(text, "job 1 (noop): its deadline passes before it is due");
        }
        assert_eq!(bed.count("jobs", "true").await, 3);
    })
    .await;
}

/// It will be discarded by the sweep, so it is not in the way of one that can run.
#[tokio::test]
async fn a_job_past_its_deadline_is_neither_claimed_nor_in_the_way() {
    in_bed(async |bed| {
        let job = noop()
            .unique(Unique::by_args())
            .expires_in(Duration::from_mins(1));
        let first = bed.enqueue(std::slice::from_ref(&job)).await[0];
        bed.execute("UPDATE nexus.jobs SET expires_at = now() - interval '1 s'")
            .await;
        let second = bed.enqueued(&[job]).await[0];
        assert!(second.is_new() && second.id() != first);
        let held = Claimant::new().claim_all(&mut *bed.conn().await).await;
        assert_eq!(held.ids(), [second.id().0]);
    })
    .await;
}
