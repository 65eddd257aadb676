//! Whatever takes work off a queue.
//!
//! ```text
//! fetcher ─▶ claim ─▶ apalis worker: settle ▸ catch panic ▸ run ─▶ completer
//!                                                  heartbeat, on a thread of its own
//! ```
//!
//! | idea | file |
//! |---|---|
//! | how a kind is done: [`Handler`] | [`handler`] |
//! | which kinds this process knows: [`Registry`] | [`registry`] |
//! | what a handler may do for its job: [`Context`] | [`context`] |
//! | entries to claims, as many as can start | `fetcher`, `held` (pure) |
//! | the apalis `Backend` over ledger and transport | `backend` |
//! | limits and breakers, as this process knows them | `gates` |
//! | one attempt: decode, run, time out | `run` |
//! | attempts that are made together | `batching` |
//! | timeouts and backoffs: whose word counts | `policy` |
//! | running jobs that are asked to end | [`Cancellations`] |
//! | what becomes of it: the backend's own tower layer | `settling` |
//! | settlements to the ledger, in batches | `completer` |
//! | which jobs and leases this process holds | `holdings` |
//! | what handlers say of their jobs: progress, log | `telling` |
//! | what operators ask, as it is now | `control`, `served`, `cancellations` |
//! | how many jobs run at once, whatever is asked | `slots` |
//! | which priority band goes first | `bands` |
//! | leases kept alive | `heartbeat` |
//! | threads that never come back | `polls`, `watchdog`, [`stuck`] |
//! | all of it together, and its drain: [`WorkerProcess`] | [`process`] |
//!
//! Absent on purpose: any job kind, and any SQL.

mod backend;
mod bands;
mod batching;
mod blocking;
mod cancellations;
mod completer;
pub mod context;
mod control;
mod engine;
mod fetcher;
mod gates;
pub mod handler;
mod health;
mod heartbeat;
mod held;
mod holdings;
mod policy;
mod polls;
pub mod process;
pub mod registry;
mod run;
mod served;
mod settling;
mod slots;
pub mod stuck;
mod telling;
mod watchdog;

pub use blocking::{BlockingError, BlockingPool};
pub use cancellations::Cancellations;
pub use context::Context;
pub use handler::{BatchHandler, BlockingHandler, Handler};
pub use health::Health;
pub use nexus_jobs::{Job, Outcome};
pub use process::WorkerProcess;
pub use registry::Registry;
pub use stuck::Stuck;
pub use telling::LogLevel;
