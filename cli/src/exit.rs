//! Exit codes, and errors that carry one.

use std::process::ExitCode;

/// How a command ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All is well.
    Ok = 0,
    /// It was tried and failed: the job was discarded, say.
    Failed = 1,
    /// The command line, the settings or the input are at fault.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// Postgres or Redis cannot be reached.
    Unavailable = 4,
    /// The time to wait ran out; what was waited for goes on.
    TimedOut = 5,
    /// The result has open questions, to be answered before it can be used.
    Unfinished = 6,
}

/// The end of `nexus --help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  failed: the job failed, or what was found is not what was expected
  2  the command line, the settings or the input are at fault
  3  there is no such thing
  4  Postgres or Redis cannot be reached
  5  the time to wait ran out; the job goes on
  6  not finished: a question is open, and it says how to answer it
  7  a handler never gave its thread back, and the process could not start itself again
  130, 143  ended at once by Ctrl-C (SIGINT) or SIGTERM; work, serve and dev drain
            at the first signal and then end with 0

Settings come from default values, nexus.toml (or --config FILE) and NEXUS_SECTION__KEY
in the environment; `nexus config show --origin` lists them all.";

/// An error that says how the command ends, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The reader of standard output went away; there is nobody to tell.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub(crate) struct PipeClosed;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_help() {
        for exit in [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::NotFound,
            Exit::Unavailable,
            Exit::TimedOut,
            Exit::Unfinished,
        ] {
            assert!(HELP.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}");
        }
    }
}
