//! The beginning of a file, for those who look at it before they load it.

use std::io::Read;

use super::input::{Encoding, EncodingBasis, Input, InputBounds, InputError};
use super::profile::CsvStyle;
use super::records::{COLUMNS_MAX, Found, Records};

mod typed;

pub use typed::ColumnType;
pub(crate) use typed::{TypedHead, read_typed};

/// Bytes read at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// Only a beginning is decoded, of which the reader says how long it may be.
const BOUNDS: InputBounds = InputBounds {
    block_bytes: BLOCK_BYTES,
    decoded_bytes_max: u64::MAX,
    decoded_ratio_max: u32::MAX,
};

/// Bytes of one record that is looked at.
const RECORD_BYTES_MAX: usize = 64 * 1024;

/// The beginning of a file, decompressed and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// That is the whole file.
    pub whole: bool,
    /// The encoding that it was decoded from, and how that is known.
    pub encoding: (Encoding, EncodingBasis),
}

/// A record of a beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadRecord {
    /// The line that it starts on, from 1.
    pub(crate) line: u64,
    /// The byte that it starts with.
    pub(crate) first: Option<u8>,
    /// Its fields; none where it cannot be taken apart.
    pub(crate) fields: Vec<String>,
}

impl Head {
    /// Reads at most so many decoded bytes.
    pub fn read(reader: impl Read, bytes_max: usize) -> Result<Self, InputError> {
        let mut input = Input::open(reader, BOUNDS, None, None)?;
        let mut bytes = vec![0; bytes_max];
        let filled = input.fill(&mut bytes)?;
        bytes.truncate(filled);
        Ok(Self {
            whole: filled < bytes_max,
            encoding: (input.encoding(), input.encoding_basis()),
            bytes,
        })
    }
}

/// Splits a beginning as a load would, up to so many records.
pub(crate) fn split(
    bytes: &[u8],
    style: CsvStyle,
    records_max: usize,
) -> Result<Vec<HeadRecord>, InputError> {
    let input = Input::open(bytes, BOUNDS, Some(Encoding::Utf8), None)?;
    let mut records = Records::open(input, style, BLOCK_BYTES, RECORD_BYTES_MAX)?;
    let mut list = Vec::new();
    while list.len() < records_max {
        let found = records.advance(true)?;
        let record = records.current();
        let width = match found {
            Found::End => break,
            Found::Record => record.width().min(COLUMNS_MAX),
            _ => 0,
        };
        let text = |index| String::from_utf8_lossy(record.field(index)).into_owned();
        list.push(HeadRecord {
            line: record.line,
            first: record.raw.first().copied(),
            fields: (0..width).map(text).collect(),
        });
    }
    Ok(list)
}
