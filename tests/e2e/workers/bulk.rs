//! Many jobs, each once.

use std::sync::atomic::Ordering::Relaxed;

use nexus_jobs::kinds::Noop;
use nexus_queue::{MemoryTransport, Transport};
use nexus_tests::eventually::SOON;
use nexus_tests::{RelayRun, TestBed, WorkerRun, eventually, in_bed};
use nexus_workers::process::Drained;
use nexus_workers::{Context, Outcome, Registry};

/// 2,000 jobs that do nothing complete, each once, and leave nothing behind.
async fn each_completes_once(bed: &TestBed, transport: impl Transport + Clone + 'static) {
    let noops =
        Registry::new().with::<Noop, _>(|_: Noop, _: Context| async { Ok(Outcome::done()) });
    let relay = RelayRun::start(bed.pool(), transport.clone(), &bed.settings().relay);
    let worker = WorkerRun::with(bed, transport.clone(), noops);
    for _ in 0..2 {
        bed.enqueue_noops(1000).await;
    }
    bed.all_complete(2000).await;
    assert_eq!(
        bed.count("job_history", "run = 1 AND attempt = 1").await,
        2000
    );
    assert_eq!(bed.count("attempt_errors", "true").await, 0);
    let lane = super::lane("noop");
    eventually("the broker is empty", SOON, async || {
        (transport.depth(&lane).await.ok()? == 0).then_some(())
    })
    .await;
    assert_eq!(worker.health().claimed.load(Relaxed), 2000);
    assert_eq!(worker.health().settled.load(Relaxed), 2000);
    assert_eq!(worker.stop().await, Drained { given_back: 0 });
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_jobs_complete_once_over_redis() {
    in_bed(async |bed| each_completes_once(bed, bed.transport()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_jobs_complete_once_over_memory() {
    in_bed(async |bed| each_completes_once(bed, MemoryTransport::new()).await).await;
}
