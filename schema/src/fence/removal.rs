//! A fence that a test may take away, in builds with the feature `unfenced` only.

#[cfg(feature = "unfenced")]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "unfenced")]
static REMOVED: AtomicBool = AtomicBool::new(false);

/// Takes the fence away from this process, for good: zombies commit from here on. Only to
/// see that a checker notices.
#[cfg(feature = "unfenced")]
pub fn remove_for_tests() {
    REMOVED.store(true, Ordering::Relaxed);
}

/// Whether it was taken away.
#[cfg(feature = "unfenced")]
pub(super) fn is_removed() -> bool {
    REMOVED.load(Ordering::Relaxed)
}

/// It is always there.
#[cfg(not(feature = "unfenced"))]
pub(super) const fn is_removed() -> bool {
    false
}
