//! A relay that runs beside a test.

use std::sync::Arc;

use nexus_config::Relay as Settings;
use nexus_producer::relay::{Relay, RelayStats};
use nexus_queue::Transport;
use nexus_schema::Pool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running relay; it stops when dropped.
#[derive(Debug)]
pub struct RelayRun {
    stop: CancellationToken,
    task: JoinHandle<()>,
    stats: Arc<RelayStats>,
}

impl RelayRun {
    /// Starts one.
    pub fn start(pool: &Pool, transport: impl Transport + 'static, settings: &Settings) -> Self {
        let relay = Relay::new(pool.clone(), Arc::new(transport), settings.clone());
        let stop = CancellationToken::new();
        Self {
            stats: relay.stats(),
            task: tokio::spawn(relay.run(stop.clone())),
            stop,
        }
    }

    /// Its counters.
    pub fn stats(&self) -> &RelayStats {
        &self.stats
    }

    /// Its counters, for who shows them.
    pub fn shared_stats(&self) -> Arc<RelayStats> {
        Arc::clone(&self.stats)
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("the relay ends");
    }
}

impl Drop for RelayRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
