//! `[triggers]`: jobs that events enqueue.

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::span::Span;

/// The deepest row of triggers that can be set: far more than anybody means.
const DEPTH_MAX: u16 = 1000;

/// Jobs that events enqueue.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// Events judged in one transaction.
    pub batch_max: usize,
    /// Pause between looks while no event waits.
    pub poll: Span,
    /// How long it is remembered that an event fired a trigger.
    pub once_for: Span,
    /// Triggers in a row from which they are taken for a loop.
    pub depth_max: u16,
    /// Jobs a minute from which a trigger is taken for a loop.
    pub rate_per_minute: u32,
}

impl Triggers {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.at_least("triggers.batch_max", self.batch_max, 1);
        checks.lasting("triggers.poll", self.poll);
        checks.lasting("triggers.once_for", self.once_for);
        checks.require(
            (1..=DEPTH_MAX).contains(&self.depth_max),
            &["triggers.depth_max"],
            format_args!("{} is out of range", self.depth_max),
            format_args!("1 to {DEPTH_MAX}"),
        );
        checks.at_least("triggers.rate_per_minute", self.rate_per_minute, 1);
    }
}
