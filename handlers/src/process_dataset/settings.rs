//! The bounds of decoding.

use std::path::PathBuf;

/// Bounds of decoding, each with its unit. They decide speed and memory, and but for
/// [`record_bytes_max`](Self::record_bytes_max) and [`raw_text_bytes_max`](Self::raw_text_bytes_max)
/// not what is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeSettings {
    /// Bytes read from the file at a time, and size of the decoded buffer.
    pub block_bytes: usize,
    /// Bytes of one record, beyond which it is rejected and skipped.
    pub record_bytes_max: usize,
    /// Bytes of a rejected record that are kept as its raw text.
    pub raw_text_bytes_max: usize,
    /// Records in a chunk: what is sent, and committed, at once.
    pub chunk_rows: u64,
    /// Encoded bytes after which a chunk ends even with fewer records. One record may exceed it.
    pub chunk_bytes_max: usize,
    /// Months that the dates of a file may fall into.
    pub months_max: usize,
    /// Bytes of a file after decompression, beyond which it is refused.
    pub decoded_bytes_max: u64,
    /// Bytes after decompression for each byte before, beyond which a file is refused.
    pub decoded_ratio_max: u32,
    /// Where unnamed temporary files may lie.
    pub scratch: PathBuf,
}

impl Default for DecodeSettings {
    fn default() -> Self {
        Self {
            block_bytes: 256 * 1024,
            record_bytes_max: 64 * 1024,
            raw_text_bytes_max: 1024,
            chunk_rows: 50_000,
            chunk_bytes_max: 32 * 1024 * 1024,
            months_max: 600,
            decoded_bytes_max: 64 << 30,
            decoded_ratio_max: 200,
            scratch: std::env::temp_dir(),
        }
    }
}
