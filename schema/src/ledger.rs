//! The ledger's verbs. Each is one statement, so one round trip and one commit,
//! over as many jobs as it is given.

mod claim;
mod enqueue;
mod give_back;
mod heartbeat;
mod held;
mod rescue;
mod settle;
mod unpark;

pub use claim::{Claim, ClaimedJob, claim};
pub use enqueue::enqueue;
pub use give_back::give_back;
pub use heartbeat::{WorkerRecord, deregister, heartbeat, register};
pub use held::{HeldJob, held};
pub use rescue::{Rescued, rescue};
pub use settle::{Settled, cancel, complete, discard, drop_leases, retry, snooze};
pub use unpark::unpark_kinds;
