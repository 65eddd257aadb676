//! What a handler may do for its job.

mod workflow;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel_async::AsyncConnection;
use futures_util::future::BoxFuture;
use nexus_jobs::{
    Actor, Emitted, Enqueued, FailureReason, JobId, NewJob, Outcome, TenantId, Token, WorkerId,
};
use nexus_schema::ledger::{self, ClaimedJob, Settled};
use nexus_schema::{AsyncPgConnection, Pool, Result, events, fence};
use serde_json::Value;
use tokio::sync::Notify;

use crate::blocking::BlockingPool;
use crate::engine::Engine;
use crate::settling::{bounded, too_large};
use crate::telling::{LogLevel, Speaker, Teller};

/// One attempt of one job, as its handler sees it. Clones are the same attempt.
///
/// What a handler commits through [`Context::transaction`], [`Context::complete`]
/// or [`Context::discard`] is fenced: if the job was rescued meanwhile, and may be
/// running elsewhere, the transaction rolls back. An effect is exactly once only
/// if it commits in [`Context::complete`], or in a transaction together with a
/// checkpoint from which the next attempt resumes; any other effect is at least once.
#[derive(Clone, Debug)]
pub struct Context(Arc<Attempt>);

#[derive(Debug)]
struct Attempt {
    job: JobId,
    tenant: TenantId,
    token: Token,
    run: u32,
    spent: u32,
    attempts_max: u32,
    depth: u16,
    worker: WorkerId,
    pool: Pool,
    engine: Arc<Engine>,
    timeout: Duration,
    /// Why it was asked to end, if it was.
    asked: OnceLock<String>,
    /// Whether nobody waits for it any more.
    ended: AtomicBool,
    /// Told when either changes.
    changed: Notify,
    /// Made when the attempt first says something.
    teller: OnceLock<Arc<Teller>>,
}

/// Marks the attempt as ended when its future is dropped: it has answered, its time
/// is over, or a drain's grace is.
#[derive(Debug)]
pub(crate) struct EndOnDrop(pub(crate) Context);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.0.ended.store(true, Ordering::Release);
        self.0.0.changed.notify_waiters();
    }
}

impl Context {
    pub(crate) fn new(
        job: &ClaimedJob,
        token: Token,
        engine: &Arc<Engine>,
        timeout: Duration,
    ) -> Self {
        Self(Arc::new(Attempt {
            job: job.job_id(),
            tenant: TenantId(job.tenant_id),
            token,
            run: u32::try_from(job.run).unwrap_or(0),
            spent: u32::try_from(job.attempt).unwrap_or(0),
            attempts_max: u32::try_from(job.attempts_max).unwrap_or(1),
            depth: u16::try_from(job.depth).unwrap_or(0),
            worker: engine.worker,
            pool: engine.pool.clone(),
            engine: Arc::clone(engine),
            timeout,
            asked: OnceLock::new(),
            ended: AtomicBool::new(false),
            changed: Notify::new(),
            teller: OnceLock::new(),
        }))
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.0.job
    }

    /// Whose job it is.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// The claim it runs under.
    pub fn token(&self) -> Token {
        self.0.token
    }

    /// Claims so far, this one included. Never falls.
    pub fn run(&self) -> u32 {
        self.0.run
    }

    /// Attempts so far, this one included.
    pub fn attempt(&self) -> u32 {
        self.0.spent
    }

    /// Whether a failure of this attempt is final.
    pub fn is_last_attempt(&self) -> bool {
        self.0.spent >= self.0.attempts_max
    }

    /// How long the attempt may take.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Whether the attempt is to end: somebody called the job off, or nobody waits for
    /// it any more, since its time is over. For code on a blocking thread, which cannot
    /// be dropped: look now and then, and return.
    pub fn is_cancelled(&self) -> bool {
        self.0.asked.get().is_some() || self.0.ended.load(Ordering::Acquire)
    }

    /// Waits until [`Self::is_cancelled`]. A handler that was called off has
    /// `workers.cancel_grace` to end by itself; then it is dropped.
    pub async fn cancelled(&self) {
        self.changes_until(Self::is_cancelled).await;
    }

