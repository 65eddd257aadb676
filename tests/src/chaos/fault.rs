//! What can be done to a running engine.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A link on which the fault proxy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// To the ledger.
    Postgres,
    /// To the broker.
    Redis,
    /// To the other broker.
    Kafka,
}

/// What the fault proxy does to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Swallows what either side says; the connections that spoke are cut at its end.
    Blackhole,
    /// Holds what either side says until its end, and then delivers it.
    Stall,
    /// Cuts each connection in the middle of its next reply.
    CutReply,
    /// Carries a few kilobytes a second.
    Drip,
    /// Carries everything in pieces of a few bytes.
    Slices,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Blackhole,
        Self::Stall,
        Self::CutReply,
        Self::Drip,
        Self::Slices,
    ];
}

/// A sort of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// `kill -9` of a worker process, which is replaced at once.
    KillWorker,
    /// `SIGSTOP` of a worker process until its lease is lost, then `SIGCONT`.
    FreezeWorker,
    /// `kill -9` of the process that is relay and rescuer.
    KillRelay,
    /// Redis killed, and started again with what its append-only file holds.
    KillRedis,
    /// Kafka killed, and started again with what it has on disk.
    KillKafka,
    /// Redis killed, and started again empty.
    WipeRedis,
    /// The disk of Redis's append-only file is full for a while.
    FullDisk,
    /// `pg_ctl stop -m immediate`, and started again.
    StopPostgres,
    /// A queue is switched to the other broker.
    Switch,
    /// The fault proxy's.
    Line(Link, Trouble),
}

impl Sort {
    /// All of them, where Redis carries the queues.
    pub fn all() -> Vec<Self> {
        let servers = [
            Self::KillWorker,
            Self::FreezeWorker,
            Self::KillRelay,
            Self::KillRedis,
            Self::WipeRedis,
            Self::FullDisk,
            Self::StopPostgres,
        ];
        servers.into_iter().chain(Self::lines()).collect()
    }

    /// All of them, where Kafka does.
    pub fn all_on_kafka() -> Vec<Self> {
        let servers = [
            Self::KillWorker,
            Self::FreezeWorker,
            Self::KillRelay,
            Self::KillKafka,
            Self::StopPostgres,
        ];
        let lines = Self::lines_to([Link::Postgres, Link::Kafka]);
        servers.into_iter().chain(lines).collect()
    }

    /// All of them, where both do in turn.
    pub fn all_on_both() -> Vec<Self> {
        let mut all = Self::all();
        all.extend(Self::all_on_kafka());
        all.push(Self::Switch);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Those of the fault proxy, where Redis carries the queues.
    pub fn lines() -> impl Iterator<Item = Self> {
        Self::lines_to([Link::Postgres, Link::Redis])
    }

    /// Those of the fault proxy on these links.
    pub fn lines_to(links: impl IntoIterator<Item = Link>) -> impl Iterator<Item = Self> {
        let links = links.into_iter();
        links.flat_map(|link| Trouble::ALL.map(|trouble| Self::Line(link, trouble)))
    }

    /// Its name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillWorker => "kill_worker",
            Self::FreezeWorker => "freeze_worker",
            Self::KillRelay => "kill_relay",
            Self::KillRedis => "kill_redis",
            Self::WipeRedis => "wipe_redis",
            Self::KillKafka => "kill_kafka",
            Self::FullDisk => "full_disk",
            Self::StopPostgres => "stop_postgres",
            Self::Switch => "switch_transport",
            Self::Line(Link::Postgres, Trouble::Blackhole) => "postgres_blackhole",
            Self::Line(Link::Postgres, Trouble::Stall) => "postgres_stall",
            Self::Line(Link::Postgres, Trouble::CutReply) => "postgres_cut_reply",
            Self::Line(Link::Postgres, Trouble::Drip) => "postgres_drip",
            Self::Line(Link::Postgres, Trouble::Slices) => "postgres_slices",
            Self::Line(Link::Redis, Trouble::Blackhole) => "redis_blackhole",
            Self::Line(Link::Redis, Trouble::Stall) => "redis_stall",
            Self::Line(Link::Redis, Trouble::CutReply) => "redis_cut_reply",
            Self::Line(Link::Redis, Trouble::Drip) => "redis_drip",
            Self::Line(Link::Redis, Trouble::Slices) => "redis_slices",
            Self::Line(Link::Kafka, Trouble::Blackhole) => "kafka_blackhole",
            Self::Line(Link::Kafka, Trouble::Stall) => "kafka_stall",
            Self::Line(Link::Kafka, Trouble::CutReply) => "kafka_cut_reply",
            Self::Line(Link::Kafka, Trouble::Drip) => "kafka_drip",
            Self::Line(Link::Kafka, Trouble::Slices) => "kafka_slices",
        }
    }

    /// The sort of that name.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = Self::all_on_both();
        known
            .iter()
            .copied()
            .find(|sort| sort.name() == name)
            .ok_or_else(|| {
                let names: Vec<_> = known.iter().map(|sort| sort.name()).collect();
                format!("no such fault; there are {}", names.join(", "))
            })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Sort {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// One fault as it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When, counted from the first moment of the faults.
    pub at: Duration,
    /// What.
    pub sort: Sort,
    /// For how long, where that is for the plan to say.
    pub lasts: Duration,
    /// Which of those whom it may hit.
    pub luck: u64,
}
