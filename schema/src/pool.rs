//! The pool of `nexus_app` connections.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use futures_util::FutureExt;
use nexus_config::Postgres;

use crate::connect::connect;
use crate::error::{Error, Result};

type Manager = AsyncDieselConnectionManager<AsyncPgConnection>;

/// A connection that goes back to its pool when dropped.
pub type Pooled<'a> = bb8::PooledConnection<'a, Manager>;

/// How many connections a pool keeps when nobody wants one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The configured base: for servers.
    Base,
    /// None: for a command that ends soon.
    None,
}

/// Connections as `nexus_app`: a base kept open, an overflow under load, a bounded
/// wait, each recycled after its time and checked before use.
#[derive(Clone, Debug)]
pub struct Pool {
    inner: bb8::Pool<Manager>,
    settings: Postgres,
}

impl Pool {
    /// A pool over `settings.app_url`. Connects lazily: a server that is away is
    /// an error of [`Pool::get`], not of this.
    pub fn new(settings: &Postgres, keep: Keep) -> Self {
        const IDLE: Duration = Duration::from_mins(1);
        let own = settings.clone();
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(move |url| {
            let settings = own.clone();
            let url = url.to_owned();
            async move {
                connect(&url, &settings)
                    .await
                    .map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))
            }
            .boxed()
        });
        let manager = Manager::new_with_config(settings.app_url.expose(), config);
        let base = settings.pool_size;
        let inner = bb8::Pool::builder()
            .max_size(base + settings.pool_overflow)
            .min_idle((keep == Keep::Base).then_some(base))
            .idle_timeout(Some(IDLE))
            .max_lifetime(Some(settings.pool_recycle.get()))
            .connection_timeout(settings.pool_wait.get())
            .test_on_check_out(true)
            .build_unchecked(manager);
        Self {
            inner,
            settings: settings.clone(),
        }
    }

    /// A connection, waiting for one up to `pool_wait`.
    pub async fn get(&self) -> Result<Pooled<'_>> {
        self.inner.get().await.map_err(|error| match error {
            bb8::RunError::User(error) => Error::Unavailable(error.to_string()),
            bb8::RunError::TimedOut => Error::Unavailable(format!(
                "no connection within {} (postgres.pool_wait)",
                self.settings.pool_wait
            )),
        })
    }

    /// A connection of the caller's own, outside the pool: for loops that keep one.
    pub async fn connect(&self) -> Result<AsyncPgConnection> {
        connect(self.settings.app_url.expose(), &self.settings).await
    }

    /// The settings the pool was made with.
    pub const fn settings(&self) -> &Postgres {
        &self.settings
    }

    /// Connections open and, of these, idle.
    pub fn occupancy(&self) -> (u32, u32) {
        let state = self.inner.state();
        (state.connections, state.idle_connections)
    }
}
