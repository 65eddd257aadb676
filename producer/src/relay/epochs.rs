//! What a broker lost is pushed again.

use std::sync::atomic::Ordering;
use std::time::Instant;

use nexus_jobs::TransportName;
use nexus_schema::AsyncPgConnection;
use nexus_schema::dispatch::{self, PushedLane};

use super::losses::LOSSES_EVERY;
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
        let looks = memory
            .losses_checked
            .is_none_or(|at| at.elapsed() >= LOSSES_EVERY);
        if looks {
            memory.losses_checked = Some(Instant::now());
        }
        for PushedLane { lane, transport } in dispatch::pushed_lanes(conn).await? {
            let epoch = self.carrier(transport)?.recent_epoch(&lane).await?;
            let look = looks && transport == TransportName::Kafka;
            if look && self.push_losses_again(conn, &lane, transport).await? {
                memory.in_broker.remove(&lane);
            }
            let rows = dispatch::forget_other_epochs(conn, &lane, &epoch.0).await?;
            if rows > 0 {
                tracing::warn!(%lane, rows, %transport,
                    "the broker began a new epoch, or another carries the queue: pushing again");
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
