//! Settings for tests: small pools, short waits.

use std::path::Path;
use std::time::Duration;

use nexus_config::{SecretUrl, Settings, Span};

use crate::servers::Servers;

/// Settings for a database and a key prefix of their own; files go below `dir`.
pub fn small_settings(servers: &Servers, database: &str, prefix: &str, dir: &Path) -> Settings {
    let mut settings = Settings::defaults();
    let postgres = &mut settings.postgres;
    postgres.owner_url = url(&servers.postgres_as("nexus_owner", database));
    postgres.loader_url = url(&servers.postgres_as("nexus_loader", database));
    postgres.app_url = url(&servers.postgres_as("nexus_app", database));
    postgres.pool_size = 2;
    postgres.pool_overflow = 10;
    postgres.retry_base = millis(5);
    postgres.retry_cap = millis(100);
    postgres.loader_connections = 2;

    settings.redis.url = url(servers.redis());
    prefix.clone_into(&mut settings.redis.prefix);
    settings.redis.retry_base = millis(5);
    settings.redis.retry_cap = millis(100);

    if let Some(brokers) = servers.kafka() {
        brokers.clone_into(&mut settings.kafka.brokers);
    }
    prefix.clone_into(&mut settings.kafka.prefix);
    settings.kafka.partitions = 4;
    settings.kafka.commit_every = millis(20);
    settings.kafka.metadata_every = millis(500);
    settings.kafka.heartbeat_every = millis(200);
    settings.kafka.retry_base = millis(5);
    settings.kafka.retry_cap = millis(100);

    settings.relay.poll_busy = millis(2);
    settings.relay.idle_after = millis(200);
    settings.relay.poll_idle = millis(50);
    settings.relay.epoch_check = millis(50);

    settings.lease.ttl = millis(2000);
    settings.lease.heartbeat = millis(300);
    settings.rescue.every = millis(200);

    settings.limits.release_poll_busy = millis(2);
    settings.limits.release_poll_idle = millis(20);

    settings.workers.takeover_after = millis(500);
    settings.workers.fetch_block = millis(100);
    settings.workers.control_every = millis(50);
    settings.workers.grace = millis(5000);
    settings.workers.blocking_threads = 2;
    settings.workers.tell_every = millis(20);

    settings.retry.base = millis(10);
    settings.retry.cap = millis(100);

    settings.schedules.poll = millis(10);
    settings.schedules.shipped.clear();

    settings.api.listen = ([127, 0, 0, 1], 0).into();
    settings.datasets.roots = vec![dir.join("data")];
    settings.datasets.spool = dir.join("spool");
    settings
}

fn millis(millis: u64) -> Span {
    Span::new(Duration::from_millis(millis))
}

fn url(text: &str) -> SecretUrl {
    text.parse().expect("a URL")
}
