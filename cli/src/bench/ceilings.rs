//! What the ledger does alone: no broker, no executor, no second process.

use std::time::{Duration, Instant};

use nexus_jobs::{Token, WorkerId};
use nexus_schema::ledger::{self, Claim, Settled};
use nexus_schema::measure;

use super::rig::{Rig, per_second};

/// Jobs in a statement.
const BATCH: i64 = 500;
/// Connections that claim and complete.
const CONNECTIONS: usize = 2;

/// Bare inserts of job rows a second, in batches as large as an enqueue's.
pub(super) async fn insert(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let batch = i64::try_from(rig.settings.enqueue.batch_max)?;
    let count = i64::try_from(count)?;
    let job = Rig::noop()?;
    let mut conn = rig.pool.get().await?;
    let began = Instant::now();
    for _ in 0..count / batch {
        measure::insert_bare(&mut conn, batch, &job.kind, job.args.get()).await?;
    }
    let rate = per_second(count / batch * batch, began.elapsed());
    drop(conn);
    rig.clear().await?;
    Ok(rate)
}

/// Bare inserts of one job row a second, one after another.
pub(super) async fn insert_single(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let job = Rig::noop()?;
    let mut conn = rig.pool.get().await?;
    let began = Instant::now();
    for _ in 0..count {
        measure::insert_bare(&mut conn, 1, &job.kind, job.args.get()).await?;
    }
    let rate = per_second(i64::try_from(count)?, began.elapsed());
    drop(conn);
    rig.clear().await?;
    Ok(rate)
}

/// Jobs claimed and completed a second, by the engine's own statements on two
/// connections, with nothing else running.
pub(super) async fn claim_and_complete(rig: &Rig, count: usize) -> anyhow::Result<f64> {
    let (first, last) = rig.enqueue_noops(count).await?;
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..CONNECTIONS {
        let pool = rig.pool.clone();
        let step = i64::try_from(CONNECTIONS)? * BATCH;
        let start = first.0 + i64::try_from(at)? * BATCH;
        tasks.spawn(async move {
            let mut conn = pool.connect().await?;
            let mut from = start;
            while from <= last.0 {
                let ids = (from..(from + BATCH).min(last.0 + 1)).collect();
                claim_and_complete_batch(&mut conn, ids).await?;
                from += step;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let rate = per_second(last.0 - first.0 + 1, began.elapsed());
    rig.clear().await?;
    Ok(rate)
}

async fn claim_and_complete_batch(
    conn: &mut nexus_schema::AsyncPgConnection,
    ids: Vec<i64>,
) -> anyhow::Result<()> {
    let token = Token::random();
    let kinds = ["noop".to_owned()];
    let claim = Claim {
        worker: WorkerId::random(),
        token,
        kinds: &kinds,
        lease: Duration::from_mins(1),
        ids,
        whole: Vec::new(),
        part: None,
        suspect: false,
    };
    let claimed = ledger::claim(conn, claim).await?;
    let done: Vec<_> = claimed
        .iter()
        .map(|job| Settled {
            job: job.job_id(),
            token,
            with: None,
        })
        .collect();
    ledger::complete(conn, &done, &[token]).await?;
    Ok(())
}
