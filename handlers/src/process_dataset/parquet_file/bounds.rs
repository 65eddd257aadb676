//! How large a Parquet file may be, and how its floats are taken.

use super::super::settings::DecodeSettings;

/// What is taken from a Parquet file at most. Everything that a file says about its own sizes is
/// compared with these before memory is set aside for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParquetBounds {
    /// Bytes of metadata at the file's end. Taken apart they need about 20 times as much memory.
    pub footer_bytes_max: u64,
    /// Bytes of pages and dictionaries that are held at once, over all columns that are read.
    pub held_bytes_max: u64,
    /// Bytes of all pages that are read, decompressed, with a byte more for each value: a page of
    /// few bytes can say that it has a billion times the same value.
    pub decoded_bytes_max: u64,
    /// The same, as a multiple of the file's length. Counts from 64 MiB on.
    pub decoded_ratio_max: u64,
}

impl Default for ParquetBounds {
    fn default() -> Self {
        let decoding = DecodeSettings::default();
        Self {
            footer_bytes_max: 8 * 1024 * 1024,
            held_bytes_max: 256 * 1024 * 1024,
            decoded_bytes_max: decoding.decoded_bytes_max,
            decoded_ratio_max: decoding.decoded_ratio_max.into(),
        }
    }
}

/// What becomes of columns of floats, which cannot say exactly what an amount was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubles {
    /// A file whose float columns are asked for is refused.
    #[default]
    Refuse,
    /// The shortest decimal that names the float: what was meant, if that had 15 digits or fewer
    /// (IEEE 754 binary64; 6 digits for binary32).
    Shortest,
}

impl Doubles {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Shortest];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Shortest => "shortest",
        }
    }
}
