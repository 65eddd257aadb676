//! What a worker process says of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counters and states of a worker process, for health, metrics and its row in
/// the ledger.
#[derive(Debug, Default)]
pub struct Health {
    /// Jobs claimed so far.
    pub claimed: AtomicU64,
    /// Jobs settled so far, whatever became of them.
    pub settled: AtomicU64,
    /// Attempts that failed so far.
    pub failed: AtomicU64,
    /// Blocking threads that are lost just now to work that nobody waits for any more.
    pub written_off: AtomicU64,
    /// Whether Postgres did not answer the last time.
    pub postgres_away: AtomicBool,
    /// Whether the broker did not answer the last time.
    pub broker_away: AtomicBool,
    /// Whether the process is asked to claim nothing.
    pub quiet: AtomicBool,
    /// Whether the process has stopped fetching.
    pub draining: AtomicBool,
}

impl Health {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        let claimed = self.claimed.load(Ordering::Relaxed);
        let settled = self.settled.load(Ordering::Relaxed);
        json!({
            "claimed": claimed,
            "settled": settled,
            "failed": self.failed.load(Ordering::Relaxed),
            "held": claimed.saturating_sub(settled),
            "written_off": self.written_off.load(Ordering::Relaxed),
            "postgres_away": self.postgres_away.load(Ordering::Relaxed),
            "broker_away": self.broker_away.load(Ordering::Relaxed),
            "quiet": self.quiet.load(Ordering::Relaxed),
            "draining": self.draining.load(Ordering::Relaxed),
        })
    }

    /// Notes whether a server answered; says so once each time it changes.
    pub(crate) fn note(away: &AtomicBool, server: &str, error: Option<&dyn std::fmt::Display>) {
        let was = away.swap(error.is_some(), Ordering::Relaxed);
        match (was, error) {
            (false, Some(error)) => {
                tracing::warn!(server, %error, "a server is away; running jobs go on");
            }
            (true, None) => tracing::info!(server, "a server is back"),
            _ => {}
        }
    }
}
