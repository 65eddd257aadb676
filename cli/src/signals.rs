//! SIGTERM and SIGINT: the first asks for a stop, the second takes it. And what a supervisor
//! listens for beside them.

use std::process;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals that end a process.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals over; from now on they end nothing by themselves.
    pub(crate) fn take() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("listening for SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("listening for SIGTERM")?,
        })
    }

    /// The exit code of the next signal: 128 and its number, as shells have it.
    pub(crate) async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }

    /// Cancels `stop` at the first signal and ends the process at the second.
    pub(crate) async fn watch(mut self, stop: CancellationToken) {
        self.next().await;
        tracing::info!("stopping; a second signal ends at once");
        stop.cancel();
        let code = self.next().await;
        tracing::warn!("ended at once; jobs that ran are rescued when their lease runs out");
        process::exit(code);
    }
}

/// SIGHUP, from now on; it ends nothing by itself any more.
pub(crate) fn hangups() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("listening for SIGHUP")
}

/// The ends of child processes, from now on. One may stand for several.
pub(crate) fn child_ends() -> anyhow::Result<Signal> {
    signal(SignalKind::child()).context("listening for SIGCHLD")
}
