//! The relay: due dispatch rows go to the broker, one entry a row.
//!
//! It is the one timer of the system: delays, retries and snoozes are dispatch
//! rows with a later due time. Any number of relays may run; `SKIP LOCKED` keeps
//! them apart, and a row pushed twice costs a dropped claim.

mod bound;
mod epochs;
mod losses;
mod pace;
mod round;
mod sleep;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nexus_config::{Postgres, Relay as Settings};
use nexus_jobs::{Lane, TransportName};
use nexus_queue::Transport;
use nexus_schema::{AsyncPgConnection, Pool, dispatch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use bound::Bound;
use pace::{Next, next};

/// What a relay did so far; read by metrics and health.
#[derive(Debug, Default)]
pub struct RelayStats {
    /// Ids pushed.
    pub pushed_ids: AtomicU64,
    /// Dispatch rows pushed again since the broker lost them or may have.
    pub repushed_rows: AtomicU64,
    /// Rounds that failed, since Postgres or the broker was away.
    pub failures: AtomicU64,
    /// Whether the last round failed.
    pub failing: std::sync::atomic::AtomicBool,
}

/// Pushes dispatch rows until told to stop. Never ends because a server is away.
#[derive(Debug)]
pub struct Relay {
    id: Uuid,
    pool: Pool,
    transport: Arc<dyn Transport>,
    settings: Settings,
    postgres: Postgres,
    stats: Arc<RelayStats>,
}

/// What a relay remembers between rounds, all of it rebuilt at will.
#[derive(Debug, Default)]
struct Memory {
    /// What a lane has in the broker.
    in_broker: HashMap<Lane, InBroker>,
    /// When epochs were last compared.
    epochs_checked: Option<Instant>,
    /// When it was last looked for losses that no epoch shows.
    losses_checked: Option<Instant>,
}

/// What a lane has in the broker, as far as a relay knows.
#[derive(Debug)]
struct InBroker {
    /// Ids as last counted, plus what was pushed since.
    ids: usize,
    /// When they were last counted.
    counted: Instant,
    /// How many a row carried at the last push.
    ids_a_row: usize,
    /// Whether what is due does not fit in until some are taken.
    full: bool,
    /// How many it may have.
    bound: Bound,
    /// The tenant after which the next push begins.
    after: i64,
}

impl Relay {
    /// A relay between a ledger and a broker.
    pub fn new(pool: Pool, transport: Arc<dyn Transport>, settings: Settings) -> Self {
        let postgres = pool.settings().clone();
        Self {
            id: Uuid::new_v4(),
            pool,
            transport,
            settings,
            postgres,
            stats: Arc::default(),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<RelayStats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let session = tokio::select! {
                session = self.session(&mut failures) => session,
                () = stop.cancelled() => break,
            };
            let Err(error) = session;
            failures += 1;
            self.stats.failures.fetch_add(1, Ordering::Relaxed);
            if !self.stats.failing.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "the relay cannot go on; trying again until it can");
            }
            let wait = nexus_schema::retrying::backoff(
                self.postgres.retry_base.get(),
                self.postgres.retry_cap.get(),
                failures,
                rand::random(),
            );
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => break,
            }
        }
        if let Ok(mut conn) = self.pool.connect().await
            && let Err(error) = dispatch::remove_relay(&mut conn, self.id).await
        {
            tracing::debug!(%error, "the relay's row stays");
        }
    }

    /// The broker of this name, or the only one there is.
    fn carrier(&self, name: TransportName) -> nexus_queue::Result<&dyn Transport> {
        Ok(self.transport.carrier(name)?.unwrap_or(&*self.transport))
    }

    /// One connection's worth of rounds; ends only with an error.
    async fn session(&self, failures: &mut u32) -> Result<std::convert::Infallible, RelayError> {
        let mut conn = self.pool.connect().await?;
        dispatch::record_relay(&mut conn, self.id, false).await?;
        sleep::listen(&mut conn).await?;
        let mut memory = Memory::default();
        let mut idle_since = Instant::now();
        let mut recorded_asleep = false;
        loop {
            let round = self.round(&mut conn, &mut memory).await?;
            *failures = 0;
            if self.stats.failing.swap(false, Ordering::Relaxed) {
                tracing::info!("the relay goes on");
            }
            if round.pushed > 0 {
                idle_since = Instant::now();
            }
            let next = next(&round, idle_since.elapsed(), &self.settings);
            if recorded_asleep && !matches!(next, Next::Sleep(_)) {
                // It woke by itself: from now on a NOTIFY would only slow commits.
                dispatch::record_relay(&mut conn, self.id, false).await?;
                recorded_asleep = false;
            }
            match next {
                Next::AtOnce => {}
                Next::Poll(wait) => tokio::time::sleep(wait).await,
                Next::Sleep(wait) => {
                    let woken = self.sleep(&mut conn, wait).await?;
                    recorded_asleep = !woken;
                    if woken {
                        idle_since = Instant::now();
                    }
                }
            }
        }
    }

    async fn sleep(
        &self,
        conn: &mut AsyncPgConnection,
        wait: Duration,
    ) -> Result<bool, RelayError> {
        Ok(sleep::until_woken(conn, self.id, wait).await?)
    }
}

/// What keeps a relay from going on.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Ledger(#[from] nexus_schema::Error),
    #[error(transparent)]
    Queue(#[from] nexus_queue::transport::QueueError),
}
