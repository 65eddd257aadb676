//! The seam between formats and the rest: records one after another, fields by position.

use std::time::Duration;

use super::input::{InputError, Prefix};
use super::reject::RejectReason;
use super::value::Value;

/// What [`RecordSource::advance`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record.
    Record,
    /// A record that cannot be taken apart. It is rejected; the next one may be well.
    Faulty(RejectReason),
    /// The end of the file.
    End,
}

/// A file as records. Opened at the file's beginning by each format in its own way.
pub(super) trait RecordSource {
    /// A record, valid until the next `advance`.
    type Record<'a>: Record<'a>
    where
        Self: 'a;

    /// What the columns are called; a record's fields are asked for by position in this list.
    fn columns(&self) -> &[String];

    /// Only these positions will be asked for. Called once, before the first `advance`. Errors
    /// where one of them can never be read.
    fn want(&mut self, used: &[usize]) -> Result<(), InputError>;

    /// Goes on to the next record.
    fn advance(&mut self) -> Result<Found, InputError>;

    /// The record found last. Of a faulty one only `raw_text` and `line` mean something.
    fn current(&self) -> Self::Record<'_>;

    /// Raw bytes of the file that have been read, which reach to the current record's end or
    /// beyond it, and their digest.
    fn prefix(&self) -> Prefix;

    /// Reads on until the prefix expected at opening, if there was one, has been compared.
    fn verify_prefix(&mut self) -> Result<(), InputError>;

    /// Reads whatever follows the last record, so that `prefix` is the whole file.
    fn drain(&mut self) -> Result<(), InputError>;

    /// Bytes after decompression and before decoding so far.
    fn decoded_bytes(&self) -> u64;

    /// Time spent reading, hashing, decompressing and transcoding so far.
    fn busy(&self) -> Duration;
}

/// One record.
pub(super) trait Record<'a>: Copy {
    /// The value at a position of [`RecordSource::columns`].
    fn value(&self, column: usize) -> Value<'a>;

    /// Every text in it is known to be UTF-8 without NUL. `false` where nobody has looked.
    fn is_plain(&self) -> bool;

    /// The line of the file that it starts on, or its number in formats without lines, from 1.
    fn line(&self) -> u64;

    /// The record as text that Postgres can hold, for the table of rejects: at most `bytes_max`
    /// bytes and then `…` where more would follow.
    fn raw_text(&self, bytes_max: usize, text: &mut String);
}
