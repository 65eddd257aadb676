//! A key prefix of a test's own on a Redis.

use async_trait::async_trait;
use nexus_config::Redis;
use nexus_queue::conformance::Fixture;
use nexus_queue::{RedisTransport, Transport};
use redis::aio::MultiplexedConnection;

/// The keys below one prefix. They are deleted when it is dropped.
#[derive(Debug)]
pub struct RedisSpace {
    settings: Redis,
    transport: RedisTransport,
}

impl RedisSpace {
    /// The keys below the prefix of `settings`.
    pub fn new(settings: &Redis) -> Self {
        Self {
            settings: settings.clone(),
            transport: RedisTransport::new(settings).expect("a Redis URL"),
        }
    }

    /// A transport over it.
    pub fn transport(&self) -> &RedisTransport {
        &self.transport
    }

    /// A connection to its server.
    pub async fn connection(&self) -> MultiplexedConnection {
        connection(&self.settings)
            .await
            .expect("a Redis connection")
    }

    /// The key of the stream of `nexus`'s layout for a queue's band.
    pub fn stream(&self, lane: &nexus_jobs::Lane) -> String {
        format!("{}:{{{}}}:{}", self.settings.prefix, lane.queue, lane.band)
    }

    /// Deletes every key below the prefix.
    pub async fn wipe(&self) {
        wipe(&self.settings).await.expect("a wiped key space");
    }
}

async fn connection(settings: &Redis) -> redis::RedisResult<MultiplexedConnection> {
    redis::Client::open(settings.url.expose())?
        .get_multiplexed_async_connection()
        .await
}

async fn wipe(settings: &Redis) -> redis::RedisResult<()> {
    let mut connection = connection(settings).await?;
    let pattern = format!("{}:*", settings.prefix);
    let mut cursor = "0".to_owned();
    loop {
        let (next, keys): (String, Vec<String>) = redis::cmd("SCAN")
            .arg(&cursor)
            .arg("MATCH")
            .arg(&pattern)
            .arg("COUNT")
            .arg(1000)
            .query_async(&mut connection)
            .await?;
        if !keys.is_empty() {
            let _: usize = redis::cmd("DEL")
                .arg(&keys)
                .query_async(&mut connection)
                .await?;
        }
        if next == "0" {
            return Ok(());
        }
        cursor = next;
    }
}

#[async_trait]
impl Fixture for RedisSpace {
    fn transport(&self) -> &dyn Transport {
        &self.transport
    }

    async fn wipe(&self) {
        Self::wipe(self).await;
    }
}

impl Drop for RedisSpace {
    fn drop(&mut self) {
        let settings = self.settings.clone();
        crate::bed::clean_up(async move {
            // A server that the test stopped has nothing to delete.
            let _ = wipe(&settings).await;
        });
    }
}
