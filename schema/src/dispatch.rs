//! Dispatch rows as the relay sees them: the outbox and the one timer.

mod lanes;
mod push;
mod relays;

pub use lanes::{DueLane, due_lanes, pushed_ids, pushed_lanes};
pub use push::{DueEntry, TenantsDue, forget_other_epochs, lock_due, mark_pushed};
pub use relays::{record_relay, remove_relay};
