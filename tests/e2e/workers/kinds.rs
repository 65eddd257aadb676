//! Kinds that a worker does not know.

use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{SpawnedTask, Task, many};
use nexus_tests::{WorkerRun, eventually, in_bed};
use nexus_workers::{Context, Outcome, Registry};

use super::{at_once, engine};

#[tokio::test]
async fn an_unknown_kind_waits_for_a_worker_that_knows_it() {
    in_bed(async |bed| {
        let knows_another = Registry::new()
            .with::<SpawnedTask, _>(|_: SpawnedTask, _: Context| async { Ok(Outcome::done()) });
        let (_relay, without) = engine(bed, knows_another);
        let mut jobs = many(3, |n| Task { n });
        jobs.extend(many(3, |n| SpawnedTask { n }));
        let ids = bed.enqueue(&jobs).await;
        for id in &ids[3..] {
            assert_eq!(bed.end_of(*id).await.job.state, "completed");
        }
        for id in &ids[..3] {
            let job = eventually("it is parked", SOON, async || {
                let job = bed.job(*id).await.job;
                job.parked.is_some().then_some(job)
            })
            .await;
            assert_eq!(job.parked.as_deref(), Some("unknown_kind"));
            assert_eq!(
                (job.state.as_str(), job.attempt, job.run),
                ("available", 0, 0)
            );
        }
        bed.nothing_is_left().await;
        // The one that does not know it goes on beside the one that does.
        let with = WorkerRun::with(bed, bed.transport(), at_once());
        for id in &ids[..3] {
            let job = bed.end_of(*id).await.job;
            assert_eq!(
                (job.state.as_str(), job.attempt, job.run),
                ("completed", 1, 1)
            );
            assert_eq!(job.parked, None);
        }
        tokio::join!(with.stop(), without.stop());
        bed.nothing_is_left().await;
    })
    .await;
}
