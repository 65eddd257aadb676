//! Leases kept alive, and operators heard, from a thread of their own: a loop that
//! hangs or a busy runtime must not cost a lease.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use nexus_schema::AsyncPgConnection;
use nexus_schema::ledger::{self, WorkerRecord};
use tokio_util::sync::CancellationToken;

use crate::control;
use crate::engine::Engine;
use crate::health::Health;
use crate::watchdog::Watchdog;

/// Most parked jobs released in one beat.
const UNPARK_MAX: u32 = 1000;

/// Starts the heartbeat's thread, which is the watchdog's too. It ends, and takes the
/// worker's row away, once `stop` is cancelled; it cancels `drain` once an operator
/// asks for it.
pub(crate) fn start(
    engine: Arc<Engine>,
    record: WorkerRecord,
    watchdog: Watchdog,
    drain: CancellationToken,
    stop: CancellationToken,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("nexus-heartbeat".into())
        .spawn(move || {
            runtime.block_on(async {
                let watching = tokio::spawn(watchdog.watch());
                tokio::join!(
                    beat(&engine, &record, &stop),
                    control::run(&engine, &drain, &stop)
                );
                watching.abort();
            });
        })
}

async fn beat(engine: &Engine, record: &WorkerRecord, stop: &CancellationToken) {
    let mut ledger = None;
    let mut failures = 0;
    loop {
        let wait = match once(engine, record, &mut ledger).await {
            Ok(()) => {
                // A claim that failed meanwhile is for claims to take back.
                if failures > 0 {
                    Health::note(&engine.health.postgres_away, "postgres", None);
                }
                failures = 0;
                engine.lease.heartbeat.get()
            }
            Err(error) => {
                ledger = None;
                failures += 1;
                // Who has nothing to claim and nothing to write would not notice otherwise.
                Health::note(&engine.health.postgres_away, "postgres", Some(&error));
                engine.wait(failures).min(engine.lease.heartbeat.get())
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => break,
        }
    }
    if let Some(mut conn) = ledger
        && let Err(error) = ledger::deregister(&mut conn, record.id).await
    {
        tracing::debug!(%error, "the worker's row stays");
    }
}

async fn once(
    engine: &Engine,
    record: &WorkerRecord,
    ledger: &mut Option<AsyncPgConnection>,
) -> nexus_schema::Result<()> {
    let act = async {
        let conn = match ledger {
            Some(conn) => conn,
            none => {
                let conn = none.insert(engine.pool.connect().await?);
                ledger::register(conn, record).await?;
                let defaults = engine.registry.defaults();
                ledger::record_kinds(conn, &defaults, &engine.kinds_set).await?;
                conn
            }
        };
        // Those that it knows of, and no other: the lease of a claim that committed after it was
        // given up is nobody's, and has to run out.
        let leases = engine.holdings.leases();
        let ttl = engine.lease.ttl.get();
        ledger::heartbeat(conn, record.id, &leases, ttl, &engine.report()).await?;
        ledger::unpark_kinds(conn, &engine.kinds, UNPARK_MAX).await?;
        Ok(())
    };
    // A server that neither answers nor hangs up must not hold the next beat back.
    let bound = (engine.lease.ttl.get() / 2).max(Duration::from_millis(100));
    tokio::time::timeout(bound, act)
        .await
        .unwrap_or_else(|_| Err(nexus_schema::Error::Unavailable("no answer in time".into())))
}
