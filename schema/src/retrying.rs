//! Trying again when the server was away.

use std::future::Future;
use std::time::Duration;

use nexus_config::Postgres;

use crate::error::Result;

/// The wait before try `n + 1` (`n` from 1): full jitter below `base · 2^(n-1)`,
/// never above `cap`. `luck` is in `[0, 1)`.
pub fn backoff(base: Duration, cap: Duration, n: u32, luck: f64) -> Duration {
    base.saturating_mul(1 << n.saturating_sub(1).min(20))
        .min(cap)
        .mul_f64(luck)
}

/// Runs `act` until it succeeds, fails for good, or has been tried
/// `retry_attempts` times. Only errors worth it are retried: the server away, or
/// another transaction in the way.
pub async fn retrying<T, F, Fut>(settings: &Postgres, mut act: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let mut tried = 0;
    loop {
        tried += 1;
        match act().await {
            Err(error) if error.is_transient() && tried < settings.retry_attempts => {
                let wait = backoff(
                    settings.retry_base.get(),
                    settings.retry_cap.get(),
                    tried,
                    rand::random(),
                );
                tracing::debug!(%error, tried, ?wait, "trying again");
                tokio::time::sleep(wait).await;
            }
            settled => return settled,
        }
    }
}
