//! Claims through gates, played at the ledger.

use nexus_jobs::JobId;
use nexus_schema::gates::{Way, claim_gated, release, rules, waiting_gates};
use nexus_schema::ledger;
use nexus_tests::{Claimant, TestBed, in_bed};

use super::{concurrency, in_use_is_what_jobs_hold, set};

const REOPENED: nexus_jobs::gcra::Rate = nexus_jobs::gcra::Rate {
    count: 1,
    per_us: 1,
    burst: 1,
};

async fn claim(
    bed: &TestBed,
    ids: &[JobId],
    way: Way,
) -> (nexus_schema::gates::Gated, nexus_jobs::Token) {
    let conn = &mut *bed.conn().await;
    let rules = rules(conn).await.unwrap();
    let claimant = Claimant::new();
    let wanted = claimant.claim_of(ids.iter().map(|id| id.0).collect());
    let token = wanted.token;
    (claim_gated(conn, wanted, &rules, way).await.unwrap(), token)
}

/// Both ways let in the same; what does not fit waits, and goes in order when there is room.
#[tokio::test]
async fn a_claim_takes_what_has_room_and_parks_the_rest() {
    for way in [Way::Hopeful, Way::Locking] {
        in_bed(async |bed| {
            set(bed, "three", &concurrency(None, Some("noop"), "all", 3)).await;
            let ids = bed.enqueue_noops(5).await;
            let (gated, token) = claim(bed, &ids, way).await;
            assert_eq!((gated.jobs.len(), gated.parked), (3, 2), "{way:?}");
            assert_eq!(
                bed.count("jobs", "parked_on = 'limit:three' AND run = 0")
                    .await,
                2
            );
            in_use_is_what_jobs_hold(bed, 3).await;

            let conn = &mut *bed.conn().await;
            let rules = rules(conn).await.unwrap();
            let waiting = [("limit:three".to_owned(), 10)];
            let none = release(conn, &waiting, &rules, REOPENED).await.unwrap();
            assert_eq!(none.admitted, 0, "there is no room");
            let done = gated.jobs.iter().take(1).map(|job| ledger::Settled {
                job: job.job_id(),
                token,
                with: None,
            });
            ledger::complete(conn, &done.collect::<Vec<_>>(), &[])
                .await
                .unwrap();
            let one = release(conn, &waiting, &rules, REOPENED).await.unwrap();
            assert_eq!((one.admitted, one.moved), (1, 0));
            // The older one, holding its slot; it passes the gate though somebody waits.
            let (first, last) = (ids[3], ids[4]);
            assert_eq!(
                bed.count(
                    "jobs",
                    &format!("id = {first} AND slots IS NOT NULL AND parked IS NULL")
                )
                .await,
                1
            );
            assert_eq!(
                bed.count("dispatch", &format!("job_ids = ARRAY[{first}]::bigint[]"))
                    .await,
                1
            );
            assert_eq!(waiting_gates(conn, "", 10).await.unwrap().len(), 1);
            let (gated, _) = claim(bed, &[first, last], way).await;
            assert_eq!(gated.jobs.len(), 1);
            in_use_is_what_jobs_hold(bed, 3).await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_fits_is_claimed_without_locking_once_its_gate_is_there() {
    in_bed(async |bed| {
        set(bed, "many", &concurrency(None, Some("noop"), "all", 100)).await;
        let ids = bed.enqueue_noops(10).await;
        let (first, _) = claim(bed, &ids[..5], Way::Hopeful).await;
        assert_eq!(
            (first.jobs.len(), first.locked),
            (5, true),
            "it made the gate"
        );
        let (second, _) = claim(bed, &ids[5..], Way::Hopeful).await;
        assert_eq!((second.jobs.len(), second.locked), (5, false));
        in_use_is_what_jobs_hold(bed, 10).await;
        let (again, _) = claim(bed, &ids, Way::Hopeful).await;
        assert_eq!(again.jobs.len(), 0);
        in_use_is_what_jobs_hold(bed, 10).await;
    })
    .await;
}

/// A job that a second limit refuses keeps no slot of the first, also when released.
#[tokio::test]
async fn a_job_moves_to_the_gate_that_refuses_it() {
    in_bed(async |bed| {
        set(bed, "a", &concurrency(None, None, "all", 1)).await;
        set(bed, "b", &concurrency(None, Some("noop"), "tenant", 1)).await;
        let ids = bed.enqueue_noops(2).await;
        let (gated, token) = claim(bed, &ids, Way::Locking).await;
        assert_eq!((gated.jobs.len(), gated.parked), (1, 1));
        assert_eq!(bed.count("jobs", "parked_on = 'limit:a'").await, 1);
        let conn = &mut *bed.conn().await;
        // More of the first, so that the second refuses.
        set(bed, "a", &concurrency(None, None, "all", 5)).await;
        let rules = rules(conn).await.unwrap();
        let moved = release(conn, &[("limit:a".to_owned(), 4)], &rules, REOPENED)
            .await
            .unwrap();
        assert_eq!((moved.admitted, moved.moved), (0, 1));
        assert_eq!(
            bed.count("jobs", "parked_on = 'limit:b:1' AND slots IS NULL")
                .await,
            1
        );
        in_use_is_what_jobs_hold(bed, 2).await;
        ledger::give_back(conn, &[(gated.jobs[0].job_id(), token)])
            .await
            .unwrap();
        in_use_is_what_jobs_hold(bed, 0).await;
        let waiting = waiting_gates(conn, "", 10).await.unwrap();
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(waiting[0].gate, "limit:b:1");
    })
    .await;
}
