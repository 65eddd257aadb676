use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nexus_config::{Schedules, Settings};
use nexus_jobs::schedule::Definition;
use nexus_schema::ledger::Rules;
use nexus_schema::schedules;
use nexus_schema::{AsyncPgConnection, Error, Pool, Result};
use tokio_util::sync::CancellationToken;

use super::known::Known;
use super::round::{Met, round};
use super::shipped::{bring_in_line, of_settings};

/// Pause where what is due is in somebody else's hands.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Failures in a row that are no restart of a server any more, and are told.
const FAILURES_TOLD: u32 = 5;

/// What a scheduler did so far; read by metrics and health.
#[derive(Debug, Default)]
pub struct SchedulerStats {
    /// Rounds that it led.
    pub rounds: AtomicU64,
    /// Jobs enqueued.
    pub fired: AtomicU64,
    /// Ticks passed over by overlap policy or unique key.
    pub skipped: AtomicU64,
    /// Ticks passed over since they were missed.
    pub missed: AtomicU64,
    /// Ticks whose job was refused.
    pub failed: AtomicU64,
    /// How late the latest tick of the last round with any fired, in microseconds.
    pub late_us: AtomicU64,
}

impl SchedulerStats {
    fn note(&self, met: Met) {
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed);
        add(&self.rounds, 1);
        add(&self.fired, met.fired);
        add(&self.skipped, met.skipped);
        add(&self.missed, met.missed);
        add(&self.failed, met.failed);
        if met.fired > 0 {
            self.late_us.store(met.late_us, Ordering::Relaxed);
        }
    }
}

/// Turns ticks into jobs, until told to stop. Any number may run side by side: whoever has the lock of a
/// round decides it. Never ends because a server is away.
#[derive(Debug)]
pub struct Scheduler {
    pool: Pool,
    settings: Schedules,
    said: BTreeMap<String, Definition>,
    rules: Rules,
    stats: Arc<SchedulerStats>,
}

impl Scheduler {
    /// A scheduler over a ledger.
    ///
    /// # Errors
    ///
    /// What is wrong with the schedules that the settings say, each with its place.
    pub fn new(pool: Pool, settings: &Settings) -> Result<Self, Vec<String>> {
        Ok(Self {
            pool,
            said: of_settings(&settings.schedules)?,
            settings: settings.schedules.clone(),
            rules: Rules::of(settings),
            stats: Arc::default(),
        })
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<SchedulerStats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `stop`. Begins with bringing the ledger in line with the settings.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut said = Some(std::mem::take(&mut self.said));
        let mut failures = 0;
        loop {
            let session = tokio::select! {
                session = self.session(&mut said, &mut failures) => session,
                () = stop.cancelled() => return,
            };
            let Err(error) = session;
            failures += 1;
            if failures == FAILURES_TOLD {
                tracing::warn!(%error, failures, "schedules stand still; trying again until they go on");
            } else {
                tracing::debug!(%error, failures, "schedules cannot go on; trying again until they can");
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

    /// One connection's worth of rounds; ends only with an error.
    async fn session(
        &self,
        said: &mut Option<BTreeMap<String, Definition>>,
        failures: &mut u32,
    ) -> Result<Infallible> {
        let mut conn = self.pool.connect().await?;
        let mut known = Known::default();
        loop {
            if let Some(all) = said {
                if !bring_in_line(&mut conn, all, self.settings.silence.get()).await? {
                    tokio::time::sleep(self.pause()).await;
                    continue;
                }
                *said = None;
            }
            let wait = schedules::wait(&mut conn, known.unreadable()).await?;
            *failures = 0;
            match wait {
                Some(Duration::ZERO) => self.lead(&mut conn, &mut known).await?,
                Some(wait) => tokio::time::sleep(wait.min(self.settings.poll.get())).await,
                None => tokio::time::sleep(self.settings.poll.get()).await,
            }
        }
    }

    /// Decides what is due, or waits a moment for whoever does.
    async fn lead(&self, conn: &mut AsyncPgConnection, known: &mut Known) -> Result<()> {
        let pause = match round(conn, known, &self.settings, &self.rules).await {
            Ok(Some(met)) => {
                self.stats.note(met);
                if met.put_off > 0 {
                    Some(self.pause())
                } else {
                    (met.schedules == 0).then_some(BUSY_PAUSE)
                }
            }
            Ok(None) => Some(self.pause()),
            // Nothing was decided.
            Err(Error::Contended(_)) => Some(BUSY_PAUSE),
            Err(error) => return Err(error),
        };
        if let Some(pause) = pause {
            tokio::time::sleep(pause.min(self.settings.poll.get())).await;
        }
        Ok(())
    }

    /// Apart by chance, so that those who wait for a leader do not come back at once.
    fn pause(&self) -> Duration {
        let poll = self.settings.poll.get();
        poll.mul_f64(0.25 + rand::random::<f64>() / 2.0)
    }
}
