use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nexus_config::{Settings, Workflows};
use nexus_schema::ledger::Rules;
use nexus_schema::workflows::{Advanced, advance, prepare_session};
use nexus_schema::{AsyncPgConnection, Pool};
use tokio_util::sync::CancellationToken;

use super::pace::Pace;

/// Failures in a row that are no restart of a server any more, and are told.
const FAILURES_TOLD: u32 = 5;

/// What an advancer did so far; read by metrics.
#[derive(Debug, Default)]
pub struct AdvancerStats {
    /// Ends of jobs that were counted.
    pub ended: AtomicU64,
    /// Jobs that were sent on.
    pub released: AtomicU64,
    /// Jobs that were called off, since one before them did not complete.
    pub in_vain: AtomicU64,
    /// Workflows that ended.
    pub finished: AtomicU64,
}

impl AdvancerStats {
    fn note(&self, step: &Advanced) {
        let add = |counter: &AtomicU64, more| counter.fetch_add(more, Ordering::Relaxed);
        add(&self.ended, step.ended);
        add(&self.released, step.released);
        add(&self.in_vain, step.in_vain);
        add(&self.finished, step.finished);
    }
}

/// Sends on the jobs that waited for others of their workflow, until told to stop. Any number may run side
/// by side: each takes workflows that no other has in hand. Never ends because a server is away.
#[derive(Debug)]
pub struct Advancer {
    pool: Pool,
    settings: Workflows,
    rules: Rules,
    stats: Arc<AdvancerStats>,
}

impl Advancer {
    /// An advancer over a ledger.
    pub fn new(pool: Pool, settings: &Settings) -> Self {
        Self {
            pool,
            settings: settings.workflows.clone(),
            rules: Rules::of(settings),
            stats: Arc::default(),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<AdvancerStats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let session = tokio::select! {
                session = self.session(&mut failures) => session,
                () = stop.cancelled() => return,
            };
            let Err(error) = session;
            failures += 1;
            if failures == FAILURES_TOLD {
                tracing::warn!(%error, failures, "workflows stand still; trying again until they go on");
            } else {
                tracing::debug!(%error, failures, "the advancer cannot go on; trying again until it can");
            }
            let postgres = self.pool.settings();
            let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One connection's worth of looks; ends only with an error.
    async fn session(&self, failures: &mut u32) -> nexus_schema::Result<Infallible> {
        let mut conn = self.pool.connect().await?;
        prepare_session(&mut conn).await?;
        let mut pace = Pace::default();
        loop {
            let found = self.look(&mut conn).await?;
            *failures = 0;
            let wait = pace.next(found, &self.settings);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Takes each workflow once of which jobs ended, and tells how much there was to do.
    async fn look(&self, conn: &mut AsyncPgConnection) -> nexus_schema::Result<u64> {
        let (mut after, mut found) = (None, 0);
        loop {
            let step = advance(conn, after, &self.rules).await?;
            self.stats.note(&step);
            found += step.ended + step.released + step.in_vain + step.parts;
            match step.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }
}
