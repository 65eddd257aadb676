//! Dispatch rows as the relay sees them: the outbox and the one timer.

mod carriers;
mod lanes;
mod push;
mod relays;

pub use carriers::lock_transport;
pub(crate) use carriers::{forget_other_transports, transport};
pub use lanes::{DueLane, PushedLane, due_lanes, pushed_ids, pushed_lanes};
pub use push::{
    DueEntry, TenantsDue, forget_other_epochs, forget_rows, lock_due, mark_pushed, pushed_rows,
};
pub use relays::{record_relay, remove_relay};
