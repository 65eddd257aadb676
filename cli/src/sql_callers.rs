//! What callers of `nexus.enqueue` in SQL are held to.

use nexus_config::Settings;
use nexus_jobs::kinds::BUILT_IN;
use nexus_schema::{AsyncPgConnection, Pool, ledger, retrying};
use tokio_util::sync::CancellationToken;

/// Records the settings and the built-in kinds' defaults.
pub(crate) async fn record(
    conn: &mut AsyncPgConnection,
    settings: &Settings,
) -> nexus_schema::Result<()> {
    ledger::record_rules(conn, &settings.enqueue, &settings.retry).await?;
    ledger::record_kinds(conn, &BUILT_IN, &settings.kinds).await
}

/// Records them once Postgres can be reached, or until `stop`.
pub(crate) async fn record_when_there(pool: Pool, settings: Settings, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let recorded = retrying(pool.settings(), async || {
            record(&mut *pool.get().await?, &settings).await
        });
        let wait = tokio::select! {
            recorded = recorded => match recorded {
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(%error, "the rules of SQL callers are not recorded yet");
                    pool.settings().retry_cap.get()
                }
            },
            () = stop.cancelled() => return,
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}
