//! End-to-end tests, through the front door, against real servers.
//!
//! One binary, a module a theme: it links once, and tests of all themes run side
//! by side. Run them with `make test`; CONTRIBUTING.md says how to run one.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod api;
mod breaker;
mod cancel;
mod chaos;
mod claim;
mod cli;
mod control;
mod crash;
mod dead;
mod drain;
mod enqueue;
mod events;
mod expiry;
mod fairness;
mod faults;
mod fence;
mod harness;
mod inbox;
mod ingest;
mod ingest_appends;
mod ingest_awkward;
mod ingest_crash;
mod ingest_duplicates;
mod ingest_faults;
mod ingest_formats;
mod ingest_given_up;
mod ingest_hostile;
mod ingest_reference;
mod ingest_requests;
mod ingest_stores;
mod kafka_members;
mod kafka_security;
mod kafka_transport;
mod limits;
mod list;
mod model;
mod order;
mod outage;
mod plans;
mod poison;
mod progress;
mod redis_transport;
mod relay;
mod requests;
mod rescue;
mod roles;
mod settle;
mod sql_enqueue;
mod supervisor;
mod transitions;
mod transport_switch;
mod transports;
mod triggers;
mod unique;
mod worker_outage;
mod workers;
mod workflows;
