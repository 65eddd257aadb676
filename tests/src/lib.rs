//! The harness of the end-to-end tests, which stand in `e2e/`, a module a theme.
//!
//! | idea | file |
//! |---|---|
//! | the servers a run is given | [`servers`] |
//! | a database and a key prefix of a test's own, and settings for them | [`bed`], [`template`], [`small_settings`], [`redis_space`] |
//! | a prefix of a test's own on a Kafka, where there is one, and a record that no client sends | [`kafka_space`], [`raw_record`] |
//! | a Kafka that listens behind TLS and SASL, and its certificates | [`guarded_kafka`], [`certificates`] |
//! | servers of a test's own, to stop, kill and wipe | [`own_redis`], [`own_servers`], [`own_store`] |
//! | a line to a server that can be made deaf, or held, and cut | [`cut_line`], [`held_line`] |
//! | a load stopped in its middle | [`held_month`] |
//! | waiting for a condition, with a bound | [`eventually`] |
//! | a worker's and a relay's part, played at the ledger | [`claimant`], [`relay_run`], [`dispatch_rows`] |
//! | datasets, and what of them stands in the tables | [`loads`], [`stored`] |
//! | a worker that is given one file after another | [`loading`] |
//! | how much memory a process took, and a disk that is soon full | [`peak_memory`], [`small_spool`] |
//! | a worker process, a rescuer, a releaser beside a test | [`worker_run`], [`rescuer_run`], [`releaser_run`] |
//! | an ingest of the inbox, or of requests, beside a test | [`inbox_run`], [`requests_run`], [`passed_requests`] |
//! | job kinds of the tests' own, what they leave behind, what became of them | [`tasks`], [`effects`], [`ends`] |
//! | the API inside a test, and requests to it | [`api_run`], [`http`] |
//! | a model of a job's life, held against the ledger | [`model`] |
//! | the `nexus` binary, and a worker with the tests' own kinds | [`binary`] |
//! | everything is killed while a checker counts: `make chaos` | [`chaos`] |
//!
//! A test is one call of [`in_bed`]; nothing in it sleeps or asserts on a clock.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod advancer_run;
pub mod api_run;
pub mod bed;
pub mod binary;
pub mod certificates;
pub mod chaos;
pub mod claimant;
pub mod cut_line;
pub mod dispatch_rows;
pub mod effects;
pub mod ends;
pub mod eventually;
pub mod guarded_kafka;
pub mod held_line;
pub mod held_month;
pub mod http;
pub mod inbox_run;
pub mod kafka_space;
pub mod loading;
pub mod loads;
pub mod model;
pub mod own_redis;
pub mod own_servers;
pub mod own_store;
pub mod passed_requests;
pub mod peak_memory;
pub mod poison;
pub mod raw_record;
pub mod redis_space;
pub mod relay_run;
pub mod releaser_run;
pub mod requests_run;
pub mod rescuer_run;
pub mod servers;
pub mod small_settings;
pub mod small_spool;
pub mod stored;
pub mod tasks;
pub mod template;
pub mod worker_run;

pub use advancer_run::AdvancerRun;
pub use api_run::ApiRun;
pub use bed::{TestBed, bounded, in_bed};
pub use claimant::{Claimant, Claimed};
pub use cut_line::CutLine;
pub use dispatch_rows::{DispatchRow, dispatch_rows};
pub use eventually::eventually;
pub use guarded_kafka::GuardedKafka;
pub use held_line::HeldLine;
pub use inbox_run::InboxRun;
pub use kafka_space::KafkaSpace;
pub use loading::Loading;
pub use own_redis::{Kept, OwnRedis};
pub use own_servers::OwnServers;
pub use own_store::OwnStore;
pub use redis_space::RedisSpace;
pub use relay_run::RelayRun;
pub use requests_run::RequestsRun;
pub use rescuer_run::RescuerRun;
pub use servers::Servers;
pub use worker_run::WorkerRun;
