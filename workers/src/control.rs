//! What operators ask, looked at again and again: pauses, concurrency, quiet, drain,
//! cancellations. On the heartbeat's thread, over a connection of its own.
//!
//! Postgres away, what was asked last holds on. A new process starts nothing before it
//! knows what is asked of it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_jobs::{Actor, QueueName};
use nexus_schema::AsyncPgConnection;
use nexus_schema::asked::{self, Asked, ProcessAsk};
use nexus_schema::ledger;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::served::Standing;

/// Most cancellations looked at in one turn; the rest come when these have ended.
const CANCELLATIONS_MAX: u32 = 1000;

/// A server that neither answers nor hangs up must not make the process deaf.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How every queue stood when it was last told to the ledger.
type Standings = BTreeMap<QueueName, Standing>;

/// Looks until `stop`. Cancels `drain` once the process is asked to end.
pub(crate) async fn run(engine: &Engine, drain: &CancellationToken, stop: &CancellationToken) {
    let mut ledger = None;
    let mut told = (false, Standings::new());
    let mut failures = 0;
    while !stop.is_cancelled() {
        let looked =
            tokio::time::timeout(ANSWER_WITHIN, once(engine, &mut ledger, &mut told, drain));
        let looked = tokio::select! {
            looked = looked => looked,
            () = stop.cancelled() => return,
        };
        let wait = match looked {
            Ok(Ok(())) => {
                failures = 0;
                engine.settings.control_every.get()
            }
            failed => {
                ledger = None;
                failures += 1;
                if let Ok(Err(error)) = failed {
                    tracing::debug!(%error, failures, "not known what is asked");
                }
                engine.wait(failures)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = engine.asked_here.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn once(
    engine: &Engine,
    ledger: &mut Option<AsyncPgConnection>,
    told: &mut (bool, Standings),
    drain: &CancellationToken,
) -> nexus_schema::Result<()> {
    // At once, whether the ledger answers or not.
    if engine.quiet_here.load(Ordering::Relaxed) {
        quieten(engine);
    }
    let conn = match ledger {
        Some(conn) => conn,
        none => none.insert(engine.pool.connect().await?),
    };
    if engine.quiet_here.load(Ordering::Relaxed) {
        // In the ledger, so that it is shown there, and taken back from there.
        let (me, signal) = ([engine.worker], Actor::named("signal"));
        let there = asked::ask(conn, &me, Some(ProcessAsk::Quiet), &signal).await?;
        if !there.is_empty() {
            engine.quiet_here.store(false, Ordering::Relaxed);
        }
    }
    let queues: Vec<&str> = engine.served.keys().map(QueueName::as_str).collect();
    let asked = asked::asked(conn, engine.worker, &queues, CANCELLATIONS_MAX).await?;
    apply(engine, asked, drain);
    let standings = engine
        .served
        .iter()
        .map(|(name, q)| (name.clone(), q.standing()));
    let stands = (
        engine.health.quiet.load(Ordering::Relaxed),
        standings.collect(),
    );
    if stands != *told {
        ledger::report(conn, engine.worker, &engine.report()).await?;
        *told = stands;
    }
    Ok(())
}

fn apply(engine: &Engine, asked: Asked, drain: &CancellationToken) {
    let quiet = asked.process.is_some() || engine.quiet_here.load(Ordering::Relaxed);
    note_quiet(engine, quiet);
    for (name, served) in &engine.served {
        let wanted = asked.queues.get(name.as_str()).copied().unwrap_or_default();
        let before = served.slots.allowed();
        engine.transport.route(name, wanted.transport);
        served.apply(wanted, quiet);
        let after = served.slots.allowed();
        if before != after {
            tracing::info!(queue = %name, before, after, paused = wanted.paused, "concurrency");
        }
    }
    if asked.process == Some(ProcessAsk::Drain) && !drain.is_cancelled() {
        tracing::info!("asked to drain");
        drain.cancel();
    }
    for (job, reason) in asked.cancellations {
        engine.cancellations.ask(job, &reason);
    }
}

/// Lets no queue claim.
fn quieten(engine: &Engine) {
    note_quiet(engine, true);
    for served in engine.served.values() {
        served.slots.allow(0);
    }
}

fn note_quiet(engine: &Engine, quiet: bool) {
    let was = engine.health.quiet.swap(quiet, Ordering::Relaxed);
    match (was, quiet) {
        (false, true) => tracing::info!("quiet: claims nothing, runs on what runs"),
        (true, false) => tracing::info!("quiet no more"),
        _ => {}
    }
}
