//! Whatever puts work on a queue.
//!
//! | idea | file | feature |
//! |---|---|---|
//! | [`Producer`], [`enqueue_in`]: the enqueue client | [`client`] | |
//! | [`events`]: events on their way out | [`events`] | `relay` |
//! | [`ingest::InboxIngest`]: work that other systems sent | [`ingest`] | `ingest` |
//! | [`relay::Relay`]: dispatch rows to brokers; the one timer | [`relay`] | `relay` |
//! | [`releaser::Releaser`]: jobs that wait at gates | [`releaser`] | `relay` |
//! | [`request::JobRequest`]: what a caller says of a job in JSON | [`request`] | `request` |
//! | [`rescuer::Rescuer`]: leases that ran out | [`rescuer`] | `relay` |
//! | [`schedules::Scheduler`]: jobs that the clock enqueues | [`schedules`] | `relay` |
//! | [`triggers::Evaluator`]: jobs that events enqueue | [`triggers`] | `relay` |
//! | [`workflows::Advancer`]: jobs that wait for others of their workflow | [`workflows`] | `relay` |
//! | [`workflows::WorkflowRequest`]: what a caller says of a workflow in JSON | [`workflows`] | `request` |
//!
//! A service that only enqueues takes this crate without features: no broker's
//! client is compiled.

pub mod client;
#[cfg(feature = "relay")]
pub mod events;
#[cfg(feature = "ingest")]
pub mod ingest;
#[cfg(feature = "relay")]
pub mod relay;
#[cfg(feature = "relay")]
pub mod releaser;
#[cfg(feature = "request")]
pub mod request;
#[cfg(feature = "relay")]
pub mod rescuer;
#[cfg(feature = "relay")]
pub mod schedules;
#[cfg(feature = "relay")]
pub mod triggers;
#[cfg(any(feature = "relay", feature = "request"))]
pub mod workflows;

pub use client::{Producer, enqueue_in};
pub use nexus_jobs::{Due, Enqueued, Job, NewJob, OnConflict, Unique, Workflow};
pub use nexus_schema::workflows::Submitted;
