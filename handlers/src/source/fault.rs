//! What an error of a store means for the load.

use std::error::Error as StdError;
use std::io;

use object_store::Error;

use super::connector::{NotPublic, Refused};

/// Why a step of a fetch did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another try would find the same.
    Lasting(String),
    /// Another try may find it better.
    Passing(anyhow::Error),
    /// The copy cannot be written.
    Spool(io::Error),
}

/// What was asked for, as messages name it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The object's URL.
    pub(super) url: String,
    /// The store's name in the settings.
    pub(super) store: String,
}

impl Asked {
    /// The object is another one than before.
    pub(super) fn changed(&self) -> Fault {
        let url = &self.url;
        Fault::Lasting(format!("{url} changed while it was fetched: load it again"))
    }

    /// An error of the store, judged.
    pub(super) fn judge(&self, error: &Error) -> Fault {
        let Self { url, store } = self;
        let text = match error {
            Error::Precondition { .. } => return self.changed(),
            Error::NotFound { .. } => format!("{url}: there is no such object"),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                format!(
                    "{url}: the store refuses access; its keys stand in datasets.stores.{store}"
                )
            }
            Error::NotSupported { .. } | Error::InvalidPath { .. } => {
                format!(
                    "{url}: the store does not do what is needed: {}",
                    chain(error)
                )
            }
            _ if let Some(refused) = found::<NotPublic>(error) => {
                format!("{url}: {refused}; private = true in datasets.stores.{store} allows it")
            }
            _ if let Some(Refused(status)) = found::<Refused>(error) => format!(
                "{url}: the store answers {status}; are endpoint and region of datasets.stores.{store} right?"
            ),
            _ => return Fault::Passing(anyhow::anyhow!("{url}: {}", chain(error))),
        };
        Fault::Lasting(text)
    }
}

/// The cause of this type, however deep.
fn found<T: StdError + 'static>(error: &Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| {
        (*error).source()
    })
}

/// The innermost cause, which says what happened in the fewest words; a request's own error holds
/// the whole answer.
fn chain(error: &Error) -> String {
    let innermost = causes(error).last();
    innermost.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use object_store::client::{HttpError, HttpErrorKind};

    use super::*;

    fn asked() -> Asked {
        Asked {
            url: "s3://evidence/2010/may.csv".into(),
            store: "evidence".into(),
        }
    }

    fn generic(cause: impl StdError + Send + Sync + 'static) -> Error {
        Error::Generic {
            store: "S3",
            source: Box::new(HttpError::new(HttpErrorKind::Connect, cause)),
        }
    }

    fn at_fault(error: &Error) -> String {
        match asked().judge(error) {
            Fault::Lasting(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_another_try_would_meet_again_is_at_fault() {
        let (path, source) = (String::new(), || Box::new(io::Error::other("x")));
        let precondition = Error::Precondition {
            path: path.clone(),
            source: source(),
        };
        let not_found = Error::NotFound {
            path: path.clone(),
            source: source(),
        };
        let denied = Error::PermissionDenied {
            path,
            source: source(),
        };
        let private = NotPublic {
            host: "minio".into(),
            address: [10, 0, 0, 1].into(),
        };
        let errors = [
            precondition,
            not_found,
            denied,
            generic(private),
            generic(Refused(hyper::StatusCode::MOVED_PERMANENTLY)),
        ];
        insta::assert_snapshot!(errors.each_ref().map(at_fault).join("\n"), @"
        s3://evidence/2010/may.csv changed while it was fetched: load it again
        s3://evidence/2010/may.csv: there is no such object
        s3://evidence/2010/may.csv: the store refuses access; its keys stand in datasets.stores.evidence
        s3://evidence/2010/may.csv: its endpoint minio leads to 10.0.0.1, which is not a public address; private = true in datasets.stores.evidence allows it
        s3://evidence/2010/may.csv: the store answers 301 Moved Permanently; are endpoint and region of datasets.stores.evidence right?
        ");
    }

    #[test]
    fn everything_else_may_pass() {
        let error = generic(io::Error::new(io::ErrorKind::ConnectionReset, "reset"));
        let Fault::Passing(error) = asked().judge(&error) else {
            panic!("at fault")
        };
        insta::assert_snapshot!(error, @"s3://evidence/2010/may.csv: reset");
    }
}
