//! What can be wrong with a file as a whole.

use std::io;

use super::super::header::HeaderError;
use super::source::ZSTD_WINDOW_LOG_MAX;
use super::{Compression, Encoding};

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
    #[error(
        "the file is neither CSV nor JSON Lines but looks like {what}: convert it to one of them \
         first"
    )]
    ForeignFormat {
        /// The format, with its article.
        what: String,
    },
    /// The file is of no known format and no text.
    #[error(
        "the file is not text: read as {encoding}, its beginning is full of control characters"
    )]
    NotText {
        /// The encoding that was tried.
        encoding: Encoding,
    },
    /// JSON, but not one object a line: nothing of it could be loaded before all of it is read.
    #[error("the file is one JSON array: write it as JSON Lines first, one object a line")]
    JsonArray,
    /// The byte order mark says another encoding than the profile.
    #[error(
        "the profile states {stated}, but the file begins with the byte order mark of {found}: \
         correct the profile's encoding, or leave it out"
    )]
    EncodingContradicted {
        /// By the profile.
        stated: Encoding,
        /// By the mark.
        found: Encoding,
    },
    /// Compressed data that ends before its end mark: most likely a broken copy or upload.
    #[error(
        "the {compression} file is truncated: it ends in the middle of its data after {raw_bytes} \
         bytes"
    )]
    Truncated {
        /// By which it should end.
        compression: Compression,
        /// Compressed bytes read.
        raw_bytes: u64,
    },
    /// Data that cannot be decompressed, or that decompresses to something else than it says.
    #[error("the {compression} file is damaged within its first {raw_bytes} bytes: {what}")]
    Corrupt {
        /// By which it should decompress.
        compression: Compression,
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
    /// A zstd file that takes too much memory to decompress.
    #[error(
        "the zstd file needs a window of more than {} MiB to be decompressed: compress it again \
         without --long",
        (1_u64 << ZSTD_WINDOW_LOG_MAX) / (1024 * 1024)
    )]
    WindowTooLarge,
    /// The content is beyond the bound; how much there would be of it is not known.
    #[error(
        "the file's content is larger than {decoded_bytes_max} bytes, which is all that \
         datasets.decoded_bytes_max allows: split the file, or raise the bound"
    )]
    TooLarge {
        /// The bound, in bytes.
        decoded_bytes_max: u64,
    },
    /// The file decompresses to so much that it may be made to do harm.
    #[error(
        "the file's first {raw_bytes} bytes decompress to {decoded_bytes}, more than \
         {decoded_ratio_max} times as many, which is all that datasets.decoded_ratio_max allows: \
         if the file can be trusted, decompress it first or raise the bound"
    )]
    TooCompressed {
        /// Compressed bytes read.
        raw_bytes: u64,
        /// What they came to before reading was stopped.
        decoded_bytes: u64,
        /// The bound.
        decoded_ratio_max: u32,
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
    /// Dates in more months than a file may have: each new one is a partition for good.
    #[error(
        "the file's dates fall into more than {months_max} months, which is all that \
         datasets.months_max allows: are the dates read rightly?"
    )]
    TooManyMonths {
        /// The bound.
        months_max: usize,
    },
    /// The same bytes were read otherwise by an earlier attempt, as by another version.
    #[error("an earlier attempt read the same file differently: load it as a new dataset")]
    ReadDifferently,
    /// An unnamed temporary file could not be written or read.
    #[error("a temporary file cannot be used: {0}")]
    Scratch(#[source] io::Error),
    /// Somebody wrote to the file while it was being read.
    #[error("the file changed while it was read ({what}): load it again once it is complete")]
    ChangedWhileRead {
        /// What has changed.
        what: String,
    },
    /// A Parquet file that cannot be taken apart, or that says something untrue about itself.
    #[error("the Parquet file is damaged: {what}")]
    Parquet {
        /// What is wrong, and with which column.
        what: String,
    },
    /// A Parquet file that may be well, but has something that is not read.
    #[error("the Parquet file cannot be loaded: {what}")]
    ParquetUnsupported {
        /// What that is, and what to do about it.
        what: String,
    },
    /// A Parquet file beyond a bound: metadata, memory, or all of it once decompressed.
    #[error("the Parquet file is too large: {what}")]
    ParquetTooLarge {
        /// Which bound, and what it is compared with.
        what: String,
    },
}
