//! The ends of an attempt: history, errors, counters, and stale tokens.

use std::time::Duration;

use nexus_jobs::{FailureReason, JobId, Token};
use nexus_schema::ledger::Settled;
use nexus_schema::{jobs, ledger};
use nexus_tests::{Claimant, Claimed, TestBed, dispatch_rows, in_bed};

async fn claimed(bed: &TestBed, count: usize) -> Claimed {
    bed.enqueue_noops(count).await;
    Claimant::new().claim_all(&mut *bed.conn().await).await
}

async fn detail(bed: &TestBed, id: JobId) -> jobs::JobDetail {
    jobs::find(&mut *bed.conn().await, id)
        .await
        .unwrap()
        .unwrap()
}

/// The same ends, the last of them under a token that holds no longer.
fn last_stale<T>(mut settled: Vec<Settled<T>>) -> Vec<Settled<T>> {
    settled.last_mut().unwrap().token = Token::random();
    settled
}

#[tokio::test]
async fn completed_jobs_move_to_history_with_their_results() {
    in_bed(async |bed| {
        let held = claimed(bed, 3).await;
        let done = last_stale(held.settled(&Some(r#"{"rows":7}"#.to_owned())));
        let settled = ledger::complete(&mut *bed.conn().await, &done, &[])
            .await
            .unwrap();
        assert_eq!(settled.len(), 2, "a stale token drops only its own job");
        let first = detail(bed, held.jobs[0].job_id()).await;
        assert_eq!(first.job.state, "completed");
        assert_eq!(first.job.result.unwrap()["rows"], 7);
        assert_eq!((first.job.run, first.job.attempt), (1, 1));
        assert!(first.job.finished_at.is_some() && first.job.started_at.is_some());
        assert!(first.errors.is_empty());
        assert_eq!(bed.state(held.jobs[2].job_id()).await, "running");
        assert_eq!(bed.count("jobs", "true").await, 1);
        assert_eq!(bed.count("job_history", "true").await, 2);

        let again = ledger::complete(&mut *bed.conn().await, &done, &[])
            .await
            .unwrap();
        assert_eq!(again, [], "twice is once");
    })
    .await;
}

#[tokio::test]
async fn completing_closes_leases() {
    in_bed(async |bed| {
        let held = claimed(bed, 2).await;
        let other = claimed(bed, 1).await;
        let done = held.settled(&None);
        let leases = [held.token];
        ledger::complete(&mut *bed.conn().await, &done, &leases)
            .await
            .unwrap();
        let rest = format!("token = '{}'", other.token);
        assert_eq!(bed.count("leases", "true").await, 1);
        assert_eq!(bed.count("leases", &rest).await, 1);
        ledger::drop_leases(&mut *bed.conn().await, &[other.token])
            .await
            .unwrap();
        assert_eq!(bed.count("leases", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_retry_waits_and_keeps_its_spent_attempt_and_error() {
    in_bed(async |bed| {
        let held = claimed(bed, 2).await;
        let why = (
            FailureReason::Panic,
            "boom".to_owned(),
            Duration::from_hours(1),
        );
        let failed = last_stale(held.settled(&why));
        let worker = Claimant::new().worker;
        let mut conn = bed.conn().await;
        let settled = ledger::retry(&mut conn, &failed, worker).await.unwrap();
        assert_eq!(settled, [held.jobs[0].job_id()]);
        let job = detail(bed, settled[0]).await;
        assert_eq!(job.job.state, "retryable");
        assert_eq!((job.job.run, job.job.attempt), (1, 1));
        assert_eq!(job.errors.len(), 1);
        assert_eq!(job.errors[0].reason, "panic");
        assert_eq!(job.errors[0].error, "boom");
        assert_eq!((job.errors[0].run, job.errors[0].attempt), (1, 1));
        let rows = dispatch_rows(&mut conn).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].job_ids, [settled[0].0]);
        assert!(rows[0].due_in_s > 3500.0 && !rows[0].suspect);
    })
    .await;
}

#[tokio::test]
async fn a_snooze_spends_no_attempt_but_counts_its_run() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let claimant = Claimant::new();
        let mut conn = bed.conn().await;
        for run in 1..=3 {
            let held = claimant.claim_all(&mut conn).await;
            assert_eq!((held.jobs[0].run, held.jobs[0].attempt), (run, 1));
            let snoozed = held.settled(&Duration::ZERO);
            ledger::snooze(&mut conn, &snoozed, claimant.worker)
                .await
                .unwrap();
            assert_eq!(
                ledger::snooze(&mut conn, &snoozed, claimant.worker)
                    .await
                    .unwrap(),
                []
            );
        }
        let job = detail(bed, id).await;
        assert_eq!(job.job.state, "retryable");
        assert_eq!((job.job.run, job.job.attempt), (3, 0));
        assert!(job.errors.is_empty());
    })
    .await;
}

#[tokio::test]
async fn discarded_jobs_keep_their_reason_and_last_error() {
    in_bed(async |bed| {
        let held = claimed(bed, 2).await;
        let why = (FailureReason::Timeout, "too slow".to_owned());
        let dead = last_stale(held.settled(&why));
        let worker = Claimant::new().worker;
        let mut conn = bed.conn().await;
        let settled = ledger::discard(&mut conn, &dead, worker).await.unwrap();
        assert_eq!(settled, [held.jobs[0].job_id()]);
        let job = detail(bed, settled[0]).await;
        assert_eq!(job.job.state, "discarded");
        assert_eq!(job.job.reason.as_deref(), Some("too slow"));
        assert_eq!(job.errors[0].reason, "timeout");
        assert_eq!(dispatch_rows(&mut conn).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_handlers_cancel_is_final_and_no_error() {
    in_bed(async |bed| {
        let held = claimed(bed, 2).await;
        let off = last_stale(held.settled(&"nobody needs it".to_owned()));
        let worker = Claimant::new().worker;
        let settled = ledger::cancel(&mut *bed.conn().await, &off, worker)
            .await
            .unwrap();
        assert_eq!(settled, [held.jobs[0].job_id()]);
        let job = detail(bed, settled[0]).await;
        assert_eq!(job.job.state, "cancelled");
        assert_eq!(job.job.reason.as_deref(), Some("nobody needs it"));
        assert!(job.errors.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_given_back_is_due_at_once_and_unspent() {
    in_bed(async |bed| {
        let held = claimed(bed, 2).await;
        let mut conn = bed.conn().await;
        let mut back = held.held();
        back[1].1 = Token::random();
        let given = ledger::give_back(&mut conn, &back).await.unwrap();
        assert_eq!(given, [held.jobs[0].job_id()]);
        let job = detail(bed, given[0]).await;
        assert_eq!(job.job.state, "available");
        assert_eq!(
            (job.job.run, job.job.attempt, job.job.lost_leases),
            (1, 0, 0)
        );
        assert!(job.errors.is_empty());
        let again = Claimant::new().claim_all(&mut conn).await;
        assert_eq!(again.ids(), [given[0].0]);
        assert_eq!((again.jobs[0].run, again.jobs[0].attempt), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn errors_of_every_attempt_are_kept_in_order() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let claimant = Claimant::new();
        let mut conn = bed.conn().await;
        for n in 1..=3 {
            let held = claimant.claim_all(&mut conn).await;
            let why = (FailureReason::Error, format!("error {n}"), Duration::ZERO);
            ledger::retry(&mut conn, &held.settled(&why), claimant.worker)
                .await
                .unwrap();
        }
        let held = claimant.claim_all(&mut conn).await;
        ledger::complete(&mut conn, &held.settled(&None), &[held.token])
            .await
            .unwrap();
        let job = detail(bed, id).await;
        let errors: Vec<_> = job
            .errors
            .iter()
            .map(|e| (e.attempt, e.error.as_str()))
            .collect();
        assert_eq!(errors, [(1, "error 1"), (2, "error 2"), (3, "error 3")]);
        assert_eq!(job.job.attempt, 4);
    })
    .await;
}
