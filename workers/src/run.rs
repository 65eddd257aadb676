//! One attempt: decode, run, time out.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use apalis_core::task::Task;
use futures_util::future::BoxFuture;
use nexus_jobs::{Execution, Outcome};
use tower::Service;

use crate::backend::Running;
use crate::blocking::panic_text;
use crate::context::{CancelOnDrop, Context};
use crate::engine::Engine;

/// Why an attempt has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error("the arguments are not of the kind's shape: {0}")]
    Undecodable(String),
    #[error("took longer than its timeout of {}", humantime_of(*.0))]
    Timeout(Duration),
    #[error("{0}")]
    Panic(String),
    /// With its chain of causes.
    #[error("{0:#}")]
    Handler(anyhow::Error),
}

fn humantime_of(duration: Duration) -> nexus_config::Span {
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
    type Response = Outcome;
    type Error = AttemptError;
    type Future = BoxFuture<'static, Result<Outcome, AttemptError>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), AttemptError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Running>) -> Self::Future {
        Box::pin(attempt(Arc::clone(&self.engine), task.args))
    }
}

async fn attempt(engine: Arc<Engine>, running: Running) -> Result<Outcome, AttemptError> {
    let Running { job, token, slot } = running;
    let Some(known) = engine.registry.get(&job.kind) else {
        // The claim takes known kinds only.
        return Err(AttemptError::Undecodable(format!(
            "kind {:?} is not known here",
            job.kind
        )));
    };
    let ctx = Context::new(
        &job,
        token,
        engine.worker,
        engine.pool.clone(),
        engine.blocking.clone(),
        Arc::clone(&engine.telling),
    );
    let timeout = job
        .timeout_ms
        .and_then(|ms| u64::try_from(ms).ok())
        .map(Duration::from_millis)
        .or(known.timeout)
        .unwrap_or_else(|| engine.settings.timeout_default.get());
    let cancel = CancelOnDrop(ctx.clone());
    let handler = (known.run)(&job.args, ctx);
    let answer = match known.execution {
        Execution::InPlace => tokio::time::timeout(timeout, handler).await,
        Execution::Spawned => {
            let spawned = AbortOnDrop(tokio::spawn(handler));
            tokio::time::timeout(timeout, spawned.join()).await
        }
    };
    cancel.0.end_telling().await;
    drop(cancel);
    drop(slot);
    answer.unwrap_or(Err(AttemptError::Timeout(timeout)))
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop(tokio::task::JoinHandle<Result<Outcome, AttemptError>>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<Outcome, AttemptError> {
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
