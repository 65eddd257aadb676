//! From where an interrupted load goes on, and what a finished one found.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::input::Digest;
use super::keys::KeyReport;
use super::statistics::ColumnReport;
use super::tally::Tally;

/// The state after a chunk; committed with the chunk's rows, it makes each row load once.
///
/// It holds no position in the file: the next attempt reads from the start, so that what it skips
/// is hashed again and known to be the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Records of the file, loaded or rejected, that this and earlier chunks hold.
    pub records_done: u64,
    /// Raw bytes that had been read, which reach to the last record's end or beyond it.
    pub raw_bytes: u64,
    /// The SHA-256 of those bytes.
    pub sha256: Digest,
    /// The bound on records that was in force: it decides what a record is, so it stays.
    pub record_bytes_max: usize,
    /// Counts and sums over the records done.
    pub tally: Tally,
}

/// A dataset read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Counts and sums over the whole file, earlier attempts included.
    pub tally: Tally,
    /// The SHA-256 of the file's raw bytes.
    pub sha256: Digest,
    /// The file's size as it is stored.
    pub raw_bytes: u64,
    /// Its size after decompression.
    pub decoded_bytes: u64,
    /// Time by stage, of this attempt alone.
    pub stages: StageTimes,
    /// What was counted of each column of the rows loaded.
    pub columns: Vec<ColumnReport>,
    /// Rows that repeat another's natural key; `None` where the profile gives rows none.
    pub keys: Option<KeyReport>,
}

/// Where the time of decoding went; waiting for the caller between chunks is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTimes {
    /// Reading, hashing and decompressing.
    pub read: Duration,
    /// Splitting, checking, standardising and encoding.
    pub parse: Duration,
}
