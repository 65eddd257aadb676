//! Loads whose jobs were given up without their handler: a worker that dies with
//! its last attempt cannot say so, and half a file must not stay.

use std::time::Duration;

use nexus_schema::Pool;
use nexus_schema::datasets::fail_orphans;
use tokio_util::sync::CancellationToken;

/// How often they are looked for.
const EVERY: Duration = Duration::from_secs(10);
/// Most of them failed in one look.
const MOST: u32 = 20;

/// Looks for them until `stop`. Any number may look at once.
pub async fn watch(pool: Pool, stop: CancellationToken) {
    loop {
        match look(&pool).await {
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "cannot look for orphaned loads"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn look(pool: &Pool) -> nexus_schema::Result<()> {
    for load in fail_orphans(&mut *pool.get().await?, MOST).await? {
        tracing::warn!(%load, "failed a load whose job was given up");
    }
    Ok(())
}
