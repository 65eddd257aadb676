//! `[requests]`: jobs that other services ask for through Kafka.

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::span::Span;

/// Jobs that other services ask for through Kafka.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// The kinds that may be asked for. None: nothing is read.
    pub kinds: Vec<String>,
    /// The tenants whose jobs may be asked for.
    pub tenants: Vec<i64>,
    /// Requests enqueued in one transaction.
    pub batch_max: usize,
    /// Time for which a request's source and id are known after it was taken.
    pub remember: Span,
}

impl Requests {
    pub(super) fn check(&self, checks: &mut Checks) {
        let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
        for kind in &self.kinds {
            checks.require(
                (1..=100).contains(&kind.len()) && kind.chars().all(fit),
                &["requests.kinds"],
                format_args!("{kind:?} is no name of a kind"),
                "names of 1 to 100 characters of a-z, 0-9, _, - and .",
            );
        }
        checks.require(
            self.tenants.iter().all(|tenant| *tenant >= 1),
            &["requests.tenants"],
            format_args!("{:?} has one that is none", self.tenants),
            "1 or more for each tenant",
        );
        checks.at_least("requests.batch_max", self.batch_max, 1);
        checks.lasting("requests.remember", self.remember);
    }
}
