//! The only crate that speaks SQL.
//!
//! | room | what is in it |
//! |---|---|
//! | [`connect`], [`pool`], [`retrying`] | connections, their pool, trying again |
//! | [`migrate`] | the embedded migrations |
//! | [`ledger`] | enqueue, claim, settle, give back, rescue, cancel, reschedule, sweep, heartbeat |
//! | [`dispatch`] | the relay's side: due rows, marks, epochs |
//! | [`gates`] | limits, breakers, and claims and releases through them |
//! | [`ingest`] | work that other systems sent, each once |
//! | [`fence`] | a claim's proof, a transaction's last act |
//! | [`queues`], [`asked`] | what operators ask of queues and workers, and what a worker is asked |
//! | [`jobs`], [`workers`] | the ledger as people look at it, and what handlers say of their jobs |
//! | [`dead`] | dead letters: found, run again, thrown away |
//! | [`events`], [`triggers`] | what happened, for whoever listens; jobs that events enqueue |
//! | [`schedules`] | jobs that the clock enqueues |
//! | [`workflows`] | jobs of which some wait for others |
//! | [`supervisors`] | how many worker processes are wanted, and how many work |
//! | [`cases`], [`datasets`] | the domain |
//! | [`copy`], [`money`], [`months`] | bulk loading |
//! | [`measure`] | what `nexus bench` asks |
//!
//! Absent on purpose: any decision that needs no row. When to retry, how long
//! to wait, which state may follow which: that is `nexus-jobs`.

pub mod asked;
pub mod cases;
pub mod connect;
pub mod copy;
pub mod datasets;
pub mod dead;
pub mod dispatch;
pub mod error;
pub mod events;
pub mod fence;
pub mod gates;
pub mod ingest;
pub mod jobs;
pub mod ledger;
pub mod measure;
pub mod migrate;
pub mod money;
pub mod months;
pub mod pool;
mod prepared;
pub mod queues;
pub mod retrying;
pub mod schedules;
#[expect(missing_docs, reason = "generated")]
pub mod schema;
pub mod supervisors;
pub mod triggers;
pub mod workers;
pub mod workflows;

pub use connect::connect;
pub use diesel_async::AsyncPgConnection;
pub use error::{Error, Result};
pub use fence::fence;
pub use money::Money;
pub use pool::{Keep, Pool, Pooled};
pub use retrying::retrying;
