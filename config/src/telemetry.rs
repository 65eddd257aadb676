//! Start-up of the process's log.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing::subscriber::{SetGlobalDefaultError, set_global_default};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::settings::{Log, LogFormat};

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` cannot be read.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// The process already has a log; a second one cannot be set.
    #[error("the log is already started: {0}")]
    AlreadyStarted(#[from] SetGlobalDefaultError),
}

/// Starts the log of the process: to standard error, since standard output belongs to the results
/// of commands, and coloured only where that is a terminal.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Human => set(lines.finish()),
        LogFormat::Json => set(lines.json().finish()),
    }
}

fn set(subscriber: impl Subscriber + Send + Sync) -> Result<(), TelemetryError> {
    Ok(set_global_default(subscriber)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn a_second_start_and_a_wrong_filter_are_errors() {
        let mut log = Settings::defaults().log;
        log.format = LogFormat::Json;
        start(&log).unwrap();
        assert!(matches!(
            start(&log),
            Err(TelemetryError::AlreadyStarted(_))
        ));
        log.filter = "info,=".to_owned();
        assert!(matches!(start(&log), Err(TelemetryError::Filter(_))));
    }
}
