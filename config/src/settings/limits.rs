//! `[limits]`: limits and breakers, and the releaser of who waits for them.

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::span::Span;

/// Limits and breakers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Pause between looks at limits and breakers.
    pub poll: Span,
    /// Jobs released in one transaction.
    pub release_batch_max: u32,
    /// Pause between releases while they let jobs in.
    pub release_poll_busy: Span,
    /// Longest pause between looks at gates that are full.
    pub release_poll_full: Span,
    /// Pause between looks while nobody waits.
    pub release_poll_idle: Span,
    /// Jobs a second that leave a breaker that has closed.
    pub reopened_per_s: u32,
    /// Pause between searches for gates that nobody uses any more.
    pub collect_every: Span,
}

impl Limits {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.lasting("limits.poll", self.poll);
        checks.at_least("limits.release_batch_max", self.release_batch_max, 1);
        checks.lasting("limits.release_poll_busy", self.release_poll_busy);
        checks.not_above(
            ("limits.release_poll_busy", self.release_poll_busy),
            ("limits.release_poll_full", self.release_poll_full),
        );
        checks.lasting("limits.release_poll_idle", self.release_poll_idle);
        checks.at_least("limits.reopened_per_s", self.reopened_per_s, 1);
        checks.lasting("limits.collect_every", self.collect_every);
    }
}
