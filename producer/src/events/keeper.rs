use std::time::Duration;

use nexus_config::Events;
use nexus_schema::{Pool, events};
use tokio_util::sync::CancellationToken;

/// Pause between looks for events that nobody fetched: they waited for days.
const EVERY: Duration = Duration::from_mins(1);
/// Rows of one listener thrown away in one transaction.
const ROWS_MAX: u32 = 10_000;

/// Bounds the outbox: throws away events that waited for longer than `events.keep`, says so, and counts
/// them at their listener. Any number may run.
#[derive(Debug)]
pub struct Keeper {
    pool: Pool,
    keep: Duration,
}

impl Keeper {
    /// A keeper over a ledger.
    pub fn new(pool: Pool, settings: &Events) -> Self {
        Self {
            pool,
            keep: settings.keep.get(),
        }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.look().await {
                tracing::debug!(%error, "old events cannot be looked for");
            }
            let wait = EVERY.mul_f64(0.75 + rand::random::<f64>() / 2.0);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn look(&self) -> nexus_schema::Result<()> {
        let mut conn = self.pool.get().await?;
        loop {
            let swept = events::sweep(&mut conn, self.keep, ROWS_MAX).await?;
            for one in &swept {
                tracing::warn!(
                    listener = one.listener,
                    events = one.events,
                    "threw away events that nobody fetched in time (events.keep)"
                );
            }
            if !swept.iter().any(|one| one.rows >= i64::from(ROWS_MAX)) {
                return Ok(());
            }
        }
    }
}
