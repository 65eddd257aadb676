//! One attempt: decode, run, time out, end when it is asked to.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use apalis_core::task::Task;
use futures_util::future::BoxFuture;
use nexus_jobs::{Attempted, Execution, FailureReason, Outcome};
use tokio::task::unconstrained;
use tower::Service;

use crate::backend::Running;
use crate::blocking::{BlockingError, BlockingThread, panic_text};
use crate::context::{Context, EndOnDrop};
use crate::engine::Engine;
use crate::polls::Note;
use crate::settling::{bounded, storable};

/// What a handler answers, or why it does not.
pub(crate) type Answer = Result<Outcome, AttemptError>;

/// Why an attempt has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error("the arguments are not of the kind's shape: {0}")]
    Undecodable(String),
    #[error("took longer than its timeout of {}", humantime_of(*.0))]
    Timeout(Duration),
    #[error("{0}")]
    Panic(String),
    #[error("was called off")]
    CalledOff,
    /// With its chain of causes.
    #[error("{0:#}")]
    Handler(anyhow::Error),
}

impl AttemptError {
    /// The failure, as the ledger keeps it.
    pub(crate) fn attempted(&self) -> Attempted {
        let reason = match self {
            Self::Undecodable(_) => FailureReason::Undecodable,
            Self::Timeout(_) => FailureReason::Timeout,
            Self::Panic(_) => FailureReason::Panic,
            Self::CalledOff | Self::Handler(_) => FailureReason::Error,
        };
        Attempted::Failed {
            reason,
            error: bounded(&self.to_string()),
        }
    }
}

impl From<BlockingError> for AttemptError {
    fn from(error: BlockingError) -> Self {
        match error {
            BlockingError::Panicked(text) => Self::Panic(text),
            closed @ BlockingError::Closed => Self::Handler(closed.into()),
        }
    }
}

pub(crate) fn humantime_of(duration: Duration) -> nexus_config::Span {
    nexus_config::Span::new(duration)
}

/// The innermost service of a worker: runs a claimed job's handler.
#[derive(Clone, Debug)]
pub(crate) struct RunService {
    engine: Arc<Engine>,
}

impl RunService {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl Service<Task<Running>> for RunService {
    type Response = Attempted;
    type Error = AttemptError;
    type Future = BoxFuture<'static, Result<Attempted, AttemptError>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), AttemptError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Running>) -> Self::Future {
        Box::pin(attempt(Arc::clone(&self.engine), task.args))
    }
}

async fn attempt(engine: Arc<Engine>, running: Running) -> Result<Attempted, AttemptError> {
    let Running { job, token, slot } = running;
    let known = engine.registry.get(&job.kind);
    let timeout = engine.timeout(known, job.timeout_ms);
    let ctx = Context::new(&job, token, &engine, timeout);
    let Some(known) = known else {
        // The claim takes known kinds only.
        let error = format!("kind {:?} is not known here", job.kind);
        return Ok(AttemptError::Undecodable(error).attempted());
    };
    let _end = EndOnDrop(ctx.clone());
    let handler = || (known.run)(&job.args, ctx.clone());
    let answer = match known.execution {
        Execution::InPlace => {
            let until = Instant::now() + timeout;
            within(&ctx, until, Polled::new(&ctx, until, handler())).await
        }
        Execution::Spawned => {
            let until = Instant::now() + timeout;
            let spawned = AbortOnDrop(tokio::spawn(Polled::new(&ctx, until, handler())));
            within(&ctx, until, pin!(spawned.join())).await
        }
        // Its time runs from when it has its thread.
        Execution::Blocking => match thread(&ctx).await {
            Ok(thread) => {
                let until = Instant::now() + timeout;
                within(&ctx, until, pin!(on_thread(thread, &ctx, handler()))).await
            }
            Err(error) => Err(error),
        },
    };
    ctx.end_telling().await;
    drop(slot);
    let attempted = match answer {
        Ok(outcome) => Attempted::Answered(storable(outcome, engine.settings.result_bytes_max)),
        Err(error) => error.attempted(),
    };
    Ok(attempted.called_off(ctx.cancel_reason()))
}

