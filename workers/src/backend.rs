//! The apalis `Backend` over ledger and transport.
//!
//! It yields claimed jobs, which the fetcher sends it, and never an error: a
//! server that is away is the fetcher's to wait for. It ends when the fetcher
//! does, and the worker then drains what it runs.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use nexus_jobs::{JobId, Token};
use nexus_schema::ledger::ClaimedJob;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::fetcher::Slot;
use crate::settling::SettleLayer;

/// A claimed job on its way to a worker. Holds its slot until it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) job: ClaimedJob,
    pub(crate) token: Token,
    pub(crate) slot: Slot,
}

/// Claimed jobs of one worker loop. The channel is bounded by the queue's slots:
/// every job in it holds one.
#[derive(Clone, Debug)]
pub(crate) struct LedgerBackend {
    claimed: Arc<Mutex<UnboundedReceiver<Running>>>,
    layer: SettleLayer,
}

impl LedgerBackend {
    pub(crate) fn new(claimed: UnboundedReceiver<Running>, layer: SettleLayer) -> Self {
        Self {
            claimed: Arc::new(Mutex::new(claimed)),
            layer,
        }
    }
}

impl Backend for LedgerBackend {
    type Task = Task<Running>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let next = std::task::ready!(claimed.poll_recv(cx));
        if next.is_none()
            && let Err(error) = worker.stop()
        {
            // apalis lets a worker whose backend has ended wait until it is told to
            // stop, and this is the one who knows.
            tracing::debug!(%error, "stopping a worker whose fetcher has ended");
        }
        Poll::Ready(next.map(|running| Ok(Task::new(running))))
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for LedgerBackend {
    type Args = Running;
    type Id = JobId;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = SettleLayer;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> SettleLayer {
        self.layer.clone()
    }
}
