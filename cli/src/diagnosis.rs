//! What an error means to whoever ran the command: an exit code, a message, what to do.

use nexus_config::{Mistakes, NotAdmitted, NotAdmittedReason};
use nexus_handlers::load_request::LoadRequestError;
use nexus_handlers::source::NotAdmitted as SourceRefused;
use nexus_queue::transport::QueueError;
use nexus_schema::Error as LedgerError;

use crate::exit::{Exit, Failure};

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
    } else if let Some(NotAdmitted { reason, .. }) = cause.downcast_ref::<NotAdmitted>() {
        let hint = (*reason == NotAdmittedReason::Outside).then(|| ROOTS.to_owned());
        Some((Exit::Usage, hint))
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

const ROOTS: &str = "to allow another directory, add it to datasets.roots in nexus.toml or in \
                     NEXUS_DATASETS__ROOTS, for the workers too";

const STORES: &str = "to allow a store, add it to datasets.stores in nexus.toml, for the workers \
                      too";

fn load_request(error: &LoadRequestError) -> Option<(Exit, Option<String>)> {
    match error {
        // The next cause in the chain may not be there: these are transparent.
        LoadRequestError::Ledger(error) => known(error),
        LoadRequestError::Source(SourceRefused::Path(error)) => known(error),
        LoadRequestError::Source(SourceRefused::Url { .. }) => {
            Some((Exit::Usage, Some(STORES.to_owned())))
        }
        LoadRequestError::NoSuchProfile(_) => {
            let hint = "a profile of your own is given as a file: --profile FILE.toml";
            Some((Exit::Usage, Some(hint.to_owned())))
        }
        LoadRequestError::Profile(_) => {
            let hint = "`nexus profiles show NAME` prints one to start from";
            Some((Exit::Usage, Some(hint.to_owned())))
        }
        LoadRequestError::Invalid(_) | LoadRequestError::Source(SourceRefused::NotUtf8(_)) => {
            Some((Exit::Usage, None))
        }
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
        LedgerError::Conflict(text) if text.contains("reopen it") => (
            Exit::Usage,
            Some("`nexus cases change ID --state open` reopens it"),
        ),
        LedgerError::Invalid(_) | LedgerError::Conflict(_) => (Exit::Usage, None),
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
    } else if missing
        && ["relation", "schema", "function", "column"]
            .iter()
            .any(|what| text.contains(what))
    {
        Some("run `nexus migrate`: the database lacks the tables of this version")
    } else if text.contains("authentication failed") {
        Some("see the user and the password in postgres.app_url and postgres.owner_url")
    } else if text.contains("permission denied") {
        Some(
            "is the URL that of the right role? `nexus config show` lists postgres.owner_url, loader_url and app_url",
        )
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
        assert_eq!(
            exit_of(LedgerError::Unavailable("gone".into())),
            Exit::Unavailable
        );
        assert_eq!(
            exit_of(QueueError::Unavailable("gone".into())),
            Exit::Unavailable
        );
        assert_eq!(
            exit_of(Failure::new(Exit::TimedOut, "late")),
            Exit::TimedOut
        );
        assert_eq!(exit_of(anyhow::anyhow!("whatever")), Exit::Failed);
    }

    #[test]
    fn a_context_keeps_the_code_and_the_hint() {
        let error = Err::<(), _>(LedgerError::Database(
            "relation \"nexus.jobs\" does not exist".into(),
        ))
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
}
