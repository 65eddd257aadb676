//! Leases that ran out.

use std::time::Duration;

use diesel_async::{AsyncConnection, RunQueryDsl};
use nexus_jobs::{JobId, Token};
use nexus_schema::ledger::{Rescued, rescue};
use nexus_schema::{Error, jobs, ledger};
use nexus_tests::bed::noop;
use nexus_tests::{Claimant, TestBed, dispatch_rows, in_bed};

async fn job(bed: &TestBed, id: JobId) -> jobs::JobDetail {
    jobs::find(&mut *bed.conn().await, id)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn the_first_lost_lease_is_not_counted_and_further_ones_are() {
    in_bed(async |bed| {
        let id = bed.enqueue(&[noop().attempts(2)]).await[0];
        let fleeting = Claimant::fleeting();
        let mut conn = bed.conn().await;
        // What is left of two attempts after each lost lease.
        for (lost, attempt) in [(1, 0), (2, 1)] {
            fleeting.claim_all(&mut conn).await;
            let rescued = rescue(&mut conn, 10).await.unwrap();
            assert_eq!(rescued.again, [id]);
            let now = job(bed, id).await;
            assert_eq!(now.job.state, "available");
            assert_eq!(
                (now.job.lost_leases, now.job.attempt, now.job.run),
                (lost, attempt, lost)
            );
            assert_eq!(now.errors.len(), usize::try_from(lost).unwrap());
            assert!(now.errors.iter().all(|error| error.reason == "lost_lease"));
            let rows = dispatch_rows(&mut conn).await;
            assert!(rows.len() == 1 && rows[0].suspect && rows[0].due_in_s <= 0.0);
            assert_eq!(bed.count("leases", "true").await, 0, "closed");
        }
        fleeting.claim_all(&mut conn).await;
        let rescued = rescue(&mut conn, 10).await.unwrap();
        assert_eq!((rescued.again, rescued.discarded), (vec![], vec![id]));
        let dead = job(bed, id).await;
        assert_eq!(dead.job.state, "discarded");
        assert_eq!(
            (dead.job.lost_leases, dead.job.attempt, dead.job.run),
            (3, 2, 3)
        );
        assert_eq!(dead.errors.len(), 3);
        assert_eq!(dispatch_rows(&mut conn).await, []);
        assert_eq!(bed.count("leases", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn innocent_neighbours_lose_no_attempt_and_settled_ones_are_left_alone() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(4).await;
        let mut conn = bed.conn().await;
        let held = Claimant::fleeting().claim_all(&mut conn).await;
        let done = &held.settled(&None)[..1];
        ledger::complete(&mut conn, done, &[]).await.unwrap();
        ledger::give_back(&mut conn, &held.held()[1..2])
            .await
            .unwrap();
        let rescued = rescue(&mut conn, 10).await.unwrap();
        assert_eq!(rescued.again, ids[2..]);
        for id in &ids[1..] {
            assert_eq!(job(bed, *id).await.job.attempt, 0);
        }
        // Each waits by a row of its own, to be claimed singly.
        let rows = dispatch_rows(&mut conn).await;
        let suspects: Vec<_> = rows.iter().filter(|row| row.suspect).collect();
        assert_eq!(suspects.len(), 2);
        assert!(suspects.iter().all(|row| row.job_ids.len() == 1));
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_holds_or_is_prolonged_is_left_alone() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let mut conn = bed.conn().await;
        let fleeting = Claimant::fleeting();
        let known = fleeting.claim_all(&mut conn).await;
        let health = serde_json::json!({});
        let (worker, minute) = (fleeting.worker, Duration::from_mins(1));
        ledger::heartbeat(&mut conn, worker, &[known.token], minute, &health)
            .await
            .unwrap();
        bed.enqueue_noops(1).await;
        Claimant::new().claim_all(&mut conn).await;
        assert_eq!(rescue(&mut conn, 10).await.unwrap(), Rescued::default());
        assert_eq!(bed.count("jobs", "state = 'running'").await, 2);
        assert_eq!(bed.count("leases", "true").await, 2);
    })
    .await;
}

#[tokio::test]
async fn locked_rows_are_skipped_and_keep_their_lease_for_the_next_look() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(2).await;
        let mut conn = bed.conn().await;
        Claimant::fleeting().claim_all(&mut conn).await;
        let locked: Result<(), Error> = conn
            .transaction(async |conn| {
                let text = format!("SELECT FROM nexus.jobs WHERE id = {} FOR UPDATE", ids[0]);
                diesel::sql_query(text).execute(conn).await?;
                let rescued = rescue(&mut *bed.conn().await, 10).await?;
                assert_eq!(rescued.again, ids[1..]);
                Ok(())
            })
            .await;
        locked.unwrap();
        assert_eq!(bed.state(ids[0]).await, "running");
        assert_eq!(bed.count("leases", "true").await, 1, "kept");
        assert_eq!(rescue(&mut conn, 10).await.unwrap().again, ids[..1]);
        assert_eq!(bed.count("leases", "true").await, 0, "closed");
    })
    .await;
}

#[tokio::test]
async fn two_rescuers_rescue_each_job_once() {
    in_bed(async |bed| {
        bed.enqueue_noops(300).await;
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        for row in rows {
            let mut conn = bed.conn().await;
            Claimant::fleeting().claim(&mut conn, &[row]).await;
        }
        let look = async || {
            let mut conn = bed.conn().await;
            let mut again = Vec::new();
            loop {
                let rescued = rescue(&mut conn, 1).await.unwrap();
                if rescued.again.is_empty() {
                    return again;
                }
                again.extend(rescued.again);
            }
        };
        let (a, b) = tokio::join!(look(), look());
        assert_eq!(a.len() + b.len(), 300);
        assert_eq!(
            bed.count("jobs", "lost_leases = 1 AND attempt = 0").await,
            300
        );
        assert_eq!(dispatch_rows(&mut *bed.conn().await).await.len(), 300);
    })
    .await;
}

#[tokio::test]
async fn a_job_claimed_anew_is_not_rescued_by_its_old_lease() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let mut conn = bed.conn().await;
        let old = Claimant::fleeting().claim_all(&mut conn).await;
        ledger::give_back(&mut conn, &old.held()).await.unwrap();
        let new = Claimant::new().claim_all(&mut conn).await;
        assert_ne!(new.token, Token(old.token.0));
        assert_eq!(rescue(&mut conn, 10).await.unwrap(), Rescued::default());
        assert_eq!(bed.state(id).await, "running");
        assert_eq!(
            bed.count("leases", "true").await,
            1,
            "the old one is closed"
        );
    })
    .await;
}
