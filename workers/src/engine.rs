//! What every part of a worker process shares.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use nexus_config::{Lease, Limits, Postgres, Retry, Workers};
use nexus_jobs::{QueueName, RetryPolicy, WorkerId};
use nexus_schema::Pool;
use nexus_schema::retrying::backoff;
use serde_json::Value;
use tokio::sync::Notify;

use crate::blocking::BlockingPool;
use crate::cancellations::Cancellations;
use crate::gates::Gates;
use crate::health::Health;
use crate::holdings::Holdings;
use crate::registry::Registry;
use crate::served::Served;
use crate::telling::Telling;

/// Shared by fetchers, loops, completers and the heartbeat.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) worker: WorkerId,
    pub(crate) pool: Pool,
    pub(crate) registry: Registry,
    pub(crate) kinds: Vec<String>,
    pub(crate) settings: Workers,
    pub(crate) lease: Lease,
    pub(crate) limits: Limits,
    pub(crate) gates: Gates,
    pub(crate) retry: RetryPolicy,
    pub(crate) blocking: BlockingPool,
    pub(crate) holdings: Holdings,
    /// The queues it takes jobs from.
    pub(crate) served: BTreeMap<QueueName, Served>,
    pub(crate) cancellations: Cancellations,
    /// Whether this very process was told to be quiet, and the ledger does not know yet.
    pub(crate) quiet_here: AtomicBool,
    /// Wakes the control loop.
    pub(crate) asked_here: Notify,
    pub(crate) health: std::sync::Arc<Health>,
    pub(crate) telling: std::sync::Arc<Telling>,
}

impl Engine {
    pub(crate) fn postgres(&self) -> &Postgres {
        self.pool.settings()
    }

    /// What the process says of itself: its counters, and how its queues stand.
    pub(crate) fn report(&self) -> Value {
        let queues = self.served.iter();
        let queues = queues.map(|(name, served)| (name.to_string(), served.to_json()));
        let mut report = self.health.to_json();
        report["queues"] = Value::Object(queues.collect());
        report
    }

    /// How long to wait after the `failures`th failure in a row to reach a server.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let postgres = self.postgres();
        backoff(
            postgres.retry_base.get(),
            postgres.retry_cap.get(),
            failures,
            rand::random(),
        )
    }
}

/// The configured policy for kinds that have none of their own.
pub(crate) fn default_policy(retry: &Retry) -> RetryPolicy {
    RetryPolicy {
        attempts: u32::from(retry.attempts),
        base: retry.base.get(),
        cap: retry.cap.get(),
    }
}