    /// Why the job was called off; `None` if it was not, also when its time is over.
    pub fn cancel_reason(&self) -> Option<&str> {
        self.0.asked.get().map(String::as_str)
    }

    /// Connections to the ledger's database.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// Threads for work that computes or blocks.
    pub fn blocking(&self) -> &BlockingPool {
        &self.0.engine.blocking
    }

    /// Says how far the job is: so much done, of so much where that is known, and what it is doing.
    ///
    /// Cheap: only the latest is kept, and written every `workers.tell_every` and at the attempt's end.
    /// `nexus jobs show` and the API show it.
    pub fn progress(&self, done: u64, total: Option<u64>, message: &str) {
        self.teller().progress(done, total, message);
    }

    /// Adds a line to the job's log, with further facts (`Value::Null` for none).
    ///
    /// Written as [`Context::progress`] is. An attempt may log `workers.job_log_lines_max` lines of
    /// `workers.job_log_line_bytes_max` bytes; longer ones are cut, further ones dropped and counted.
    pub fn log(&self, level: LogLevel, message: &str, fields: &Value) {
        self.0
            .engine
            .telling
            .log(self.teller(), level, message, fields);
    }

    fn teller(&self) -> &Teller {
        self.0.teller.get_or_init(|| {
            self.0.engine.telling.teller(Speaker {
                job: self.0.job,
                tenant: self.0.tenant,
                token: self.0.token,
                run: self.0.run,
            })
        })
    }

    /// Tells whoever listens what the handler found, in the transaction that `conn` is in: one of
    /// [`Context::transaction`], [`Context::complete`] or [`Context::discard`], whose fence it shares. It
    /// is told exactly if that commits; one that is told again with the same id is the same event.
    ///
    /// ```
    /// # use nexus_jobs::{Emitted, Outcome};
    /// # use nexus_workers::Context;
    /// # async fn run(ctx: Context) -> anyhow::Result<Outcome> {
    /// let found = Emitted::new("fraud.flagged", serde_json::json!({ "rows": 3 })).id("case 7");
    /// let own = ctx.clone();
    /// let done = ctx.complete(None, move |conn| {
    ///     Box::pin(async move { own.emit(conn, &found).await })
    /// });
    /// # Ok(done.await?)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`nexus_schema::Error::Invalid`] for a type that is not allowed, and for more data than
    /// `events.data_bytes_max`.
    pub async fn emit(&self, conn: &mut AsyncPgConnection, event: &Emitted) -> Result<()> {
        let bytes_max = self.0.engine.event_bytes_max;
        events::emit(conn, self.0.job, self.0.token, event, bytes_max).await
    }

    /// Enqueues jobs in the transaction that `conn` is in, as [`Context::emit`] tells events there: they
    /// are there exactly if it commits. What became of each, in order. Their `created_by` is `job:ID`.
    ///
    /// They are as many triggers away from the first job as this one, so a loop that leads through a
    /// handler ends as any other does. What a handler enqueues otherwise begins at 0 again.
    ///
    /// ```
    /// # use nexus_jobs::{NewJob, Outcome, kinds::Noop};
    /// # use nexus_workers::Context;
    /// # async fn run(ctx: Context) -> anyhow::Result<Outcome> {
    /// let next = NewJob::of(&Noop::default())?;
    /// let own = ctx.clone();
    /// let done = ctx.complete(None, move |conn| {
    ///     Box::pin(async move { own.enqueue(conn, &[next]).await.map(|_| ()) })
    /// });
    /// # Ok(done.await?)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`ledger::enqueue`]; the transaction is then to be rolled back.
    pub async fn enqueue(
        &self,
        conn: &mut AsyncPgConnection,
        jobs: &[NewJob],
    ) -> Result<Vec<Enqueued>> {
        let depth = self.0.depth;
        let deeper = |job: &NewJob| job.clone().depth(job.depth.max(depth));
        let jobs: Vec<NewJob> = jobs.iter().map(deeper).collect();
        let actor = Actor::named(format!("job:{}", self.0.job));
        ledger::enqueue(conn, &jobs, &actor, &self.0.engine.rules).await
    }

