use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use nexus_schema::{Keep, Pool};
use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{CutLine, RelayRun, RescuerRun, TestBed, WorkerRun, eventually};

use crate::workers::at_once;

/// Backends that wait for a lock.
const WAITING: &str = "datname = current_database() AND wait_event_type = 'Lock'";

/// The claim waits for a row in the server when its client's connection is cut. The worker gives
/// it up, and then it commits: nobody knows of its lease, which must run out.
#[tokio::test]
async fn a_claim_that_commits_after_it_was_given_up_is_rescued() {
    bounded(async {
        let bed = TestBed::new().await;
        let mut settings = bed.settings().postgres.clone();
        let url = settings.app_url.expose().to_owned();
        let (before, place) = url.split_once('@').unwrap();
        let (server, database) = place.split_once('/').unwrap();
        let line = CutLine::to(server.to_owned()).await;
        settings.app_url = format!("{before}@{}/{database}", line.addr())
            .parse()
            .unwrap();
        let worker = WorkerRun::with_pool(
            &bed,
            Pool::new(&settings, Keep::None),
            bed.transport(),
            at_once(),
        );
        let id = bed.enqueue(&many(1, |n| Task { n })).await[0];
        let mut holder = bed.conn().await;
        holder.batch_execute("BEGIN").await.unwrap();
        let lock = format!("SELECT FROM nexus.jobs WHERE id = {id} FOR UPDATE");
        diesel::sql_query(lock).execute(&mut *holder).await.unwrap();
        let relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let claims_wait = async |count| {
            eventually("claims wait for the row", SOON, async || {
                (bed.count_in("pg_stat_activity", WAITING).await == count).then_some(())
            })
            .await;
        };
        claims_wait(1).await;
        line.deafen();
        line.cut();
        // The next try queues behind the one that was given up.
        claims_wait(2).await;
        holder.batch_execute("COMMIT").await.unwrap();
        drop(holder);
        eventually("the claim that was given up holds", SOON, async || {
            (bed.count("jobs", "state = 'running' AND run = 1").await == 1).then_some(())
        })
        .await;
        let _rescuer = RescuerRun::start(&bed);
        let job = bed.end_of(id).await.job;
        assert_eq!(
            (job.state.as_str(), job.run, job.attempt),
            ("completed", 2, 1)
        );
        assert_eq!(job.lost_leases, 1);
        worker.stop().await;
        relay.stop().await;
    })
    .await;
}