/// Waits for `work`, until its time is over or it has been asked to end for too long.
async fn within(
    ctx: &Context,
    until: Instant,
    mut work: impl Future<Output = Answer> + Unpin,
) -> Answer {
    let mut over = None;
    poll_fn(|cx| {
        if let Poll::Ready(answer) = Pin::new(&mut work).poll(cx) {
            return Poll::Ready(answer);
        }
        // Most light jobs never come here. Looked at by the clock too, since a handler
        // that is always ready to go on may leave the runtime no time for its timers.
        if Instant::now() >= until {
            return Poll::Ready(Err(AttemptError::Timeout(ctx.timeout())));
        }
        // Not held back by what the handler has used of the task's budget.
        let over = over.get_or_insert_with(|| Box::pin(unconstrained(is_over(ctx, until))));
        over.as_mut().poll(cx).map(Err)
    })
    .await
}

/// Why an attempt that still runs is over.
async fn is_over(ctx: &Context, until: Instant) -> AttemptError {
    let engine = ctx.engine();
    let _standing = engine.cancellations.stand(ctx);
    let called_off = async {
        ctx.asked().await;
        tokio::time::sleep(engine.settings.cancel_grace.get()).await;
    };
    tokio::select! {
        biased;
        () = tokio::time::sleep_until(until.into()) => AttemptError::Timeout(ctx.timeout()),
        () = called_off => AttemptError::CalledOff,
    }
}

/// A thread of the pool; a job that is called off while it waits for one never starts.
async fn thread(ctx: &Context) -> Result<BlockingThread, AttemptError> {
    let engine = ctx.engine();
    let _standing = engine.cancellations.stand(ctx);
    tokio::select! {
        biased;
        () = ctx.asked() => Err(AttemptError::CalledOff),
        thread = engine.blocking.thread() => Ok(thread?),
    }
}

/// Runs a handler on a thread. One that only blocks keeps the thread until it returns;
/// one that awaits gives it up once nobody waits for the attempt any more.
async fn on_thread(
    thread: BlockingThread,
    ctx: &Context,
    mut handler: BoxFuture<'static, Answer>,
) -> Answer {
    let (runtime, ctx) = (tokio::runtime::Handle::current(), ctx.clone());
    let work = move || {
        // One that only blocks is done by this, and may itself block on the runtime.
        let mut nobody = TaskContext::from_waker(Waker::noop());
        if let Poll::Ready(answer) = handler.as_mut().poll(&mut nobody) {
            return answer;
        }
        runtime.block_on(async {
            tokio::select! {
                biased;
                answer = handler => answer,
                () = ctx.ended() => Err(AttemptError::CalledOff),
            }
        })
    };
    thread.run(work).await?
}

/// A handler's future, noted for the watchdog while it is polled. Its panic is its answer.
pub(crate) struct Polled<T> {
    engine: Arc<Engine>,
    note: Note,
    handler: BoxFuture<'static, Result<T, AttemptError>>,
}

impl<T> Polled<T> {
    /// `ctx` stands for the attempt that is polled, until `until` and the grace after it.
    pub(crate) fn new(
        ctx: &Context,
        until: Instant,
        handler: BoxFuture<'static, Result<T, AttemptError>>,
    ) -> Self {
        let engine = Arc::clone(ctx.engine());
        let until = until + engine.settings.timeout_grace.get();
        Self {
            note: engine.polls.note(ctx.job(), ctx.token(), until),
            engine,
            handler,
        }
    }
}

impl<T> Future for Polled<T> {
    type Output = Result<T, AttemptError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Self {
            engine,
            note,
            handler,
        } = &mut *self;
        // What a panic leaves half-done is the handler's own, and is not polled again.
        let poll = || catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx)));
        let polled = engine.polls.during(note, poll);
        polled.unwrap_or_else(|panic| Poll::Ready(Err(AttemptError::Panic(panic_text(&*panic)))))
    }
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop(tokio::task::JoinHandle<Answer>);

impl AbortOnDrop {
    async fn join(mut self) -> Answer {
        match (&mut self.0).await {
            Ok(answer) => answer,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => Err(AttemptError::Panic(panic_text(&*panic))),
                Err(_) => Err(AttemptError::Panic("the handler's task was aborted".into())),
            },
        }
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
