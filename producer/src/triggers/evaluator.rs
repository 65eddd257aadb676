use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use nexus_config::{Settings, Triggers};
use nexus_schema::events::{self, Detail};
use nexus_schema::ledger::Rules;
use nexus_schema::triggers::LISTENER;
use nexus_schema::{AsyncPgConnection, Pool};
use tokio_util::sync::CancellationToken;

use super::fire::{Met, Unfired, fire};
use super::known::Known;

/// Pause between signs of life in the ledger.
const SEEN_EVERY: Duration = Duration::from_secs(10);

/// What an evaluator did so far; read by metrics and health.
#[derive(Debug, Default)]
pub struct EvaluatorStats {
    /// Events judged.
    pub judged: AtomicU64,
    /// Jobs enqueued.
    pub fired: AtomicU64,
    /// Events passed over that looked like a loop.
    pub skipped: AtomicU64,
    /// Events that matched and made no job.
    pub failed: AtomicU64,
}

impl EvaluatorStats {
    pub(super) fn note(&self, judged: usize, fired: Met) {
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed);
        add(&self.judged, judged as u64);
        add(&self.fired, fired.fired);
        add(&self.skipped, fired.skipped);
        add(&self.failed, fired.failed);
    }
}

/// Lets the ledger's events fire triggers, until told to stop. Any number may run side by side: each
/// takes what no other has in hand. Never ends because a server is away.
#[derive(Debug)]
pub struct Evaluator {
    pool: Pool,
    settings: Triggers,
    source: String,
    rules: Rules,
    stats: Arc<EvaluatorStats>,
}

impl Evaluator {
    /// An evaluator over a ledger.
    pub fn new(pool: Pool, settings: &Settings) -> Self {
        Self {
            pool,
            settings: settings.triggers.clone(),
            source: settings.events.source.clone(),
            rules: Rules::of(settings),
            stats: Arc::default(),
        }
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<EvaluatorStats> {
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
            tracing::debug!(%error, failures, "triggers cannot go on; trying again until they can");
            let postgres = self.pool.settings();
            let (base, cap) = (postgres.retry_base.get(), postgres.retry_cap.get());
            let wait = nexus_schema::retrying::backoff(base, cap, failures, rand::random());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One connection's worth of rounds; ends only with an error.
    async fn session(&self, failures: &mut u32) -> nexus_schema::Result<Infallible> {
        let mut conn = self.pool.connect().await?;
        let mut known = Known::default();
        let mut seen: Option<Instant> = None;
        loop {
            if seen.is_none_or(|at| at.elapsed() >= SEEN_EVERY) {
                events::seen(&mut conn, LISTENER).await?;
                seen = Some(Instant::now());
            }
            let judged = match self.round(&mut conn, &mut known).await {
                Ok(judged) => judged,
                // The next round reads them anew.
                Err(Unfired::Changed) => continue,
                Err(Unfired::Ledger(error)) => return Err(error),
            };
            *failures = 0;
            if judged == 0 {
                tokio::time::sleep(self.settings.poll.get()).await;
            }
        }
    }

    /// Takes a batch of events, and lets them fire what they match, in one transaction.
    async fn round(
        &self,
        conn: &mut AsyncPgConnection,
        known: &mut Known,
    ) -> Result<usize, Unfired> {
        let (judged, fired) = conn
            .transaction::<_, Unfired, _>(async |conn| {
                let rows = events::take(conn, LISTENER, self.settings.batch_max).await?;
                if rows.is_empty() {
                    return Ok((0, Met::default()));
                }
                let all = events::expand(conn, &rows, &self.source, Detail::All).await?;
                known.refresh(conn).await?;
                let fired = fire(conn, known, None, &all, &self.settings, &self.rules).await?;
                let rows: Vec<i64> = rows.iter().map(|row| row.id).collect();
                events::settle(conn, LISTENER, &rows).await?;
                Ok((all.len(), fired))
            })
            .await?;
        self.stats.note(judged, fired);
        Ok(judged)
    }
}
