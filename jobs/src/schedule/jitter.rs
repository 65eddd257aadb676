use std::time::Duration;

use chrono::{DateTime, Utc};

/// How long the job of a tick waits: up to `max_ms` milliseconds, spread evenly over schedules and
/// ticks, and the same whoever asks.
pub(super) fn jitter(name: &str, tick: DateTime<Utc>, max_ms: u64) -> Duration {
    const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const FNV_PRIME: u64 = 0x0100_0000_01b3;
    let bytes = name.bytes().chain(tick.timestamp().to_le_bytes());
    let hash = bytes.fold(FNV_OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    });
    // SplitMix64's last step: FNV alone leaves neighbouring ticks close together.
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Duration::from_millis((hash ^ (hash >> 31)) % max_ms.saturating_add(1))
}
