//! The fence: a zombie's transaction leaves nothing.

use diesel_async::{AsyncConnection, RunQueryDsl};
use nexus_jobs::Token;
use nexus_schema::{Error, fence, ledger};
use nexus_tests::{Claimant, in_bed};

const EFFECT: &str =
    "INSERT INTO nexus.tenants (id, name, created_by) VALUES (7, 'effect', 'test')";

#[tokio::test]
async fn a_stale_claims_effects_are_gone_and_a_held_ones_stay() {
    in_bed(async |bed| {
        bed.execute("GRANT INSERT ON nexus.tenants TO nexus_app")
            .await;
        bed.enqueue_noops(1).await;
        let mut conn = bed.conn().await;
        let held = Claimant::new().claim_all(&mut conn).await;
        let job = held.jobs[0].job_id();
        for (token, rows) in [(Token::random(), 0), (held.token, 1)] {
            let done: Result<(), Error> = conn
                .transaction(async |conn| {
                    diesel::sql_query(EFFECT).execute(conn).await?;
                    fence(conn, job, token).await
                })
                .await;
            match rows {
                0 => assert!(
                    matches!(done, Err(Error::StaleClaim(id)) if id == job),
                    "{done:?}"
                ),
                _ => done.unwrap(),
            }
            assert_eq!(bed.count("tenants", "id = 7").await, rows);
        }
    })
    .await;
}

#[tokio::test]
async fn a_rescued_claim_is_stale() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let mut conn = bed.conn().await;
        let held = Claimant::fleeting().claim_all(&mut conn).await;
        let job = held.jobs[0].job_id();
        fence(&mut conn, job, held.token).await.unwrap();
        ledger::rescue(&mut conn, 10).await.unwrap();
        let stale = fence(&mut conn, job, held.token).await;
        assert!(matches!(stale, Err(Error::StaleClaim(_))), "{stale:?}");
    })
    .await;
}

#[tokio::test]
async fn a_fenced_transaction_is_not_rescued_before_it_ends() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let mut conn = bed.conn().await;
        let held = Claimant::fleeting().claim_all(&mut conn).await;
        let job = held.jobs[0].job_id();
        let done: Result<(), Error> = conn
            .transaction(async |conn| {
                fence(conn, job, held.token).await?;
                let meanwhile = ledger::rescue(&mut *bed.conn().await, 10).await?;
                assert_eq!(meanwhile, ledger::Rescued::default());
                let done = ledger::complete(conn, &held.settled(&None), &[]).await?;
                assert_eq!(done, [job]);
                Ok(())
            })
            .await;
        done.unwrap();
        assert_eq!(bed.state(job).await, "completed");
        // The lease of a job that is settled by then is closed by the next look.
        assert_eq!(bed.count("leases", "true").await, 1);
        ledger::rescue(&mut conn, 10).await.unwrap();
        assert_eq!(bed.count("leases", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_loaders_fence_says_the_same() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let held = Claimant::new().claim_all(&mut *bed.conn().await).await;
        let mut loader = bed.conn_as("nexus_loader").await;
        for (token, stands) in [(held.token, true), (Token::random(), false)] {
            let text = format!("SELECT nexus.fence({}, '{token}')", held.jobs[0].id);
            let fenced = diesel::sql_query(text).execute(&mut loader).await;
            assert_eq!(fenced.is_ok(), stands, "{fenced:?}");
        }
    })
    .await;
}
