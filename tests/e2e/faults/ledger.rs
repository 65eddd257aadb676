//! A Postgres that has no connection left, or whose line swallows everything.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use nexus_schema::{Keep, Pool};
use nexus_tests::bed::bounded;
use nexus_tests::chaos::fault::Trouble;
use nexus_tests::chaos::fault_proxy::FaultProxy;
use nexus_tests::effects::{complete_with_effect, effect_tasks};
use nexus_tests::eventually::SOON;
use nexus_tests::tasks::{HeavyTask, many};
use nexus_tests::{TestBed, eventually};
use nexus_workers::{Context, Registry};
use tokio::sync::watch;

use super::{Engine, by_way_of, goes_on, rides_out, server_of, trickle};

/// A bed whose jobs may fail often: an attempt that wants Postgres while it is away does.
async fn bed() -> TestBed {
    let bed = TestBed::with(|settings| settings.retry.attempts = 50).await;
    bed.with_effects().await;
    bed
}

/// A line of the engine's to Postgres, and its pool over it. The test's own goes past it.
async fn line(bed: &TestBed) -> (FaultProxy, Pool) {
    let mut settings = bed.settings().postgres.clone();
    let proxy = FaultProxy::to(server_of(&settings.app_url)).await.unwrap();
    settings.app_url = by_way_of(&settings.app_url, proxy.addr());
    (proxy, Pool::new(&settings, Keep::None))
}

/// Connections that the bed's database allows while they are short.
const SLOTS: usize = 12;

async fn allow(bed: &TestBed, connections: i64) {
    bed.execute(&format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT {connections}', \
         current_database()); END $$"
    ))
    .await;
}

/// Takes every connection that the bed's database allows but the trickle's, whoever has
/// them.
async fn hold_all(bed: &TestBed) -> Vec<AsyncPgConnection> {
    const MINE: &str = "held";
    allow(bed, i64::try_from(SLOTS).unwrap()).await;
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND application_name NOT IN ('{MINE}', '{}')",
        trickle::NAME
    );
    let mut held = Vec::new();
    eventually("every connection is held", SOON, async || {
        bed.execute(&cut).await;
        while let Ok(mut conn) = bed.pool().connect().await {
            conn.batch_execute(&format!("SET application_name = '{MINE}'"))
                .await
                .unwrap();
            held.push(conn);
        }
        (held.len() == SLOTS - 1).then_some(())
    })
    .await;
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_out_of_connections_is_waited_for() {
    bounded(async {
        let bed = bed().await;
        let engine = Engine::start(&bed, bed.pool(), bed.transport(), effect_tasks());
        rides_out(&bed, engine, &[], async |engine| {
            let held = hold_all(&bed).await;
            engine.relay_fails(5).await;
            drop(held);
            allow(&bed, -1).await;
        })
        .await;
    })
    .await;
}

/// Shorter than a lease each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_to_postgres_costs_no_lease() {
    const LASTS: Duration = Duration::from_millis(500);
    bounded(async {
        let bed = bed().await;
        let (proxy, pool) = line(&bed).await;
        let engine = Engine::start(&bed, &pool, bed.transport(), effect_tasks());
        rides_out(&bed, engine, &[], async |_| {
            for trouble in Trouble::ALL {
                let touched = proxy.trouble(trouble, LASTS).await;
                assert!(touched > 0, "{trouble:?}");
                goes_on(&bed).await;
            }
        })
        .await;
    })
    .await;
}

/// For longer than a lease, and for rescuer and worker alike. Every lease runs out, and
/// nobody who is alive is rescued: what ran goes on running, in its first attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_to_postgres_that_swallows_everything_costs_no_lease() {
    bounded(async {
        let bed = bed().await;
        let lease = bed.settings().lease.ttl.get();
        let (open, gate) = watch::channel(false);
        let (proxy, pool) = line(&bed).await;
        let engine = Engine::start(&bed, &pool, bed.transport(), gated(gate));
        let lasting = bed.enqueue(&many(5, |n| HeavyTask { n })).await;
        rides_out(&bed, engine, &lasting, async |_| {
            eventually("the lasting jobs run", SOON, async || {
                let running = "state = 'running' AND kind = 'test.heavy'";
                (bed.count("jobs", running).await == 5).then_some(())
            })
            .await;
            let lost = async {
                eventually("their leases run out", SOON, async || {
                    (bed.count("leases", "expires_at >= now()").await == 0).then_some(())
                })
                .await;
            };
            let (touched, ()) = tokio::join!(proxy.trouble(Trouble::Blackhole, lease * 3), lost);
            assert!(touched > 0);
            a_lease_passes(&bed).await;
            open.send(true).unwrap();
        })
        .await;
        for id in lasting {
            let job = bed.job(id).await.job;
            assert_eq!((job.run, job.attempt, job.lost_leases), (1, 1, 0));
        }
    })
    .await;
}

/// [`effect_tasks`], and [`HeavyTask`]s that last until the gate is open.
fn gated(gate: watch::Receiver<bool>) -> Registry {
    effect_tasks().with::<HeavyTask, _>(move |_: HeavyTask, ctx: Context| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await?;
            Ok(complete_with_effect(&ctx).await?)
        }
    })
}

/// Waits until the worker has kept its leases for so long that the rescuer, which may
/// judge again after a whole lease, has judged them.
async fn a_lease_passes(bed: &TestBed) {
    let twice_ms = bed.settings().lease.ttl.get().as_millis() * 2;
    bed.execute(
        "CREATE TABLE public.recovered AS SELECT now() AS at; \
         GRANT SELECT ON public.recovered TO nexus_app",
    )
    .await;
    eventually("the heart beats on", SOON, async || {
        let seen = format!("seen_at > at + {twice_ms} * interval '1 ms'");
        let beats = bed.count_in("nexus.workers, public.recovered", &seen);
        (beats.await == 1).then_some(())
    })
    .await;
}
