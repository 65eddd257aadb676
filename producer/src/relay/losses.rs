//! What a broker lost without beginning another epoch is pushed again.
//!
//! A cluster of Kafka lives on over the loss of a machine, and may have lost what that machine
//! had not passed on; a retention that somebody set deletes what was never read. What was
//! pushed and is not settled is in the broker. So where a broker holds nothing, whatever is
//! marked as pushed before it was asked, and is marked still, was lost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_jobs::{Lane, TransportName};
use nexus_schema::{AsyncPgConnection, dispatch};

use super::{Relay, RelayError};

/// Pause between looks: each asks the broker how much it holds of a lane, and holds pushes up
/// for some 100 ms.
pub(super) const LOSSES_EVERY: Duration = Duration::from_secs(15);

/// Rows pushed again after one look; the others after the next.
const ROWS_MAX: u32 = 1000;

impl Relay {
    /// Looks at one lane. Whether anything was lost.
    pub(super) async fn push_losses_again(
        &self,
        conn: &mut AsyncPgConnection,
        lane: &Lane,
        transport: TransportName,
    ) -> Result<bool, RelayError> {
        // In this order: these were in the broker before it is asked. What is settled there
        // meanwhile was claimed before, and its row is gone.
        let marked = dispatch::pushed_rows(conn, lane, ROWS_MAX).await?;
        if marked.is_empty() {
            return Ok(false);
        }
        match self.carrier(transport)?.depth(lane).await {
            Ok(0) => {}
            Ok(_) => return Ok(false),
            // Not known this time; pushes go on.
            Err(error) => {
                tracing::debug!(%lane, %error, "how much the broker holds");
                return Ok(false);
            }
        }
        let rows = dispatch::forget_rows(conn, &marked).await?;
        if rows > 0 {
            tracing::warn!(%lane, rows, %transport, "the broker lost entries: pushing them again");
            self.stats
                .repushed_rows
                .fetch_add(rows as u64, Ordering::Relaxed);
        }
        Ok(rows > 0)
    }
}
