//! How long a relay waits between rounds: a pure decision.

use std::time::Duration;

use nexus_config::Relay as Settings;

/// What a round found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Round {
    /// Ids pushed.
    pub(super) pushed: usize,
    /// Whether a lane has more due rows than the round took and room for them.
    pub(super) more: bool,
    /// Whether a lane has due rows but no room in the broker.
    pub(super) full: bool,
    /// Until the next row is due, where one waits for its time.
    pub(super) due_in: Option<Duration>,
}

/// What to do before the next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Go on at once.
    AtOnce,
    /// Wait this long.
    Poll(Duration),
    /// Ask to be woken, and wait at most this long.
    Sleep(Duration),
}

/// A busy relay polls; one that has been idle for `idle_after` sleeps, but no
/// longer than until the next row is due or the broker's epoch is to be compared. So it
/// does where a lane stays full, since its queue is paused, or nobody serves it, or its
/// jobs take long: the room that a claim makes there is looked for when it wakes, and
/// the broker holds enough until then.
pub(super) fn next(round: &Round, idle: Duration, settings: &Settings) -> Next {
    if round.more {
        return Next::AtOnce;
    }
    let busy = settings.poll_busy.get();
    if idle < settings.idle_after.get() {
        return Next::Poll(busy);
    }
    let longest = settings.poll_idle.get().min(settings.epoch_check.get());
    Next::Sleep(
        round
            .due_in
            .map_or(longest, |due_in| due_in.clamp(busy, longest.max(busy))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        nexus_config::Settings::defaults().relay
    }

    #[test]
    fn a_backlog_is_pushed_without_a_pause() {
        let round = Round {
            pushed: 500,
            more: true,
            ..Round::default()
        };
        assert_eq!(next(&round, Duration::ZERO, &settings()), Next::AtOnce);
    }

    #[test]
    fn a_full_broker_is_polled_but_not_for_as_long_as_it_stays_full() {
        let round = Round {
            full: true,
            ..Round::default()
        };
        let at_first = next(&round, Duration::ZERO, &settings());
        assert_eq!(at_first, Next::Poll(settings().poll_busy.get()));
        let waited = next(&round, Duration::from_hours(1), &settings());
        assert_eq!(waited, Next::Sleep(settings().poll_idle.get()));
    }

    #[test]
    fn an_idle_relay_sleeps_but_not_past_the_next_due_time() {
        let long = Duration::from_mins(1);
        assert_eq!(
            next(&Round::default(), long, &settings()),
            Next::Sleep(settings().poll_idle.get())
        );
        let soon = Round {
            due_in: Some(Duration::from_millis(40)),
            ..Round::default()
        };
        assert_eq!(
            next(&soon, long, &settings()),
            Next::Sleep(Duration::from_millis(40))
        );
    }
}
