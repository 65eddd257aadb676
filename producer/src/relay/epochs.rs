//! What a broker lost is pushed again.

use std::sync::atomic::Ordering;
use std::time::Instant;

use nexus_schema::{AsyncPgConnection, dispatch};

use super::{Memory, Relay, RelayError};

impl Relay {
    /// Compares, every `epoch_check`, each lane's marks with the broker's present
    /// epoch, and unmarks what was pushed in another one.
    pub(super) async fn check_epochs(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &mut Memory,
    ) -> Result<(), RelayError> {
        let every = self.settings.epoch_check.get();
        if memory.epochs_checked.is_some_and(|at| at.elapsed() < every) {
            return Ok(());
        }
        for lane in dispatch::pushed_lanes(conn).await? {
            let epoch = self.transport.epoch(&lane).await?;
            let rows = dispatch::forget_other_epochs(conn, &lane, &epoch.0).await?;
            if rows > 0 {
                tracing::warn!(%lane, rows, "the broker began a new epoch: pushing again");
                self.stats
                    .repushed_rows
                    .fetch_add(rows as u64, Ordering::Relaxed);
                memory.in_broker.remove(&lane);
            }
        }
        memory.epochs_checked = Some(Instant::now());
        Ok(())
    }
}
