//! An API that runs beside a test, inside it.

use std::net::SocketAddr;
use std::sync::Arc;

use nexus_api::{Bus, Parts, Server, ServerError};
use nexus_producer::ingest::IngestStats;
use nexus_queue::RoutedTransport;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bed::TestBed;
use crate::http::{Answer, Request};
use crate::relay_run::RelayRun;

/// A running API; it is told to stop when dropped.
#[derive(Debug)]
pub struct ApiRun {
    addr: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ServerError>>,
}

impl ApiRun {
    /// Starts one with the bed's settings, without a relay.
    pub async fn start(bed: &TestBed) -> Self {
        Self::with(bed, None, Vec::new(), Bus::default()).await
    }

    /// Starts one beside what reads and writes events, as `nexus serve` does, over both brokers.
    pub async fn beside_bus(bed: &TestBed, bus: Bus) -> Self {
        Self::with(bed, None, Vec::new(), bus).await
    }

    /// Starts one beside ingests, as `nexus serve` does.
    pub async fn beside_ingests(
        bed: &TestBed,
        ingests: Vec<(&'static str, Arc<IngestStats>)>,
    ) -> Self {
        Self::with(bed, None, ingests, Bus::default()).await
    }

    /// Starts one beside a relay, as `nexus serve` does.
    pub async fn beside(bed: &TestBed, relay: &RelayRun) -> Self {
        Self::with(bed, Some(relay), Vec::new(), Bus::default()).await
    }

    async fn with(
        bed: &TestBed,
        relay: Option<&RelayRun>,
        ingests: Vec<(&'static str, Arc<IngestStats>)>,
        bus: Bus,
    ) -> Self {
        let (redis, kafka) = (&bed.settings().redis, &bed.settings().kafka);
        let transport = RoutedTransport::new(redis, kafka).expect("a transport");
        let parts = Parts {
            pool: bed.pool().clone(),
            transport: Arc::new(transport),
            relay: relay.map(RelayRun::shared_stats),
            ingests,
            scheduler: None,
            advancer: None,
            bus,
        };
        let bound = Server::bind(bed.settings(), parts).await;
        let server = bound.expect("a port");
        let stop = CancellationToken::new();
        Self {
            addr: server.addr(),
            task: tokio::spawn(server.run(stop.clone())),
            stop,
        }
    }

    /// Its address.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Asks it.
    pub async fn send(&self, request: Request) -> Answer {
        request.send(self.addr).await
    }

    /// Asks for a path.
    pub async fn get(&self, path: impl Into<String>) -> Answer {
        self.send(Request::new("GET", path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Request::json("POST", path, body)).await
    }

    /// Tells it to stop, without waiting for that.
    pub fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Tells it to stop and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = (&mut self.task).await.expect("the API ends");
        ended.expect("an orderly end");
    }
}

impl Drop for ApiRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
