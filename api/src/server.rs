//! Listening, and stopping.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use nexus_config::Settings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::Parts;
use crate::router::router;

/// How long requests may go on after the server was told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A server that has its port, so that its address is known before it answers.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    router: Router,
}

/// Why a server cannot listen, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address can be reached from other machines.
    #[error(
        "api.listen = {0} can be reached from other machines, and requests are not authenticated \
         yet: use a loopback address, such as 127.0.0.1:8080"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {addr} (api.listen): {source}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Accepting connections failed for good.
    #[error("the HTTP server failed: {0}")]
    Serve(#[from] io::Error),
}

impl Server {
    /// Takes the port of `api.listen`; port 0 takes any free one. Refuses what is not loopback.
    pub async fn bind(settings: &Settings, parts: Parts) -> Result<Self, ServerError> {
        let addr = settings.api.listen;
        if !addr.ip().is_loopback() {
            return Err(ServerError::NotLoopback(addr));
        }
        let failed = |source| ServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let router = router(settings, parts);
        Ok(Self {
            listener,
            addr,
            router,
        })
    }

    /// The address that it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers requests until `stop`; those under way then have 10 s to end.
    pub async fn run(self, stop: CancellationToken) -> Result<(), ServerError> {
        // A response is written whole; waiting for more to send with it only delays it.
        let listener = self.listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        let service = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        let serve =
            axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        tracing::info!(addr = %self.addr, "the API listens");
        tokio::select! {
            served = serve => Ok(served?),
            () = overdue(&stop) => {
                tracing::warn!("requests that did not end in time are cut off");
                Ok(())
            }
        }
    }
}

async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_WITHIN).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nexus_queue::MemoryTransport;
    use nexus_schema::{Keep, Pool};

    use super::*;
    use crate::app::Bus;

    async fn bind(listen: &str) -> Result<Server, ServerError> {
        let mut settings = Settings::defaults();
        settings.api.listen = listen.parse().unwrap();
        let parts = Parts {
            pool: Pool::new(&settings.postgres, Keep::None),
            transport: Arc::new(MemoryTransport::default()),
            relay: None,
            ingests: Vec::new(),
            scheduler: None,
            advancer: None,
            bus: Bus::default(),
        };
        Server::bind(&settings, parts).await
    }

    #[tokio::test]
    async fn only_loopback_is_listened_on() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
            let refused = bind(address).await;
            assert!(
                matches!(refused, Err(ServerError::NotLoopback(_))),
                "{address}"
            );
        }
        let server = bind("127.0.0.1:0").await.unwrap();
        assert_ne!(server.addr().port(), 0);
    }

    #[tokio::test]
    async fn it_stops_when_it_is_told_to() {
        let server = bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        server.run(stop).await.unwrap();
    }
}
