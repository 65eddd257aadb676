//! Settings of a run: those of the tests, with leases short enough to be lost often.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use nexus_config::{Settings, Span};

use crate::servers::Servers;
use crate::small_settings::small_settings;

/// The database of a run.
pub const DATABASE: &str = "nexus";

/// How long a claim holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(3);

/// Settings for servers at these places; nothing is written outside `dir`.
pub fn run_settings(
    postgres: SocketAddr,
    redis: SocketAddr,
    kafka: Option<SocketAddr>,
    dir: &Path,
) -> Settings {
    let mut servers = Servers::at(superuser(postgres), format!("redis://{redis}/0"));
    if let Some(kafka) = kafka {
        servers = servers.with_kafka(kafka.to_string());
    }
    let mut settings = small_settings(&servers, DATABASE, "chaos", dir);
    settings.postgres.pool_size = 8;
    settings.postgres.pool_overflow = 8;
    settings.postgres.pool_wait = millis(5000);
    settings.postgres.connect_timeout = millis(2000);
    settings.postgres.statement_timeout = millis(15_000);
    settings.redis.connect_timeout = millis(2000);
    settings.redis.response_timeout = millis(2000);
    settings.kafka.delivery_timeout = millis(2000);
    settings.kafka.request_timeout = millis(2000);
    // A member that was killed is missed as fast as a lease, in proportion.
    settings.kafka.session_timeout = millis(2000);
    settings.lease.ttl = Span::new(LEASE);
    settings.lease.heartbeat = millis(1000);
    settings.rescue.every = millis(500);
    settings.workers.takeover_after = millis(1000);
    settings.workers.fetch_block = millis(200);
    settings.workers.grace = millis(5000);
    // Several processes share the machine: a loop each.
    settings.workers.loops = 1;
    settings.workers.queues = [("quick".to_owned(), 64), ("lasting".to_owned(), 24)].into();
    settings.schedules.poll = millis(200);
    settings.schedules.silence = millis(2000);
    settings.retry.base = millis(50);
    settings.retry.cap = millis(1000);
    "warn".clone_into(&mut settings.log.filter);
    settings
}

/// The URL of a Postgres's maintenance database, as its superuser.
pub fn superuser(postgres: SocketAddr) -> String {
    format!("postgres://postgres@{postgres}/postgres")
}

fn millis(millis: u64) -> Span {
    Span::new(Duration::from_millis(millis))
}
