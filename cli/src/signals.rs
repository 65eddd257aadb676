//! SIGTERM and SIGINT: the first asks for a stop, the second takes it. SIGTSTP makes workers
//! quiet. And what a supervisor listens for beside them.

use std::process;

use anyhow::Context as _;
use nexus_workers::process::Quieter;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals that a process hears.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quiet: Signal,
}

impl Signals {
    /// Takes the signals over; from now on they end nothing by themselves.
    pub(crate) fn take() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("listening for SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("listening for SIGTERM")?,
            quiet: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))
                .context("listening for SIGTSTP")?,
        })
    }

    /// The exit code of the next signal: 128 and its number, as shells have it.
    pub(crate) async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }

    /// Cancels `stop` at the first signal and ends the process at the second; until the
    /// first, makes workers quiet as often as it is asked to.
    pub(crate) async fn watch(mut self, stop: CancellationToken, workers: Option<Quieter>) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => break,
                _ = self.terminate.recv() => break,
                () = quiet_asked(&mut self.quiet) => {}
            }
            if let Some(workers) = &workers {
                workers.quieten();
            }
        }
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

async fn quiet_asked(signal: &mut Signal) {
    // `None` only without a runtime's driver: then no signal comes any more.
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
