//! Exit codes, and which error ends in which.

use std::process::ExitCode;

use nexus_config::{Mistakes, NotAdmitted};
use nexus_handlers::load_request::LoadRequestError;
use nexus_queue::transport::QueueError;
use nexus_schema::Error as LedgerError;

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
  130, 143  ended at once by Ctrl-C (SIGINT) or SIGTERM; work, serve and dev drain
            at the first signal and then end with 0

Settings come from default values, nexus.toml (or --config FILE) and NEXUS_SECTION__KEY
in the environment; `nexus config show --origin` lists them all.";

/// An error that says how the command ends, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
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

/// What an error means to whoever ran the command.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Diagnosis {
    #[serde(skip)]
    pub(crate) exit: Exit,
    /// What was wrong and where.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code, the message and the hint of an error: those of the first cause that has any.
pub(crate) fn diagnose(error: &anyhow::Error) -> Diagnosis {
    let (exit, hint) = error
        .chain()
        .find_map(known)
        .unwrap_or((Exit::Failed, None));
    Diagnosis {
        exit,
        message: message(error),
        hint,
    }
}

/// The causes in one line, each once: transparent errors repeat the text of what they hold.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.ends_with(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

fn known(cause: &(dyn std::error::Error + 'static)) -> Option<(Exit, Option<String>)> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        Some((failure.exit, failure.hint.clone()))
    } else if let Some(error) = cause.downcast_ref::<LedgerError>() {
        let (exit, hint) = ledger(error);
        Some((exit, hint.map(str::to_owned)))
    } else if let Some(error) = cause.downcast_ref::<LoadRequestError>() {
        load_request(error)
    } else if cause.is::<NotAdmitted>() {
        Some((Exit::Usage, Some(ROOTS.to_owned())))
    } else if cause.is::<Mistakes>() {
        let hint = "`nexus config show --origin` lists every setting with where it comes from";
        Some((Exit::Usage, Some(hint.to_owned())))
    } else if let Some(QueueError::Unavailable(_)) = cause.downcast_ref::<QueueError>() {
        let hint = "is Redis running? `nexus dev` starts a private one, or set NEXUS_REDIS__URL";
        Some((Exit::Unavailable, Some(hint.to_owned())))
    } else {
        None
    }
}

const ROOTS: &str = "a file must lie under a directory of datasets.roots; to allow another, set \
                     it in nexus.toml or in NEXUS_DATASETS__ROOTS, for the workers too";

fn load_request(error: &LoadRequestError) -> Option<(Exit, Option<String>)> {
    match error {
        // The next cause in the chain may not be there: these are transparent.
        LoadRequestError::Ledger(error) => known(error),
        LoadRequestError::Path(error) => known(error),
        LoadRequestError::CaseClosed(_) => {
            let hint = "`nexus cases change ID --state open` reopens it";
            Some((Exit::Usage, Some(hint.to_owned())))
        }
        LoadRequestError::NoSuchProfile(_) => {
            let hint = "a profile of your own is given as a file: --profile FILE.toml";
            Some((Exit::Usage, Some(hint.to_owned())))
        }
        LoadRequestError::Profile(_) => {
            let hint = "`nexus profiles show NAME` prints one to start from";
            Some((Exit::Usage, Some(hint.to_owned())))
        }
        LoadRequestError::Invalid(_) => Some((Exit::Usage, None)),
    }
}

/// The exit code of an error of Postgres, and what to do about it.
fn ledger(error: &LedgerError) -> (Exit, Option<&'static str>) {
    match error {
        LedgerError::Unavailable(_) => (
            Exit::Unavailable,
            Some(
                "is Postgres running? `nexus dev` starts a private one, or set \
                 NEXUS_POSTGRES__APP_URL",
            ),
        ),
        LedgerError::Contended(_) => (Exit::Unavailable, Some("try again")),
        LedgerError::NotFound { .. } => (Exit::NotFound, None),
        LedgerError::StaleClaim(_) => (Exit::Failed, None),
        LedgerError::Invalid(text) if text.contains("not a Postgres URL") => (
            Exit::Usage,
            Some("a URL is written postgres://user:password@host:port/database"),
        ),
        LedgerError::Invalid(_) => (Exit::Usage, None),
        LedgerError::Database(text) => (Exit::Failed, database(text)),
    }
}

/// What to do about something that Postgres said.
fn database(text: &str) -> Option<&'static str> {
    let missing = text.contains("does not exist");
    if missing && text.contains("database \"") {
        Some("as a superuser: CREATE DATABASE nexus OWNER nexus_owner; then run `nexus migrate`")
    } else if missing && text.contains("role \"") {
        Some("create the roles, as a superuser: psql -f deploy/roles.sql")
    } else if missing && ["relation", "schema", "function", "column"].iter().any(|what| text.contains(what)) {
        Some("run `nexus migrate`: the database lacks the tables of this version")
    } else if text.contains("authentication failed") {
        Some("see the user and the password in postgres.app_url and postgres.owner_url")
    } else if text.contains("permission denied") {
        Some("is the URL that of the right role? `nexus config show` lists postgres.owner_url, loader_url and app_url")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    fn exit_of(error: impl Into<anyhow::Error>) -> Exit {
        diagnose(&error.into()).exit
    }

    #[test]
    fn each_error_has_its_code() {
        let gone = LedgerError::NotFound {
            what: "case",
            id: "7".into(),
        };
        assert_eq!(exit_of(LoadRequestError::Ledger(gone)), Exit::NotFound);
        assert_eq!(exit_of(LoadRequestError::Invalid("no".into())), Exit::Usage);
        assert_eq!(exit_of(LedgerError::Unavailable("gone".into())), Exit::Unavailable);
        assert_eq!(exit_of(QueueError::Unavailable("gone".into())), Exit::Unavailable);
        assert_eq!(exit_of(Failure::new(Exit::TimedOut, "late")), Exit::TimedOut);
        assert_eq!(exit_of(anyhow::anyhow!("whatever")), Exit::Failed);
    }

    #[test]
    fn a_context_keeps_the_code_and_the_hint() {
        let error = Err::<(), _>(LedgerError::Database("relation \"nexus.jobs\" does not exist".into()))
            .context("listing jobs")
            .unwrap_err();
        let diagnosis = diagnose(&error);
        assert_eq!(diagnosis.exit, Exit::Failed);
        assert!(diagnosis.hint.unwrap().contains("nexus migrate"));
        assert_eq!(
            diagnosis.message,
            "listing jobs: Postgres: relation \"nexus.jobs\" does not exist"
        );
    }

    #[test]
    fn every_code_is_in_the_help() {
        for exit in [Exit::Ok, Exit::Failed, Exit::Usage, Exit::NotFound, Exit::Unavailable, Exit::TimedOut] {
            assert!(HELP.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}");
        }
    }
}
