//! What can be wrong with a file as a whole.

use std::io;

use super::super::header::HeaderError;

/// Why a file cannot be loaded, or not any further. A single bad record is never an error: it is
/// rejected, and the rest goes on.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The operating system could not read it.
    #[error("the file cannot be read: {0}")]
    Io(#[source] io::Error),
    /// No bytes, or none but a byte order mark.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing else, or only blank lines.
    #[error("the file has no records{}", if *.header { ", only a header" } else { "" })]
    NoRecords {
        /// A header was there.
        header: bool,
    },
    /// The file is of another format, told by its first bytes.
    #[error("the file is not CSV but looks like {what}: convert it to CSV in UTF-8 first")]
    NotCsv {
        /// The format, with its article.
        what: &'static str,
    },
    /// gzip that ends before its end mark: most likely a broken copy or upload.
    #[error(
        "the gzip file is truncated: it ends in the middle of its data after {raw_bytes} bytes"
    )]
    TruncatedGzip {
        /// Compressed bytes read.
        raw_bytes: u64,
    },
    /// gzip that cannot be decompressed, or that decompresses to something else than it says.
    #[error("the gzip file is damaged within its first {raw_bytes} bytes: {what}")]
    CorruptGzip {
        /// Compressed bytes read.
        raw_bytes: u64,
        /// What the decompressor said.
        what: String,
    },
    /// A first record with more columns than a file may have.
    #[error("the first record has {found} columns, of at most {max}: is this the right delimiter?")]
    TooManyColumns {
        /// Its columns.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// The header does not fit the profile.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The file is not the one that an earlier attempt read the beginning of.
    #[error(
        "the file has changed since an earlier attempt read its first {prefix_bytes} bytes: \
         load it as a new dataset"
    )]
    ChangedSince {
        /// Bytes that should have been the same.
        prefix_bytes: u64,
    },
}
