//! Faults of a Parquet file, from wherever they are found to whoever loads it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

use super::super::input::InputError;

/// A file that is damaged, in words.
pub(super) fn damaged(what: impl Into<String>) -> InputError {
    InputError::Parquet { what: what.into() }
}

/// A file with something that is not read.
pub(super) fn unsupported(what: impl Into<String>) -> InputError {
    InputError::ParquetUnsupported { what: what.into() }
}

/// A file beyond a bound.
pub(super) fn too_large(what: impl Into<String>) -> InputError {
    InputError::ParquetTooLarge { what: what.into() }
}

/// For passing through the parquet crate; [`guarded`] takes it out again.
pub(super) fn wrapped(error: InputError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// Runs what calls the parquet crate's decoders. They trust a file in places: a page that names a
/// dictionary which is not there, a length beyond the page, a bit width that no integer has end
/// in a panic, which is here as much the file's fault as an error is. Whatever was being decoded
/// must not be used after a fault. The process's panic hook still runs and prints.
pub(super) fn guarded<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, InputError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(taken_out),
        Err(panic) => Err(damaged(format!(
            "its data cannot be decoded: {}",
            words(&*panic)
        ))),
    }
}

fn taken_out(error: ParquetError) -> InputError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<InputError>() {
            Ok(error) => *error,
            Err(other) => damaged(other.to_string()),
        },
        ParquetError::General(what) | ParquetError::EOF(what) => damaged(what),
        ParquetError::NYI(what) => unsupported(what),
        other => damaged(other.to_string()),
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no reason given"
    }
}
