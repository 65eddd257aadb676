//! Redis streams as a transport: the conformance suite, and Redis's own losses.

use std::path::Path;

use nexus_jobs::{Band, Lane, QueueName};
use nexus_queue::{Entry, Transport};
use nexus_tests::small_settings::small_settings;
use nexus_tests::{RedisSpace, Servers, bounded};
use std::time::Duration;
use uuid::Uuid;

async fn empty() -> RedisSpace {
    let prefix = format!("t{}", Uuid::new_v4().simple());
    let settings = small_settings(&Servers::from_env(), "unused", &prefix, Path::new("unused"));
    RedisSpace::new(&settings.redis)
}

nexus_queue::conformance_suite!(empty);
