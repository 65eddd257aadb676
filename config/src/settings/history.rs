//! `[history]`

use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// Monthly partitions that may be made in advance: ten years of them. Postgres plans over every
/// one.
const MONTHS_AHEAD_MAX: u32 = 120;

/// Finished jobs, kept in a table partitioned by month.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Monthly partitions made in advance.
    pub months_ahead: u32,
}

impl History {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.require(
            (1..=MONTHS_AHEAD_MAX).contains(&self.months_ahead),
            &["history.months_ahead"],
            format_args!("{} is out of range", self.months_ahead),
            format_args!("1 to {MONTHS_AHEAD_MAX}"),
        );
    }
}
