//! What can go wrong with Postgres, told apart where a caller branches.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, is starting or stopping, or the pool has
    /// no connection: worth trying again.
    #[error("Postgres cannot be reached: {0}")]
    Unavailable(String),
    /// Another transaction was in the way (deadlock, serialisation): worth trying again.
    #[error("Postgres asks to try again: {0}")]
    Contended(String),
    /// The claim that the caller acts for holds no longer: its work must not count.
    #[error("job {0} is no longer held by this claim")]
    StaleClaim(nexus_jobs::JobId),
    /// There is no such thing.
    #[error("no {what} {id}")]
    NotFound {
        /// What was looked for, in words.
        what: &'static str,
        /// Its id or name.
        id: String,
    },
    /// The request is at fault.
    #[error("{0}")]
    Invalid(String),
    /// The request is well, but does not go with what is there.
    #[error("{0}")]
    Conflict(String),
    /// Anything else that Postgres said.
    #[error("Postgres: {0}")]
    Database(String),
}

/// A result of the ledger.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the same call may succeed a moment later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => {
                let message = info.message();
                let detail = info
                    .details()
                    .map(|d| format!(" ({d})"))
                    .unwrap_or_default();
                let text = format!("{message}{detail}");
                match kind {
                    // nexus.enqueue_jobs says so of what it refuses.
                    _ if info.constraint_name() == Some("nexus_enqueue") => Self::Invalid(text),
                    _ if is_ours(message) => Self::Database(text),
                    DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ClosedConnection => Self::Unavailable(text),
                    DatabaseErrorKind::SerializationFailure => Self::Contended(text),
                    // Diesel keeps no SQLSTATE for these, so the server's words decide.
                    _ if is_in_the_way(message) => Self::Contended(text),
                    _ if is_going_or_coming(message) => Self::Unavailable(text),
                    _ => Self::Database(text),
                }
            }
            DieselError::BrokenTransactionManager => {
                Self::Unavailable("the connection broke within a transaction".into())
            }
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // The driver's words name the step; the cause says what happened.
            let cause = std::error::Error::source(&error);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            let text = format!("{error}{cause}");
            return if is_ours(&text) {
                Self::Database(text)
            } else {
                Self::Unavailable(text)
            };
        };
        let text = match db.detail() {
            Some(detail) => format!("{} ({detail})", db.message()),
            None => db.message().to_owned(),
        };
        match db.code().code() {
            // Class 08 connection exception; 57P01..03 shutdown, crash, starting; class 53 disk full,
            // out of memory, too many connections.
            code if ["08", "57P", "53"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                Self::Unavailable(text)
            }
            "40001" | "40P01" => Self::Contended(text),
            _ => Self::Database(text),
        }
    }
}

/// The driver could not even write the message, as with too many parameters: the server may be
/// well, and would never be asked however often this were tried.
fn is_ours(message: &str) -> bool {
    message.starts_with("error encoding message to server")
}

impl From<diesel::ConnectionError> for Error {
    fn from(error: diesel::ConnectionError) -> Self {
        match error {
            diesel::ConnectionError::CouldntSetupConfiguration(inner) => match Self::from(inner) {
                // A wrong password or database does not mend itself.
                Self::Database(text) => Self::Database(text),
                other => other,
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Another transaction holds what this one needs.
fn is_in_the_way(message: &str) -> bool {
    ["deadlock detected", "due to lock timeout"]
        .iter()
        .any(|words| message.contains(words))
}

fn is_going_or_coming(message: &str) -> bool {
    [
        "terminating connection",
        "the database system is",
        "too many clients",
        "remaining connection slots",
        // A full disk is somebody's to empty, and no fault of what was asked.
        "No space left on device",
    ]
    .iter()
    .any(|words| message.contains(words))
}
