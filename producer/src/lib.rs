//! Whatever puts work on a queue.
//!
//! | idea | file | feature |
//! |---|---|---|
//! | [`Producer`], [`enqueue_in`]: the enqueue client | [`client`] | |
//! | [`relay::Relay`]: dispatch rows to brokers; the one timer | [`relay`] | `relay` |
//! | [`releaser::Releaser`]: jobs that wait at gates | [`releaser`] | `relay` |
//! | [`rescuer::Rescuer`]: leases that ran out | [`rescuer`] | `relay` |
//!
//! A service that only enqueues takes this crate without features: no broker's
//! client is compiled.

pub mod client;
#[cfg(feature = "relay")]
pub mod relay;
#[cfg(feature = "relay")]
pub mod releaser;
#[cfg(feature = "relay")]
pub mod rescuer;

pub use client::{Producer, enqueue_in};
pub use nexus_jobs::{Due, Enqueued, Job, NewJob, OnConflict, Unique};
