//! Events for whoever listens.
//!
//! Every statement that changes a job's state writes its events in the same transaction, into
//! `nexus.events`, where `nexus.listened` says that somebody listens; where nobody does, it costs a
//! look at an empty table. A row is all the jobs of one kind, queue and tenant that changed alike in
//! one statement. What else there is to tell of each is looked up when the row is read.

mod emit;
mod expand;
mod listeners;
mod outbox;
mod recorded;
mod sweep;

pub use emit::emit;
pub use expand::{Detail, expand};
pub use listeners::{
    ALL_TYPES, Listened, ListenerView, enlist, forget, hold, listen, listeners, relisten, seen,
};
pub use outbox::{EventRow, settle, take, take_in_order};
pub use recorded::{change, logged};
pub use sweep::{Swept, sweep};
