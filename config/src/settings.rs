//! The settings as types. What each is for, and why its default is what it is, stands in
//! `default.toml`.

mod api;
mod datasets;
mod dispatch;
mod events;
mod history;
mod inbox;
mod kafka;
mod kinds;
mod lease;
mod limits;
mod log;
mod postgres;
mod redis;
mod requests;
mod schedules;
mod stores;
mod supervisor;
mod triggers;
mod workers;
mod workflows;

use serde::{Deserialize, Serialize};

pub use self::api::Api;
pub use self::datasets::Datasets;
pub use self::dispatch::{Enqueue, Relay};
pub use self::events::Events;
pub use self::history::History;
pub use self::inbox::{Codec, Inbox, InboxQueue};
pub use self::kafka::{Kafka, KafkaCompression, KafkaSecurity, SaslMechanism};
pub use self::kinds::{Backoff, Kind, Kinds};
pub use self::lease::{Lease, Rescue};
pub use self::limits::Limits;
pub use self::log::{Log, LogFormat};
pub use self::postgres::Postgres;
pub use self::redis::Redis;
pub use self::requests::Requests;
pub use self::schedules::{ScheduleEnqueue, ScheduleJob, Schedules};
pub use self::stores::Store;
pub use self::supervisor::{PROCESSES_MAX, Supervisor};
pub use self::triggers::Triggers;
pub use self::workers::{BandPolicy, BandWeights, Retry, Strategy, Workers};
pub use self::workflows::Workflows;
use crate::checks::{Checks, Finding};
use crate::defaults::DEFAULTS;

/// Every setting, a field a section.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The ledger: the database that decides.
    pub postgres: Postgres,
    /// The broker that carries ids from the ledger to the workers.
    pub redis: Redis,
    /// The other broker, for queues that are told so.
    pub kafka: Kafka,
    /// How jobs enter the ledger.
    pub enqueue: Enqueue,
    /// Tasks that other services push with stock `apalis-redis`.
    pub inbox: Inbox,
    /// Jobs that other services ask for through Kafka.
    pub requests: Requests,
    /// The timer that moves due dispatch rows to the broker.
    pub relay: Relay,
    /// What becomes of jobs whose worker is gone.
    pub rescue: Rescue,
    /// A worker's claim on the jobs it runs.
    pub lease: Lease,
    /// Limits and breakers.
    pub limits: Limits,
    /// The pool that runs jobs.
    pub workers: Workers,
    /// Worker processes kept running by a parent.
    pub supervisor: Supervisor,
    /// When a failed job runs again.
    pub retry: Retry,
    /// What one kind is told otherwise.
    pub kinds: Kinds,
    /// Finished jobs.
    pub history: History,
    /// What happened, for whoever listens.
    pub events: Events,
    /// Jobs that events enqueue.
    pub triggers: Triggers,
    /// Jobs that the clock enqueues.
    pub schedules: Schedules,
    /// Jobs of which some wait for others.
    pub workflows: Workflows,
    /// The HTTP interface.
    pub api: Api,
    /// Loading the data that is examined.
    pub datasets: Datasets,
    /// What the process tells about itself.
    pub log: Log,
}

impl Settings {
    /// The settings of `default.toml`, with no file and no environment.
    pub fn defaults() -> Self {
        DEFAULTS.settings.clone()
    }

    /// The rules that do not hold.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut checks = Checks::default();
        self.postgres.check(&mut checks);
        self.redis.check(&mut checks);
        self.kafka.check(&mut checks);
        self.enqueue.check(&mut checks);
        self.inbox.check(&mut checks);
        self.requests.check(&mut checks);
        self.relay.check(&mut checks);
        self.rescue.check(&mut checks);
        self.lease.check(&mut checks);
        self.limits.check(&mut checks);
        self.workers.check(&mut checks);
        self.supervisor.check(&mut checks);
        self.retry.check(&mut checks);
        self.kinds.check(&mut checks);
        self.history.check(&mut checks);
        self.events.check(&mut checks);
        self.triggers.check(&mut checks);
        self.schedules.check(&mut checks);
        self.workflows.check(&mut checks);
        self.api.check(&mut checks);
        self.datasets.check(&mut checks);
        self.log.check(&mut checks);
        self.check_across(&mut checks);
        checks.findings
    }

    /// Rules between sections.
    fn check_across(&self, checks: &mut Checks) {
        // The broker must have room for at least one full entry, or it would never be pushed.
        checks.not_above(
            (
                "enqueue.entry_ids_max",
                u64::try_from(self.enqueue.entry_ids_max).unwrap_or(u64::MAX),
            ),
            ("relay.broker_ids_max", u64::from(self.relay.broker_ids_max)),
        );
        // The rescuer takes a pause of half a lease between two of its looks for an outage.
        let (every, ttl) = (self.rescue.every, self.lease.ttl);
        checks.require(
            every.get() <= ttl.get() / 3,
            &["rescue.every", "lease.ttl"],
            format_args!(
                "rescue.every ({every}) is more than a third of lease.ttl ({ttl}), \
                 so leases might never be judged"
            ),
            "rescue.every of at most a third of lease.ttl",
        );
        // A chunk is one enqueue.
        checks.not_above(
            ("inbox.chunk_tasks", self.inbox.chunk_tasks),
            ("enqueue.batch_max", self.enqueue.batch_max),
        );
        checks.not_above(
            ("requests.batch_max", self.requests.batch_max),
            ("enqueue.batch_max", self.enqueue.batch_max),
        );
        // A call that fills in is one enqueue.
        checks.not_above(
            ("schedules.backfill_max", self.schedules.backfill_max),
            ("enqueue.batch_max", self.enqueue.batch_max),
        );
        checks.not_above(
            ("events.keep", self.events.keep),
            ("triggers.once_for", self.triggers.once_for),
        );
        let (block, response) = (self.workers.fetch_block, self.redis.response_timeout);
        checks.require(
            block < response,
            &["workers.fetch_block", "redis.response_timeout"],
            format_args!(
                "workers.fetch_block ({block}) is not below redis.response_timeout ({response})"
            ),
            "workers.fetch_block below redis.response_timeout",
        );
    }
}
