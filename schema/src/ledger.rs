//! The ledger's verbs. Each is one statement, so one round trip and one commit,
//! over as many jobs as it is given.

mod cancel_jobs;
mod claim;
mod enqueue;
mod give_back;
mod heartbeat;
mod held;
mod kinds;
mod reschedule;
mod rescue;
mod reservations;
mod settle;
mod sweep;
mod unpark;

pub(crate) use cancel_jobs::fit_reason;
pub use cancel_jobs::{CancelAnswer, CancelStep, cancel_jobs, cancel_matching};
pub use claim::{Claim, ClaimedJob, claim};
pub use enqueue::{Rules, check_job, enqueue};
pub use give_back::give_back;
pub use heartbeat::{WorkerRecord, deregister, heartbeat, register, report};
pub use held::{HeldJob, held};
pub use kinds::{record_kinds, record_rules};
pub use reschedule::reschedule;
pub use rescue::{Rescued, rescue};
pub use reservations::sweep_reservations;
pub use settle::{Settled, cancel, complete, discard, drop_leases, retry, snooze};
pub use sweep::{NOT_STARTED, Swept, sweep};
pub use unpark::unpark_kinds;
