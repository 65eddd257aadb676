//! What becomes of an attempt: the backend's own tower layer.
//!
//! apalis puts a backend's layer outside the layers of the worker, so it sees
//! every end of an attempt: an answer, an error, a caught panic.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use apalis::layers::catch_panic::PanicError;
use apalis_core::error::{AbortError, BoxDynError};
use apalis_core::task::Task;
use futures_util::future::BoxFuture;
use nexus_config::Bytes;
use nexus_jobs::{Attempted, FailureReason, JobId, Outcome, Settlement, Token, settle};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tower::{Layer, Service};

use crate::backend::Running;
use crate::engine::Engine;
use crate::run::AttemptError;

/// A decided settlement on its way to the ledger.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) job: JobId,
    pub(crate) token: Token,
    pub(crate) settlement: Settlement,
    /// Whether a failure of the attempt is final.
    pub(crate) is_last_attempt: bool,
}

/// Decides what becomes of each attempt and hands it to a completer.
#[derive(Clone, Debug)]
pub(crate) struct SettleLayer {
    engine: Arc<Engine>,
    completer: Sender<Decided>,
}

impl SettleLayer {
    pub(crate) fn new(engine: Arc<Engine>, completer: Sender<Decided>) -> Self {
        Self { engine, completer }
    }
}

impl<S> Layer<S> for SettleLayer {
    type Service = SettleService<S>;

    fn layer(&self, inner: S) -> SettleService<S> {
        SettleService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`SettleLayer`].
#[derive(Clone, Debug)]
pub(crate) struct SettleService<S> {
    inner: S,
    layer: SettleLayer,
}

impl<S> Service<Task<Running>> for SettleService<S>
where
    S: Service<Task<Running>, Response = Attempted, Error = BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut task: Task<Running>) -> Self::Future {
        let SettleLayer { engine, completer } = self.layer.clone();
        let (job, token) = (task.args.job.job_id(), task.args.token);
        let attempt = u32::try_from(task.args.job.attempt).unwrap_or(0);
        let attempts_max = u32::try_from(task.args.job.attempts_max).unwrap_or(1);
        let kind = engine.registry.get(&task.args.job.kind);
        let kind = kind.map(|known| known.kind);
        let own_backoff = task.args.job.backoff.take();
        let run = self.inner.call(task);
        Box::pin(async move {
            let attempted = attempted(run.await);
            if !matches!(
                attempted,
                Attempted::Answered(Outcome::Done(_) | Outcome::Settled)
            ) {
                note(&engine, job, &attempted);
            }
            if let Some(kind) = kind {
                engine.gates.note_end(kind, &attempted);
            }
            let known = kind.and_then(|kind| engine.registry.get(kind));
            let backoff = engine.backoff(job, known, own_backoff.as_deref());
            let settlement = settle(attempted, attempt, attempts_max, &backoff, seed(job));
            drop(backoff);
            // Closed only once every loop has ended, so this cannot fail; and if it
            // did, the lease would run out and the job be rescued.
            let _ = completer
                .send(Decided {
                    job,
                    token,
                    settlement,
                    is_last_attempt: attempt >= attempts_max,
                })
                .await;
            Ok(())
        })
    }
}

/// A job's luck.
pub(crate) fn seed(job: JobId) -> u64 {
    job.0.unsigned_abs()
}

fn note(engine: &Engine, job: JobId, attempted: &Attempted) {
    engine.health.failed.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(%job, ?attempted, "an attempt did not complete");
}

/// How an attempt ended, also where something around its handler panicked.
fn attempted(answer: Result<Attempted, BoxDynError>) -> Attempted {
    let error = match answer {
        Ok(attempted) => return attempted,
        Err(error) => error,
    };
    if let Some(error) = error.downcast_ref::<AttemptError>() {
        return error.attempted();
    }
    let panic = error
        .downcast_ref::<AbortError>()
        .and_then(std::error::Error::source)
        .and_then(|source| source.downcast_ref::<PanicError>());
    let text = panic.map_or_else(|| error.to_string(), |panic| panic.0.clone());
    let reason = if error.is::<AbortError>() {
        FailureReason::Panic
    } else {
        FailureReason::Error
    };
    Attempted::Failed {
        reason,
        error: bounded(&text),
    }
}

/// An answer that the ledger can keep: refused, it would hold up all that are settled
/// with it.
pub(crate) fn storable(outcome: Outcome, result_max: Bytes) -> Outcome {
    match outcome {
        Outcome::Retry { error, after } => Outcome::Retry {
            error: bounded(&error),
            after,
        },
        Outcome::Discard(reason) => Outcome::Discard(bounded(&reason)),
        Outcome::Cancel(reason) => Outcome::Cancel(bounded(&reason)),
        Outcome::Done(Some(result)) => {
            too_large(json_bytes(&result), result_max).unwrap_or(Outcome::Done(Some(result)))
        }
        other @ (Outcome::Done(None) | Outcome::Settled | Outcome::Snooze(_)) => other,
    }
}

/// What becomes of a job with a result of so many bytes, if they are too many: it is
/// given up, since another attempt would give the same.
pub(crate) fn too_large(bytes: usize, max: Bytes) -> Option<Outcome> {
    (bytes > max.as_usize()).then(|| {
        Outcome::Discard(format!(
            "its result has {bytes} bytes; at most {} are kept (workers.result_bytes_max)",
            max.get()
        ))
    })
}

/// The length of a value as JSON text, without the text.
fn json_bytes(value: &Value) -> usize {
    struct Count(usize);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // A value is always writable, and so is the count.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// An error's text as the ledger keeps it: bounded, and without NUL, which
/// Postgres's text cannot hold.
pub(crate) fn bounded(text: &str) -> String {
    const ERROR_CHARS_MAX: usize = 4000;
    text.chars()
        .filter(|&c| c != '\0')
        .take(ERROR_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_apart() {
        let reason = |error: BoxDynError| match attempted(Err(error)) {
            Attempted::Failed { reason, error } => (reason, error),
            Attempted::Answered(outcome) => panic!("{outcome:?}"),
        };
        let panicked = AbortError::new(PanicError("index out of bounds".into()));
        assert_eq!(
            reason(Box::new(panicked)),
            (FailureReason::Panic, "index out of bounds".to_owned())
        );
        let cause = anyhow::anyhow!("no such file").context("reading the input");
        assert_eq!(
            reason(Box::new(AttemptError::Handler(cause))),
            (
                FailureReason::Error,
                "reading the input: no such file".to_owned()
            )
        );
        let late = AttemptError::Timeout(std::time::Duration::from_secs(90));
        assert_eq!(
            reason(Box::new(late)),
            (
                FailureReason::Timeout,
                "took longer than its timeout of 1m 30s".to_owned()
            )
        );
    }

    #[test]
    fn a_result_is_kept_up_to_its_bound_and_no_further() {
        let result = serde_json::json!({ "a": "ü\n" });
        let bytes = result.to_string().len();
        assert_eq!(json_bytes(&result), bytes);
        let done = Outcome::Done(Some(result));
        let within = |max: usize| storable(done.clone(), Bytes::new(max as u64));
        assert_eq!(within(bytes), done);
        let text = "its result has 12 bytes; at most 11 are kept (workers.result_bytes_max)";
        assert_eq!(within(bytes - 1), Outcome::Discard(text.to_owned()));
    }
}
