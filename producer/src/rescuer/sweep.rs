//! The sweep: what nobody will run is buried.

use nexus_schema::{AsyncPgConnection, Result, ledger};

/// Buries jobs past their deadline and jobs that were called off while they ran and wait again, batch
/// by batch until none is left. Needs no clear sight of leases: both are the ledger's own facts.
pub(super) async fn sweep(conn: &mut AsyncPgConnection, batch_max: u32) -> Result<()> {
    loop {
        let swept = ledger::sweep(conn, batch_max).await?;
        if swept.is_empty() {
            return Ok(());
        }
        tracing::info!(
            cancelled = swept.cancelled,
            expired = swept.expired,
            ended = swept.ended,
            "swept jobs that were called off or past their deadline"
        );
    }
}
