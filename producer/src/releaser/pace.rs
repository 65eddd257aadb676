//! How soon the releaser looks again: a pure decision.

use std::time::Duration;

use nexus_config::Limits;

/// What a look at the gates found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether jobs wait at any gate.
    pub(super) waiting: bool,
    /// Whether any were let in, or moved to another gate.
    pub(super) released: bool,
    /// Until a rate lets the next one in, where one waits for that.
    pub(super) soonest: Option<Duration>,
}

/// How long looks have been in vain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    last: Duration,
}

impl Pace {
    /// The pause before the next look. While jobs wait at full gates, it grows by half
    /// each time up to `release_poll_full`: a gate that was full for long is likely to
    /// stay so. A rate's next start is known, and met. A look that `took` long, since many
    /// gates are full, is not taken more than a fifth of the time.
    pub(super) fn next(&mut self, look: &Look, took: Duration, settings: &Limits) -> Duration {
        let busy = settings.release_poll_busy.get();
        self.last = if look.released {
            busy
        } else if look.waiting {
            let longer = (self.last * 3 / 2).clamp(busy, settings.release_poll_full.get());
            let longer = longer.max(took * 4);
            look.soonest
                .map_or(longer, |soonest| longer.min(soonest.max(busy)))
        } else {
            self.last = Duration::ZERO;
            return settings.release_poll_idle.get();
        };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_gates_are_looked_at_less_and_less_until_one_lets_somebody_in() {
        let settings = nexus_config::Settings::defaults().limits;
        let mut pace = Pace::default();
        let brief = Duration::ZERO;
        let full = Look {
            waiting: true,
            ..Look::default()
        };
        let busy = settings.release_poll_busy.get();
        assert_eq!(pace.next(&full, brief, &settings), busy);
        assert_eq!(pace.next(&full, brief, &settings), busy * 3 / 2);
        for _ in 0..100 {
            pace.next(&full, brief, &settings);
        }
        assert_eq!(
            pace.next(&full, brief, &settings),
            settings.release_poll_full.get()
        );
        let soon = Look {
            soonest: Some(Duration::from_millis(3)),
            ..full
        };
        assert_eq!(pace.next(&soon, brief, &settings), Duration::from_millis(3));
        let released = Look {
            released: true,
            ..full
        };
        assert_eq!(pace.next(&released, brief, &settings), busy);
        assert_eq!(
            pace.next(&Look::default(), brief, &settings),
            settings.release_poll_idle.get()
        );
        assert_eq!(pace.next(&full, brief, &settings), busy);
    }
}
