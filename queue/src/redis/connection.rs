use std::time::Duration;

use nexus_config::Redis;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client};

use crate::transport::{QueueError, Result};

/// Opens connections as the settings say.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    client: Client,
    settings: Redis,
}

impl Connector {
    pub(crate) fn new(settings: &Redis) -> Result<Self> {
        let client = Client::open(settings.url.expose())
            .map_err(|error| QueueError::Broker(format!("redis.url: {error}")))?;
        Ok(Self {
            client,
            settings: settings.clone(),
        })
    }

    pub(crate) fn settings(&self) -> &Redis {
        &self.settings
    }

    /// A shared connection that reconnects by itself; connects at first use.
    pub(crate) fn shared(&self) -> Result<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.settings.connect_timeout.get()))
            .set_response_timeout(Some(self.settings.response_timeout.get()))
            .set_min_delay(self.settings.retry_base.get())
            .set_max_delay(self.settings.retry_cap.get())
            // The engine's own loops retry, with jitter and without end.
            .set_number_of_retries(1);
        Ok(ConnectionManager::new_lazy_with_config(
            self.client.clone(),
            config,
        )?)
    }

    /// A connection of one's own, for blocking reads of up to `wait`.
    pub(crate) async fn own(&self, wait: Duration) -> Result<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.connect_timeout.get()))
            .set_response_timeout(Some(self.settings.response_timeout.get() + wait));
        Ok(self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }
}
