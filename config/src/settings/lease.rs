//! `[lease]` and `[rescue]`: holding a job, and finding those nobody holds.

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::span::Span;

/// Heartbeats that fit into one lease, so that two of them may fail.
const HEARTBEATS_A_LEASE: u32 = 3;

/// A worker's claim on the jobs it runs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Time for which a claim holds without a heartbeat.
    pub ttl: Span,
    /// Pause between heartbeats.
    pub heartbeat: Span,
}

impl Lease {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.lasting("lease.heartbeat", self.heartbeat);
        let least = Span::new(self.heartbeat.get().saturating_mul(HEARTBEATS_A_LEASE));
        checks.require(
            self.ttl >= least,
            &["lease.ttl", "lease.heartbeat"],
            format_args!(
                "lease.ttl ({}) is less than {HEARTBEATS_A_LEASE} × lease.heartbeat ({})",
                self.ttl, self.heartbeat
            ),
            format_args!("lease.ttl of {least} or more, or a shorter lease.heartbeat"),
        );
    }
}

/// What becomes of jobs whose worker is gone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rescue {
    /// Pause between searches for leases that ran out.
    pub every: Span,
    /// Jobs rescued in one transaction.
    pub batch_max: u32,
}

impl Rescue {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.lasting("rescue.every", self.every);
        checks.at_least("rescue.batch_max", self.batch_max, 1);
    }
}
