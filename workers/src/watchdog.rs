//! Finds what no timeout ends: handlers that never give their thread back.
//!
//! It lives on the heartbeat's thread, which runs no handler. A poll that goes on past
//! its job's timeout and `workers.timeout_grace` has lost its thread for good, and the
//! loop with it: the watchdog settles that job as timed out, hands everything else back
//! unspent, and has the process start again. A thread of the blocking pool is lost to
//! nobody but itself; of those the process bears `workers.written_off_max`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nexus_jobs::{Attempted, FailureReason, settle};
use nexus_schema::ledger;
use tokio_util::sync::CancellationToken;

use crate::completer;
use crate::engine::Engine;
use crate::polls::Note;
use crate::run::AttemptError;
use crate::settling::{Decided, seed};
use crate::stuck::{OnStuck, Stuck};

/// Pause between looks; adds to the grace that a stuck handler has.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Time that jobs on other threads get to end and be written before the rest is handed back.
const OTHERS_WITHIN: Duration = Duration::from_secs(1);

/// Pause between looks whether they have.
const OTHERS_EVERY: Duration = Duration::from_millis(20);

/// Watches the threads of one process.
pub(crate) struct Watchdog {
    pub(crate) engine: Arc<Engine>,
    /// Drains the process.
    pub(crate) stop: CancellationToken,
    pub(crate) on_stuck: OnStuck,
}

impl Watchdog {
    /// Watches for ever, or until a thread is lost and the process's end begins.
    pub(crate) async fn watch(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let stuck = self.engine.polls.overdue(Instant::now());
            if !stuck.is_empty() {
                self.end(&stuck).await;
                return;
            }
            self.count_written_off();
        }
    }

    /// Blocking threads that are lost, and whether they are too many.
    fn count_written_off(&self) {
        let engine = &self.engine;
        let settings = &engine.settings;
        let lost = engine.blocking.written_off(settings.timeout_grace.get());
        let counted = &engine.health.written_off;
        counted.store(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
        // One at least must be left.
        let most = settings
            .written_off_max
            .min(settings.blocking_threads.saturating_sub(1));
        if lost > most && !self.stop.is_cancelled() {
            tracing::error!(
                lost,
                most,
                "too many blocking threads are lost; draining to start again"
            );
            engine.start_again.store(true, Ordering::Release);
            self.stop.cancel();
        }
    }

    /// Settles what is stuck, hands back the rest, and ends the process.
    async fn end(&self, stuck: &[Note]) {
        // A drain of the watchdog's own is to start again as well.
        let own = self.engine.start_again.load(Ordering::Acquire);
        let doing = if self.stop.is_cancelled() && !own {
            Stuck::Draining
        } else {
            Stuck::Working
        };
        let jobs: Vec<_> = stuck.iter().map(|note| note.job.0).collect();
        tracing::error!(
            ?jobs,
            ?doing,
            "these jobs do not give their threads back; the process ends"
        );
        let lease = self.engine.lease.ttl.get();
        for note in stuck {
            // With Postgres away for so long, the lease runs out, and the job is rescued.
            match tokio::time::timeout(lease, self.time_out(note)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(job = %note.job, %error, "not settled"),
                Err(_) => tracing::error!(job = %note.job, "not settled: Postgres is away"),
            }
        }
        // Whoever comes first ends the process: its drain, if no loop is lost, or this.
        let again = doing == Stuck::Working;
        self.engine.start_again.store(again, Ordering::Release);
        self.stop.cancel();
        self.others_end().await;
        self.engine.give_back().await;
        self.say_goodbye().await;
        (self.on_stuck)(doing);
    }

    /// Takes the worker's row away: it would be shown as silent.
    async fn say_goodbye(&self) {
        let act = async {
            let mut conn = self.engine.pool.connect().await?;
            ledger::deregister(&mut conn, self.engine.worker).await
        };
        let said = tokio::time::timeout(OTHERS_WITHIN, act).await;
        if !matches!(said, Ok(Ok(()))) {
            tracing::debug!("the worker's row stays");
        }
    }

    /// A job whose timeout could not end it has failed by it all the same.
    async fn time_out(&self, note: &Note) -> nexus_schema::Result<()> {
        let engine = &self.engine;
        let mut conn = engine.pool.connect().await?;
        let Some(held) = ledger::held(&mut conn, note.job, note.token).await? else {
            // Settled already: a batch's own jobs time out by themselves.
            return Ok(());
        };
        let known = engine.registry.get(&held.kind);
        let timeout = engine.timeout(known, held.timeout_ms);
        let attempted = Attempted::Failed {
            reason: FailureReason::Timeout,
            error: format!(
                "{}, and never gave its thread back",
                AttemptError::Timeout(timeout)
            ),
        };
        let asked = engine.cancellations.reason(note.job);
        let backoff = engine.backoff(note.job, known, held.backoff.as_deref());
        let (attempt, attempts_max) = (held.attempt, held.attempts_max);
        let settlement = settle(
            attempted.called_off(asked.as_deref()),
            attempt,
            attempts_max,
            &backoff,
            seed(note.job),
        );
        let decided = Decided {
            job: note.job,
            token: note.token,
            settlement,
            is_last_attempt: attempt >= attempts_max,
        };
        completer::write_now(engine, decided).await
    }

    /// Waits a moment for what runs on other threads.
    async fn others_end(&self) {
        let all_settled = async {
            while !self.engine.holdings.all().is_empty() {
                tokio::time::sleep(OTHERS_EVERY).await;
            }
        };
        let _ = tokio::time::timeout(OTHERS_WITHIN, all_settled).await;
    }
}
