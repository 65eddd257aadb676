//! Fair shares: one tenant's many jobs do not starve another's few.

use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Outcome, TenantId};
use nexus_tests::bed::bounded;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{RelayRun, TestBed, WorkerRun, eventually};
use nexus_workers::Registry;

/// Jobs of the first tenant that may complete between the other's enqueue and the end of
/// its last one: a second's worth in the broker, what the worker holds, and some room for
/// a busy machine. Were it first come, first served, it would be all of them.
const OVERTAKING: i64 = 4_000;

#[tokio::test]
async fn ten_jobs_of_one_tenant_pass_a_hundred_thousand_of_another() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.workers.queues = [("default".to_owned(), 8)].into();
            settings.workers.grace = Span::new(Duration::ZERO);
        })
        .await;
        bed.execute("INSERT INTO nexus.tenants (id, name, created_by) VALUES (2, 'two', 'test')")
            .await;
        let batch = many(1000, |n| Task { n });
        for _ in 0..100 {
            bed.enqueue(&batch).await;
        }
        let _relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let registry = Registry::new().with::<Task, _>(|task: Task, _| async move {
            tokio::time::sleep(Duration::from_millis(10 + task.n.unsigned_abs() % 40)).await;
            Ok(Outcome::done())
        });
        let _worker = WorkerRun::with(&bed, bed.transport(), registry);
        eventually("the first tenant's are under way", SOON, async || {
            (bed.count("job_history", "true").await >= 200).then_some(())
        })
        .await;
        let before = bed.count("job_history", "tenant_id = 1").await;
        let few: Vec<_> = many(10, |n| Task { n })
            .into_iter()
            .map(|job| job.tenant(TenantId(2)))
            .collect();
        bed.enqueue(&few).await;
        eventually("the other tenant's are done", SOON, async || {
            (bed.count("job_history", "tenant_id = 2").await == 10).then_some(())
        })
        .await;
        let passed = bed.count("job_history", "tenant_id = 1").await - before;
        assert!(
            passed <= OVERTAKING,
            "{passed} of the first tenant's went meanwhile"
        );
        assert!(bed.count("jobs", "tenant_id = 1").await > 80_000);
    })
    .await;
}
