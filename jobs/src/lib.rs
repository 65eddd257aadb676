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
//! | a job about to be enqueued | [`new_job`] |
//! | retry policies | [`retry`] |
//! | what a handler answers, and what becomes of it | [`outcome`], [`settle`] |
//! | the argument struct of every built-in kind | [`kinds`] |

pub mod id;
pub mod job;
pub mod kinds;
pub mod lane;
pub mod new_job;
pub mod outcome;
pub mod retry;
pub mod settle;
pub mod state;

pub use id::{Actor, CaseId, DatasetId, JobId, LoadId, TenantId, Token, WorkerId};
pub use job::{Execution, Job, Weight};
pub use lane::{Band, Lane, QueueName};
pub use new_job::{Due, NewJob};
pub use outcome::Outcome;
pub use retry::{Backoff, RetryPolicy};
pub use settle::{Attempted, FailureReason, Settlement, settle};
pub use state::{State, Step};
