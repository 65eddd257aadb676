//! Claiming: the only exclusion, and what is left alone.

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_jobs::NewJob;
use nexus_schema::{jobs, ledger};
use nexus_tests::bed::noop;
use nexus_tests::{Claimant, dispatch_rows, in_bed};
use serde_json::value::RawValue;

fn of_kind(kind: &str) -> NewJob {
    NewJob::raw(kind, RawValue::from_string("{}".into()).unwrap()).unwrap()
}

#[tokio::test]
async fn concurrent_claims_of_the_same_ids_get_each_once() {
    in_bed(async |bed| {
        bed.enqueue_noops(500).await;
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let claimants: Vec<Claimant> = (0..4).map(|_| Claimant::new()).collect();
        let one = async |claimant: &Claimant| {
            let mut conn = bed.conn().await;
            let mut ids = Vec::new();
            for row in &rows {
                ids.extend(
                    claimant
                        .claim(&mut conn, std::slice::from_ref(row))
                        .await
                        .ids(),
                );
            }
            ids
        };
        let [a, b, c, d] = &claimants[..] else {
            unreachable!()
        };
        let (a, b, c, d) = tokio::join!(one(a), one(b), one(c), one(d));
        let all = [a, b, c, d].concat();
        assert_eq!(all.len(), 500, "each once");
        let distinct: BTreeSet<i64> = all.into_iter().collect();
        assert_eq!(distinct.len(), 500);
        assert_eq!(dispatch_rows(&mut *bed.conn().await).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_claim_counts_a_run_and_an_attempt_and_opens_one_lease() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(3).await;
        let mut conn = bed.conn().await;
        let claimed = Claimant::new().claim_all(&mut conn).await;
        assert_eq!(claimed.ids(), ids.iter().map(|id| id.0).collect::<Vec<_>>());
        for job in &claimed.jobs {
            assert_eq!((job.run, job.attempt), (1, 1));
            assert_eq!(job.attempts_max, 5);
            assert_eq!(job.args, "{}");
            assert_eq!(bed.state(job.job_id()).await, "running");
        }
        assert_eq!(bed.count("leases", "true").await, 1);
        let lease = format!("token = '{}' AND cardinality(job_ids) = 3", claimed.token);
        assert_eq!(bed.count("leases", &lease).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_due_or_not_waiting_is_left_alone() {
    in_bed(async |bed| {
        let later = bed.enqueue(&[noop().after(Duration::from_hours(1))]).await[0];
        let running = bed.enqueue_noops(1).await[0];
        let mut conn = bed.conn().await;
        let claimant = Claimant::new();
        let wanted = claimant.claim_of(vec![running.0]);
        assert_eq!(claimant.make(&mut conn, wanted).await.ids(), [running.0]);

        let finished = bed.enqueue_noops(1).await[0];
        let wanted = claimant.claim_of(vec![finished.0]);
        let held = claimant.make(&mut conn, wanted).await;
        let done = held.settled(&None);
        ledger::complete(&mut conn, &done, &[held.token])
            .await
            .unwrap();

        let wanted = claimant.claim_of(vec![finished.0, running.0, later.0, 1_000_000]);
        let again = claimant.make(&mut conn, wanted).await;
        assert!(again.jobs.is_empty());
        assert_eq!(bed.state(later).await, "scheduled");
        assert_eq!(bed.count("leases", "true").await, 1, "no lease for nothing");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_kind_is_parked_unspent_and_released_to_who_knows_it() {
    in_bed(async |bed| {
        let ids = bed
            .enqueue(&[of_kind("strange"), noop(), of_kind("stranger")])
            .await;
        let mut conn = bed.conn().await;
        let claimed = Claimant::new().claim_all(&mut conn).await;
        assert_eq!(claimed.ids(), [ids[1].0]);
        assert_eq!(dispatch_rows(&mut conn).await, []);
        let parked = jobs::find(&mut conn, ids[0]).await.unwrap().unwrap().job;
        assert_eq!(parked.parked.as_deref(), Some("unknown_kind"));
        assert_eq!((parked.run, parked.attempt), (0, 0));
        assert_eq!(parked.state, "available");

        let knowing = Claimant {
            kinds: vec!["strange".into()],
            ..Claimant::new()
        };
        let wanted = knowing.claim_of(vec![ids[0].0]);
        assert!(
            knowing.make(&mut conn, wanted).await.jobs.is_empty(),
            "parked"
        );
        let released = ledger::unpark_kinds(&mut conn, &knowing.kinds, 10).await;
        assert_eq!(released.unwrap(), 1);
        let rows = dispatch_rows(&mut conn).await;
        assert_eq!(rows.len(), 1, "only what is known is released");
        assert_eq!(knowing.claim(&mut conn, &rows).await.ids(), [ids[0].0]);
        let running = jobs::find(&mut conn, ids[0]).await.unwrap().unwrap().job;
        assert_eq!((running.run, running.attempt), (1, 1));
        assert_eq!(running.parked, None);
    })
    .await;
}

#[tokio::test]
async fn unparking_is_bounded() {
    in_bed(async |bed| {
        bed.enqueue(&vec![of_kind("strange"); 5]).await;
        let mut conn = bed.conn().await;
        Claimant::new().claim_all(&mut conn).await;
        let kinds = ["strange".to_owned()];
        for expected in [2, 2, 1, 0] {
            let released = ledger::unpark_kinds(&mut conn, &kinds, 2).await.unwrap();
            assert_eq!(released, expected);
        }
        assert_eq!(dispatch_rows(&mut conn).await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_partial_claim_trims_its_dispatch_row() {
    in_bed(async |bed| {
        let ids: Vec<i64> = bed.enqueue_noops(150).await.iter().map(|id| id.0).collect();
        let mut conn = bed.conn().await;
        let rows = dispatch_rows(&mut conn).await;
        let claimant = Claimant::new();
        let mut wanted = claimant.claim_of(ids[..130].to_vec());
        wanted.whole = vec![rows[0].id];
        wanted.part = Some((rows[1].id, ids[130..].to_vec()));
        assert_eq!(claimant.make(&mut conn, wanted).await.ids(), ids[..130]);
        let left = dispatch_rows(&mut conn).await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].id, rows[1].id);
        assert_eq!(left[0].job_ids, ids[130..]);
        assert_eq!(claimant.claim(&mut conn, &left).await.ids(), ids[130..]);
        assert_eq!(dispatch_rows(&mut conn).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_suspect_is_claimed_only_as_one() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let mut conn = bed.conn().await;
        Claimant::fleeting().claim_all(&mut conn).await;
        let rescued = ledger::rescue(&mut conn, 10).await.unwrap();
        assert_eq!(rescued.again, [id]);

        let claimant = Claimant::new();
        let wanted = claimant.claim_of(vec![id.0]);
        assert!(claimant.make(&mut conn, wanted).await.jobs.is_empty());
        let rows = dispatch_rows(&mut conn).await;
        assert!(rows.len() == 1 && rows[0].suspect, "its way forward stays");
        assert_eq!(claimant.claim(&mut conn, &rows).await.ids(), [id.0]);
    })
    .await;
}
