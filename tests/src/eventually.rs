//! Waiting for a condition, with a bound.

use std::time::Duration;

use tokio::time::Instant;

/// What most conditions are given. Long, since it passes only when a test fails.
pub const SOON: Duration = Duration::from_secs(30);

/// Looks again and again until `look` finds something, and returns it; panics with
/// `what` when `bound` passes first.
pub async fn eventually<T>(
    what: &str,
    bound: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    const EVERY: Duration = Duration::from_millis(5);
    let deadline = Instant::now() + bound;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {bound:?}: {what}");
        tokio::time::sleep(EVERY).await;
    }
}
