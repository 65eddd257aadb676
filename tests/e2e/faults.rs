//! The way back after failure: a trickle of jobs goes on while Redis stalls, answers
//! half a reply or is full, while Postgres has no connection left or its line swallows
//! everything, and while a relay dies between its push and its mark. Each job is done,
//! once, and so is what is enqueued afterwards.
//!
//! Elsewhere: servers that are killed or wiped (`worker_outage`, `outage`, `relay`),
//! worker processes that are killed or frozen (`crash`), everything at once (`chaos`).

mod broker;
mod ledger;
mod relay;
mod trickle;

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use nexus_config::SecretUrl;
use nexus_jobs::JobId;
use nexus_queue::RedisTransport;
use nexus_schema::Pool;
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{RelayRun, RescuerRun, TestBed, WorkerRun, eventually};
use nexus_workers::Registry;

use trickle::Trickle;

/// Jobs that show that work goes on.
const SOME: i64 = 30;

/// A relay, a rescuer and a worker process over the same lines to the servers.
struct Engine {
    relay: RelayRun,
    worker: WorkerRun,
    rescuer: RescuerRun,
}

impl Engine {
    fn start(bed: &TestBed, pool: &Pool, transport: RedisTransport, registry: Registry) -> Self {
        Self {
            relay: RelayRun::start(pool, transport.clone(), &bed.settings().relay),
            rescuer: RescuerRun::with_pool(bed, pool.clone()),
            worker: WorkerRun::with_pool(bed, pool.clone(), transport, registry),
        }
    }

    /// Waits until neither relay nor worker finds a server away.
    async fn is_well(&self) {
        eventually("the engine is well", SOON, async || {
            let health = self.worker.health();
            let away = [
                &health.broker_away,
                &health.postgres_away,
                &self.relay.stats().failing,
            ];
            away.iter().all(|away| !away.load(Relaxed)).then_some(())
        })
        .await;
    }

    /// Waits until the relay has failed so many times in a row or more.
    async fn relay_fails(&self, times: u64) {
        let stats = self.relay.stats();
        let before = stats.failures.load(Relaxed);
        eventually("the relay fails", SOON, async || {
            let failed = stats.failures.load(Relaxed) - before;
            (failed >= times && stats.failing.load(Relaxed)).then_some(())
        })
        .await;
    }

    /// Drains it; that it can be shows that it lives.
    async fn stop(self) {
        self.worker.stop().await;
        self.relay.stop().await;
        drop(self.rescuer);
    }
}

/// Lets a fault come over a trickle of jobs. All of them are done, each once, and
/// `beside` too; no lease is lost; work goes on while the trickle does, and what comes
/// after it is done as well.
async fn rides_out(
    bed: &TestBed,
    engine: Engine,
    beside: &[JobId],
    fault: impl AsyncFnOnce(&Engine),
) {
    let trickle = Trickle::start(bed).await;
    goes_on(bed).await;
    fault(&engine).await;
    goes_on(bed).await;
    engine.is_well().await;
    let came = trickle.stop().await;
    let fresh = bed.enqueue(&many(SOME, |n| Task { n })).await;
    assert_done_once(bed, came.len() + fresh.len() + beside.len()).await;
    engine.stop().await;
}

/// Waits until more jobs are done than now.
async fn goes_on(bed: &TestBed) {
    let done = bed.effects("done").await;
    bed.effects_reach("done", done + SOME).await;
}

/// So many jobs are all there were; each has completed, with its effect once, and
/// nobody was taken for dead.
async fn assert_done_once(bed: &TestBed, jobs: usize) {
    let jobs = i64::try_from(jobs).unwrap();
    bed.all_complete(jobs).await;
    bed.assert_each_effect_once(jobs).await;
    assert_eq!(bed.count("job_history", "lost_leases > 0").await, 0);
    assert_eq!(bed.count("attempt_errors", "reason <> 'error'").await, 0);
}

/// Where a URL's server is.
fn server_of(url: &SecretUrl) -> SocketAddr {
    let place = url.expose().rsplit(['@', '/']).nth(1).unwrap();
    place.parse().unwrap()
}

/// A URL with its server elsewhere.
fn by_way_of(url: &SecretUrl, addr: SocketAddr) -> SecretUrl {
    let server = server_of(url).to_string();
    let detour = url.expose().replace(&server, &addr.to_string());
    detour.parse().unwrap()
}
