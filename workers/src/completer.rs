//! Settlements to the ledger, in batches.
//!
//! A batch is whatever has come in while the last one was written: single jobs
//! settle at once, many settle together, and nothing waits for a timer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_jobs::{FailureReason, JobId, Settlement, Token};
use nexus_schema::AsyncPgConnection;
use nexus_schema::ledger::{self, Settled};
use tokio::sync::mpsc::Receiver;

use crate::engine::Engine;
use crate::health::Health;
use crate::settling::Decided;

/// Settlements by the verb that writes them.
#[derive(Debug, Default, Clone)]
struct Batch {
    complete: Vec<Settled<Option<String>>>,
    retry: Vec<Settled<(FailureReason, String, Duration)>>,
    snooze: Vec<Settled<Duration>>,
    discard: Vec<Settled<(FailureReason, String)>>,
    cancel: Vec<Settled<String>>,
    settled: Vec<(JobId, Token)>,
}

impl Batch {
    fn of(decided: impl IntoIterator<Item = Decided>) -> Self {
        let mut batch = Self::default();
        for Decided {
            job,
            token,
            settlement,
        } in decided
        {
            batch.settled.push((job, token));
            match settlement {
                Settlement::Complete { result } => {
                    let with = result.map(|value| value.to_string());
                    batch.complete.push(Settled { job, token, with });
                }
                Settlement::Retry {
                    reason,
                    error,
                    after,
                } => {
                    batch.retry.push(Settled {
                        job,
                        token,
                        with: (reason, error, after),
                    });
                }
                Settlement::Snooze { after } => {
                    batch.snooze.push(Settled {
                        job,
                        token,
                        with: after,
                    });
                }
                Settlement::Discard { reason, error } => {
                    batch.discard.push(Settled {
                        job,
                        token,
                        with: (reason, error),
                    });
                }
                Settlement::Cancel { reason } => {
                    batch.cancel.push(Settled {
                        job,
                        token,
                        with: reason,
                    });
                }
                Settlement::None => {}
            }
        }
        batch
    }
}

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
        write(&engine, &mut ledger, batch, &closed).await;
        engine.health.settled.fetch_add(count, Ordering::Relaxed);
    }
}

async fn write(
    engine: &Engine,
    ledger: &mut Option<AsyncPgConnection>,
    batch: Batch,
    closed: &[Token],
) {
    let mut failures = 0;
    loop {
        let answer = try_write(engine, ledger, &batch, closed).await;
        let away = &engine.health.postgres_away;
        match answer {
            Ok(()) => return Health::note(away, "postgres", None),
            Err(error) if error.is_transient() => {
                Health::note(away, "postgres", Some(&error));
                *ledger = None;
                failures += 1;
                tokio::time::sleep(engine.wait(failures)).await;
            }
            Err(error) => {
                // Not the server's fault, so not to be repeated for ever: the jobs
                // keep their leases until this process ends, and are rescued then.
                tracing::error!(%error, jobs = batch.settled.len(), "the ledger refused settlements");
                return;
            }
        }
    }
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
