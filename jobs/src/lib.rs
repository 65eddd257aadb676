//! What a job is.
//!
//! This crate is plain data and pure decisions: it performs no I/O, so that a
//! service that only enqueues depends on it and on `nexus-producer`, and
//! nothing heavier.
//!
//! | idea | file |
//! |---|---|
//! | identifiers | [`id`] |
//! | where a job waits: queue and priority band | [`lane`] |
//! | states and their legal transitions | [`state`] |
//! | the `Job` trait: a kind and its defaults | [`job`] |
//! | a job about to be enqueued, and what became of it | [`new_job`], [`enqueued`] |
//! | brokers by name | [`transport_name`] |
//! | unique jobs | [`unique`] |
//! | retry policies | [`retry`] |
//! | what a handler answers, and what becomes of it | [`outcome`], [`settle`] |
//! | limits, rates and breakers, and whom they let in | [`limit`], [`gcra`], [`breaker`], [`admission`] |
//! | what happened to jobs, and what their handlers found | [`event`] |
//! | jobs that events enqueue (feature `triggers`) | [`trigger`] |
//! | jobs that the clock enqueues (feature `schedules`) | [`schedule`] |
//! | jobs of which some wait for others | [`workflow`] |
//! | the argument struct of every built-in kind | [`kinds`] |

pub mod admission;
pub mod breaker;
pub mod enqueued;
pub mod event;
pub mod gcra;
pub mod id;
pub mod job;
pub mod kinds;
pub mod lane;
pub mod limit;
pub mod new_job;
pub mod outcome;
pub mod retry;
#[cfg(feature = "schedules")]
pub mod schedule;
pub mod settle;
pub mod state;
#[cfg(any(feature = "schedules", feature = "triggers"))]
mod template;
pub mod transport_name;
#[cfg(feature = "triggers")]
pub mod trigger;
pub mod unique;
pub mod workflow;

pub use enqueued::Enqueued;
pub use event::{Change, ChangeId, Emitted, Event};
pub use id::{Actor, CaseId, DatasetId, JobId, LoadId, TenantId, Token, WorkerId, WorkflowId};
pub use job::{Execution, Job, Weight};
pub use lane::{Band, Lane, QueueName};
pub use new_job::{Deadline, Due, NewJob};
pub use outcome::Outcome;
pub use retry::{Backoff, RetryPolicy};
pub use settle::{Attempted, FailureReason, Settlement, settle};
pub use state::{State, Step};
pub use transport_name::{NoSuchTransport, TransportName};
pub use unique::{OnConflict, Unique};
pub use workflow::Workflow;
