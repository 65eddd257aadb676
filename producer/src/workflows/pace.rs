//! How soon the advancer looks again: a pure decision.

use std::time::Duration;

use nexus_config::Workflows;

/// Looks in vain before the pause begins to grow: a job that was sent on takes about as long to end.
const PATIENCE: u32 = 50;

/// How many looks have been in vain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    in_vain: u32,
    last: Duration,
}

impl Pace {
    /// The pause before the next look, after one that found so much to do. While jobs end it is short, or
    /// none at all; behind the last one it stays short for a while, and then grows up to `poll_idle`.
    pub(super) fn next(&mut self, found: u64, settings: &Workflows) -> Duration {
        let (busy, idle) = (settings.poll_busy.get(), settings.poll_idle.get());
        if found > 0 {
            *self = Self::default();
            return Duration::ZERO;
        }
        self.in_vain = self.in_vain.saturating_add(1);
        self.last = if self.in_vain <= PATIENCE {
            busy
        } else {
            (self.last * 3 / 2).clamp(busy, idle)
        };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_rarer_once_nothing_ends_any_more() {
        let settings = nexus_config::Settings::defaults().workflows;
        let (busy, idle) = (settings.poll_busy.get(), settings.poll_idle.get());
        let mut pace = Pace::default();
        assert_eq!(pace.next(3, &settings), Duration::ZERO);
        for _ in 0..PATIENCE {
            assert_eq!(pace.next(0, &settings), busy);
        }
        assert_eq!(pace.next(0, &settings), busy * 3 / 2);
        for _ in 0..100 {
            pace.next(0, &settings);
        }
        assert_eq!(pace.next(0, &settings), idle);
        pace.next(1, &settings);
        assert_eq!(pace.next(0, &settings), busy);
    }
}
