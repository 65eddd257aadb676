//! `[enqueue]` and `[relay]`: the way from a caller to the broker.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::span::Span;

/// How jobs enter the ledger.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// Jobs that one call may enqueue.
    pub batch_max: usize,
    /// Ids that one dispatch row carries for light kinds.
    pub entry_ids_max: usize,
    /// Size of one job's arguments, as JSON.
    pub args_bytes_max: Bytes,
}

impl Enqueue {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.at_least("enqueue.batch_max", self.batch_max, 1);
        checks.at_least("enqueue.entry_ids_max", self.entry_ids_max, 1);
        // The smallest arguments there are: `{}`.
        checks.at_least("enqueue.args_bytes_max", self.args_bytes_max, Bytes::new(2));
    }
}

/// The timer that moves due dispatch rows to the broker.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Dispatch rows in one push.
    pub push_rows_max: u32,
    /// Ids kept in the broker for each queue and priority band.
    pub broker_ids_max: u32,
    /// Ids kept there however slowly they are taken.
    pub broker_ids_min: u32,
    /// Pause between polls while there is work.
    pub poll_busy: Span,
    /// Time without a due row after which the relay sleeps.
    pub idle_after: Span,
    /// Pause between polls while it sleeps.
    pub poll_idle: Span,
    /// Pause between looks at the broker's epoch.
    pub epoch_check: Span,
}

impl Relay {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.at_least("relay.push_rows_max", self.push_rows_max, 1);
        checks.at_least("relay.broker_ids_min", self.broker_ids_min, 1);
        checks.not_above(
            ("relay.broker_ids_min", self.broker_ids_min),
            ("relay.broker_ids_max", self.broker_ids_max),
        );
        checks.lasting("relay.poll_busy", self.poll_busy);
        checks.lasting("relay.idle_after", self.idle_after);
        checks.not_above(
            ("relay.poll_busy", self.poll_busy),
            ("relay.poll_idle", self.poll_idle),
        );
        checks.lasting("relay.epoch_check", self.epoch_check);
    }
}
