//! `[workflows]`: jobs of which some wait for others.

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::span::Span;

/// Workflows, and the advancer that sends their jobs on.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workflows {
    /// Jobs in one workflow.
    pub jobs_max: usize,
    /// Times that one job of a workflow waits for another.
    pub edges_max: usize,
    /// Pause between looks while jobs of workflows end.
    pub poll_busy: Span,
    /// Pause between looks while none does.
    pub poll_idle: Span,
    /// Workflows that are advanced in one transaction.
    pub batch_max: u32,
    /// Ends that are counted in one transaction.
    pub ends_max: u32,
    /// Jobs behind those that ended that are sent on in one transaction.
    pub release_max: u32,
}

impl Workflows {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.at_least("workflows.jobs_max", self.jobs_max, 1);
        checks.lasting("workflows.poll_busy", self.poll_busy);
        checks.not_above(
            ("workflows.poll_busy", self.poll_busy),
            ("workflows.poll_idle", self.poll_idle),
        );
        checks.at_least("workflows.batch_max", self.batch_max, 1);
        checks.at_least("workflows.ends_max", self.ends_max, 1);
        checks.at_least("workflows.release_max", self.release_max, 1);
    }
}
