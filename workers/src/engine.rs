//! What every part of a worker process shares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use nexus_config::{Kinds, Lease, Limits, Postgres, Workers};
use nexus_jobs::{Backoff, QueueName, WorkerId};
use nexus_queue::Transport;
use nexus_queue::kafka::Standing;
use nexus_schema::ledger::Rules;
use nexus_schema::retrying::backoff;
use nexus_schema::{Pool, ledger, retrying};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::blocking::BlockingPool;
use crate::cancellations::Cancellations;
use crate::gates::Gates;
use crate::health::Health;
use crate::holdings::Holdings;
use crate::polls::Polls;
use crate::registry::Registry;
use crate::served::Served;
use crate::telling::Telling;

/// Shared by fetchers, loops, completers and the heartbeat.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) worker: WorkerId,
    pub(crate) pool: Pool,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) registry: Registry,
    pub(crate) kinds: Vec<String>,
    /// What the settings say of kinds.
    pub(crate) kinds_set: Kinds,
    pub(crate) settings: Workers,
    pub(crate) lease: Lease,
    pub(crate) limits: Limits,
    pub(crate) gates: Gates,
    /// For kinds that have none of their own.
    pub(crate) backoff: Backoff,
    pub(crate) blocking: BlockingPool,
    pub(crate) polls: Polls,
    pub(crate) cancellations: Arc<Cancellations>,
    pub(crate) holdings: Holdings,
    /// The queues it takes jobs from.
    pub(crate) served: BTreeMap<QueueName, Served>,
    /// Whether this very process was told to be quiet, and the ledger does not know yet.
    pub(crate) quiet_here: AtomicBool,
    /// Wakes the control loop.
    pub(crate) asked_here: Notify,
    pub(crate) health: Arc<Health>,
    pub(crate) telling: Arc<Telling>,
    /// What a handler's jobs are held to.
    pub(crate) rules: Rules,
    /// Most bytes of the data of what a handler emits.
    pub(crate) event_bytes_max: usize,
    /// Whether the process is to start again once it has drained.
    pub(crate) start_again: AtomicBool,
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
        let standings = self.transport.standings();
        if !standings.is_empty() {
            let groups = standings.into_iter();
            let groups = groups.map(|(queue, stands)| (queue.to_string(), shown(stands)));
            report["kafka"] = Value::Object(groups.collect());
        }
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

    /// Hands back unspent what is still held. Returns how many jobs that were.
    pub(crate) async fn give_back(&self) -> usize {
        let held = self.holdings.all();
        if held.is_empty() {
            return 0;
        }
        let back = retrying(self.postgres(), async || {
            let mut conn = self.pool.connect().await?;
            let back = ledger::give_back(&mut conn, &held).await?;
            let leases: Vec<_> = held.iter().map(|(_, lease)| *lease).collect();
            ledger::drop_leases(&mut conn, &leases).await?;
            Ok(back.len())
        })
        .await;
        match back {
            Ok(jobs) => {
                tracing::info!(jobs, "handed back what did not end");
                jobs
            }
            Err(error) => {
                tracing::warn!(%error, jobs = held.len(), "not handed back; to be rescued");
                0
            }
        }
    }
}

/// How this process stands in a group of Kafka's.
fn shown(stands: Standing) -> Value {
    let oldest = stands.oldest_age.unwrap_or_default();
    json!({
        "partitions": stands.partitions,
        "unfinished": stands.unfinished,
        "oldest_s": oldest.as_secs_f64(),
    })
}