    /// The attempt is over: what it said last is written before it is settled.
    pub(crate) async fn end_telling(&self) {
        if let Some(teller) = self.0.teller.get() {
            self.0.engine.telling.end(teller).await;
        }
    }

    /// Runs `act` in a transaction that commits only while the claim holds.
    ///
    /// [`nexus_schema::Error::StaleClaim`] where it does not: the handler should return at once.
    pub async fn transaction<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: Act<T>,
    {
        let mut conn = self.0.pool.get().await?;
        let (job, token) = (self.0.job, self.0.token);
        conn.transaction(async move |conn| {
            let value = act(conn).await?;
            fence(conn, job, token).await?;
            Ok(value)
        })
        .await
    }

    /// Runs `act` in the transaction that also completes the job with `result`:
    /// its effect is exactly once. Not batched with other completions.
    ///
    /// A result of more than `workers.result_bytes_max` runs nothing: the answer is then
    /// to discard the job.
    pub async fn complete<F: Act<()>>(&self, result: Option<Value>, act: F) -> Result<Outcome> {
        let (job, token) = (self.0.job, self.0.token);
        let result = result.map(|value| value.to_string());
        let max = self.0.engine.settings.result_bytes_max;
        if let Some(outcome) = too_large(result.as_ref().map_or(0, String::len), max) {
            return Ok(outcome);
        }
        self.settle(act, move |conn| {
            let done = Settled {
                job,
                token,
                with: result,
            };
            Box::pin(async move { ledger::complete(conn, &[done], &[]).await })
        })
        .await
    }

    /// Runs `act` in the transaction that also discards the job for `error`.
    pub async fn discard<F: Act<()>>(&self, error: &str, act: F) -> Result<Outcome> {
        let (job, token, worker) = (self.0.job, self.0.token, self.0.worker);
        let with = (FailureReason::Discarded, bounded(error));
        self.settle(act, move |conn| {
            let dead = Settled { job, token, with };
            Box::pin(async move { ledger::discard(conn, &[dead], worker).await })
        })
        .await
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    /// Asks the attempt to end. The first reason stays.
    pub(crate) fn ask_to_end(&self, reason: &str) {
        if self.0.asked.set(bounded(reason)).is_ok() {
            self.0.changed.notify_waiters();
        }
    }

    /// Waits until somebody asks the attempt to end.
    pub(crate) async fn asked(&self) {
        self.changes_until(|attempt| attempt.0.asked.get().is_some())
            .await;
    }

    /// Waits until nobody waits for the attempt any more.
    pub(crate) async fn ended(&self) {
        self.changes_until(|attempt| attempt.0.ended.load(Ordering::Acquire))
            .await;
    }

    async fn changes_until(&self, holds: impl Fn(&Self) -> bool) {
        loop {
            let change = self.0.changed.notified();
            tokio::pin!(change);
            // Before the look, so that no change falls between the two.
            change.as_mut().enable();
            if holds(self) {
                return;
            }
            change.await;
        }
    }

    /// The ledger's verb comes last, since by deleting the job's row by its token
    /// it is itself the fence.
    async fn settle<F, V>(&self, act: F, verb: V) -> Result<Outcome>
    where
        F: Act<()>,
        V: Act<Vec<JobId>>,
    {
        // Once it is settled, its row is no more, and its progress would be lost.
        if let Some(teller) = self.0.teller.get() {
            self.0.engine.telling.told(teller).await;
        }
        let mut conn = self.0.pool.get().await?;
        let job = self.0.job;
        conn.transaction(async move |conn| {
            act(conn).await?;
            fence::settled(job, &verb(conn).await?)?;
            Ok(Outcome::Settled)
        })
        .await
    }
}

/// What runs inside a transaction: `|conn| Box::pin(async move { … })`.
pub trait Act<T>:
    for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T>> + Send + 'static
{
}

impl<T, F> Act<T> for F where
    F: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T>> + Send + 'static
{
}
