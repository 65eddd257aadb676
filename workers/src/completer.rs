//! Settlements to the ledger, in batches.
//!
//! A batch is whatever has come in while the last one was written: single jobs
//! settle at once, many settle together, and nothing waits for a timer.

mod batch;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nexus_jobs::Token;
use nexus_schema::AsyncPgConnection;
use nexus_schema::ledger;
use tokio::sync::mpsc::Receiver;

use crate::engine::Engine;
use crate::health::Health;
use crate::settling::{Decided, bounded};

use batch::Batch;

/// Writes settlements until every sender is gone. Keeps a batch until the ledger
/// took it, however long Postgres is away.
pub(crate) async fn run(engine: Arc<Engine>, mut decided: Receiver<Decided>) {
    let most = engine.settings.complete_batch_max;
    let mut ledger = None;
    let mut incoming = Vec::with_capacity(most);
    while decided.recv_many(&mut incoming, most).await > 0 {
        let count = incoming.len() as u64;
        let batch = Batch::of(incoming.drain(..));
        let closed = engine.holdings.settle(batch.settled.iter().copied());
        if let Err(error) = write(&engine, &mut ledger, &batch, &closed).await {
            write_singly(&engine, &mut ledger, batch, &closed, &error).await;
        }
        engine.holdings.closed(&closed);
        engine.health.settled.fetch_add(count, Ordering::Relaxed);
    }
}

/// Writes a batch, waiting while Postgres is away. Fails if Postgres is there and
/// refuses, again and again.
async fn write(
    engine: &Engine,
    ledger: &mut Option<AsyncPgConnection>,
    batch: &Batch,
    closed: &[Token],
) -> nexus_schema::Result<()> {
    /// So many refusals in a row are the batch's fault, not a passing trouble of
    /// the server's.
    const REFUSALS_MAX: u32 = 3;
    let (mut failures, mut refusals) = (0, 0);
    loop {
        let answer = try_write(engine, ledger, batch, closed).await;
        let away = &engine.health.postgres_away;
        let Err(error) = answer else {
            Health::note(away, "postgres", None);
            return Ok(());
        };
        *ledger = None;
        failures += 1;
        if error.is_transient() {
            Health::note(away, "postgres", Some(&error));
        } else {
            refusals += 1;
            if refusals >= REFUSALS_MAX {
                return Err(error);
            }
        }
        tokio::time::sleep(engine.wait(failures)).await;
    }
}

/// Writes one settlement past the completers, which may hang with the loop they serve.
pub(crate) async fn write_now(engine: &Engine, decided: Decided) -> nexus_schema::Result<()> {
    let batch = Batch::of([decided]);
    let closed = engine.holdings.settle(batch.settled.iter().copied());
    write(engine, &mut None, &batch, &closed).await
}

/// Writes one by one what the ledger refused together, so that one settlement does
/// not hold up others. A job whose own is refused has failed its attempt.
async fn write_singly(
    engine: &Engine,
    ledger: &mut Option<AsyncPgConnection>,
    batch: Batch,
    closed: &[Token],
    refusal: &nexus_schema::Error,
) {
    tracing::error!(error = %refusal, jobs = batch.settled.len(), "the ledger refused settlements");
    let last_attempts = batch.last_attempts.clone();
    for single in batch.singly() {
        let Err(error) = write(engine, ledger, &single, &[]).await else {
            continue;
        };
        for &(job, token) in &single.settled {
            tracing::error!(%job, %error, "the ledger refused what became of the job");
            let text = bounded(&format!("its outcome cannot be kept: {error}"));
            let after = (!last_attempts.contains(&job)).then(|| engine.backoff.ceiling(u32::MAX));
            let failed = Batch::failed(job, token, text, after);
            // Nothing of the job's is in this, so only the server can be at fault.
            while write(engine, ledger, &failed, &[]).await.is_err() {}
        }
    }
    let leases_only = Batch::default();
    while write(engine, ledger, &leases_only, closed).await.is_err() {}
}

/// Each verb is a statement of its own. Written again after a failure half-way,
/// the verbs that came through find their tokens gone and change nothing.
async fn try_write(
    engine: &Engine,
    ledger: &mut Option<AsyncPgConnection>,
    batch: &Batch,
    closed: &[Token],
) -> nexus_schema::Result<()> {
    let conn = match ledger {
        Some(conn) => conn,
        none => none.insert(engine.pool.connect().await?),
    };
    let worker = engine.worker;
    let mut held = 0;
    if !batch.retry.is_empty() {
        held += ledger::retry(conn, &batch.retry, worker).await?.len();
    }
    if !batch.snooze.is_empty() {
        held += ledger::snooze(conn, &batch.snooze, worker).await?.len();
    }
    if !batch.discard.is_empty() {
        held += ledger::discard(conn, &batch.discard, worker).await?.len();
    }
    if !batch.cancel.is_empty() {
        held += ledger::cancel(conn, &batch.cancel, worker).await?.len();
    }
    if batch.complete.is_empty() {
        if !closed.is_empty() {
            ledger::drop_leases(conn, closed).await?;
        }
    } else {
        held += ledger::complete(conn, &batch.complete, closed).await?.len();
    }
    let asked = batch.retry.len()
        + batch.snooze.len()
        + batch.discard.len()
        + batch.cancel.len()
        + batch.complete.len();
    if held < asked {
        tracing::warn!(
            jobs = asked - held,
            "settled too late: these jobs were held no longer"
        );
    }
    Ok(())
}
