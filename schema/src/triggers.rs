//! Triggers as the ledger keeps them: each change a version, what they did a log.
//!
//! Definitions pass through here as JSON: what they mean is `nexus_jobs::trigger`'s to say.

mod fire;
mod known_kinds;
mod log;
mod store;
mod versions;

pub use fire::{Counted, Held, count, hold};
pub use known_kinds::{KnownKind, known_kinds};
pub use log::{Logged, TriggerLogEntry, TriggerLogPage, log, write_log};
pub use store::{TriggerView, disable, enable, find, list, remove, set};
pub use versions::{TriggerVersion, versions};

/// The listener that evaluates triggers.
pub const LISTENER: &str = "triggers";
