//! The pages of one column of one row group, one at a time.
//!
//! The crate has a reader for this too. It takes a page's sizes as they stand in the header, which
//! the file's maker chose, and sets aside memory by them. Here each is compared with the file's
//! length and the bounds first.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use super::super::input::InputError;
use super::super::stored::Stored;
use super::codec::Codec;
use super::delta;
use super::fault::{damaged, wrapped};
use super::meter::Meter;
use super::page_header::{PageHeader, PageKind};
use super::raw_text;
use super::thrift::Broken;

/// Bytes in which nearly every page header fits, and those beyond which none is looked for. Long
/// ones have the least and the greatest text of the page.
const HEADER_BYTES: usize = 1024;
const HEADER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Memory for an entry of a dictionary, beside its page.
const ENTRY_BYTES: u64 = 32;

/// Reads pages from the front to the end.
pub(super) struct Pages {
    stored: Arc<Stored>,
    meter: Arc<Meter>,
    codec: Codec,
    /// For errors.
    column: String,
    /// Definition levels go up to this; there are no repetition levels.
    level_max: i16,
    at: u64,
    end: u64,
    held: Held,
}

/// What of the meter's is held for this column. Texts of a batch point into its pages, so these
/// are held until the next batch.
#[derive(Default)]
struct Held {
    batch: u64,
    dictionary: u64,
    current: u64,
    earlier: u64,
}

impl Pages {
    /// Checks that the column lies within the file.
    pub(super) fn open(
        stored: &Arc<Stored>,
        meter: &Arc<Meter>,
        chunk: &ColumnChunkMetaData,
        file_bytes: u64,
    ) -> std::result::Result<Self, InputError> {
        let column = raw_text::name(&chunk.column_path().string());
        let data = chunk.data_page_offset();
        // A dictionary lies in front of the pages. Writers without one have put 0 there.
        let start = match chunk.dictionary_page_offset() {
            Some(offset) if offset > 0 && offset < data => offset,
            _ => data,
        };
        let range = u64::try_from(start)
            .ok()
            .zip(u64::try_from(chunk.compressed_size()).ok());
        let (at, end) = range
            .and_then(|(at, bytes)| Some((at, at.checked_add(bytes)?)))
            .filter(|(_, end)| *end <= file_bytes)
            .ok_or_else(|| damaged(format!("column {column} is said to lie outside the file")))?;
        if chunk.file_path().is_some() {
            return Err(damaged(format!(
                "column {column} is said to lie in another file"
            )));
        }
        Ok(Self {
            stored: Arc::clone(stored),
            meter: Arc::clone(meter),
            codec: Codec::of(chunk.compression())?,
            column,
            level_max: chunk.column_descr().max_def_level(),
            at,
            end,
            held: Held::default(),
        })
    }

    fn next_page(&mut self) -> std::result::Result<Option<Page>, InputError> {
        loop {
            if self.at == self.end {
                return Ok(None);
            }
            let header = self.header()?;
            let body_at = self.at;
            if header.stored_bytes as u64 > self.end - self.at {
                return Err(self.fault("has a page that is longer than the column"));
            }
            self.at += header.stored_bytes as u64;
            if header.kind == PageKind::Index {
                continue;
            }
            self.hold(&header)?;
            self.meter.count_page(header.bytes as u64)?;
            let body = self.stored.read_at(body_at, header.stored_bytes);
            let body = body.map_err(InputError::Io)?;
            return self.page(&header, body).map(Some);
        }
    }

    fn header(&mut self) -> std::result::Result<PageHeader, InputError> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let mut window = HEADER_BYTES.min(left);
        loop {
            let bytes = self.stored.read_at(self.at, window);
            let bytes = bytes.map_err(InputError::Io)?;
            match PageHeader::parse(&bytes) {
                Ok((header, used)) => {
                    self.at += used as u64;
                    return Ok(header);
                }
                Err(Broken::Short) if window < left.min(HEADER_BYTES_MAX) => {
                    window = HEADER_BYTES_MAX.min(left);
                }
                Err(_) => return Err(self.fault("has a page whose header cannot be read")),
            }
        }
    }

    /// Asks for a page's memory, and gives back that of pages which nothing points into.
    fn hold(&mut self, header: &PageHeader) -> std::result::Result<(), InputError> {
        let batch = self.meter.batch();
        if self.held.batch != batch {
            self.held.batch = batch;
            self.meter.release(std::mem::take(&mut self.held.earlier));
        }
        let bytes = header.stored_bytes as u64 + header.bytes as u64;
        if let PageKind::Dictionary { values, .. } = header.kind {
            let bytes = bytes + u64::from(values) * ENTRY_BYTES;
            self.meter.hold(bytes)?;
            self.held.dictionary += bytes;
        } else {
            self.meter.hold(bytes)?;
            self.held.earlier += std::mem::replace(&mut self.held.current, bytes);
        }
        Ok(())
    }

    fn page(&mut self, header: &PageHeader, body: Bytes) -> std::result::Result<Page, InputError> {
        match header.kind {
            PageKind::Dictionary { values, encoding } => Ok(Page::DictionaryPage {
                buf: self.expand(header, body, 0)?,
                num_values: values,
                encoding,
                is_sorted: false,
            }),
            PageKind::Data {
                values,
                encoding,
                levels,
            } => {
                let buf = self.expand(header, body, 0)?;
                let start = self.levels_bytes(&buf, levels, values)?;
                self.hold_texts(encoding, &buf[start..], values)?;
                Ok(Page::DataPage {
                    buf,
                    num_values: values,
                    encoding,
                    def_level_encoding: levels,
                    rep_level_encoding: Encoding::RLE,
                    statistics: None,
                })
            }
            PageKind::DataV2 {
                values,
                nulls,
                rows,
                encoding,
                definition_bytes,
                repetition_bytes,
                compressed,
            } => {
                let levels = u64::from(definition_bytes) + u64::from(repetition_bytes);
                let levels = usize::try_from(levels).unwrap_or(usize::MAX);
                if levels > header.bytes || levels > body.len() || nulls > values {
                    return Err(self.fault("has a page whose header contradicts itself"));
                }
                let buf = if compressed {
                    self.expand(header, body, levels)?
                } else {
                    body
                };
                self.hold_texts(encoding, &buf[levels..], values - nulls)?;
                Ok(Page::DataPageV2 {
                    buf,
                    num_values: values,
                    encoding,
                    num_nulls: nulls,
                    num_rows: rows,
                    def_levels_byte_len: definition_bytes,
                    rep_levels_byte_len: repetition_bytes,
                    is_compressed: compressed,
                    statistics: None,
                })
            }
            PageKind::Index => Err(self.fault("has an index among its pages")),
        }
    }

    /// Decompresses what follows the first bytes, which never are.
    fn expand(
        &mut self,
        header: &PageHeader,
        body: Bytes,
        plain: usize,
    ) -> std::result::Result<Bytes, InputError> {
        if matches!(self.codec, Codec::Plain) {
            return Ok(body);
        }
        let mut buffer = Vec::with_capacity(header.bytes);
        buffer.extend_from_slice(&body[..plain]);
        let count = header.bytes - plain;
        // Nulls alone leave nothing to compress, not even an empty frame.
        if count > 0 {
            let expanded = self.codec.expand(&body[plain..], count, &mut buffer);
            expanded.map_err(|what| {
                self.fault(&format!("has a page that cannot be decompressed: {what}"))
            })?;
        }
        Ok(buffer.into())
    }

    /// Where the values begin behind the definition levels of a first-version page.
    fn levels_bytes(
        &self,
        page: &[u8],
        encoding: Encoding,
        values: u32,
    ) -> std::result::Result<usize, InputError> {
        if self.level_max == 0 {
            return Ok(0);
        }
        let bytes = if encoding == Encoding::RLE {
            let length = page.first_chunk().copied().map(u32::from_le_bytes);
            length.map(|length| 4 + u64::from(length))
        } else {
            let bits = u64::from(self.level_max.unsigned_abs().ilog2() + 1);
            Some((u64::from(values) * bits).div_ceil(8))
        };
        bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .filter(|bytes| *bytes <= page.len())
            .ok_or_else(|| self.fault("has a page that ends within its definition levels"))
    }

    /// Asks for the memory of texts that are not simply parts of the page.
    fn hold_texts(
        &mut self,
        encoding: Encoding,
        data: &[u8],
        values: u32,
    ) -> std::result::Result<(), InputError> {
        let extra = delta::extra_bytes(encoding, data, values)
            .map_err(|_| self.fault("has a page whose texts have impossible lengths"))?;
        self.meter.hold(extra)?;
        self.held.current += extra;
        Ok(())
    }

    fn fault(&self, what: &str) -> InputError {
        damaged(format!("column {} {what}", self.column))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let held = &self.held;
        self.meter
            .release(held.dictionary + held.current + held.earlier);
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.next_page().map_err(wrapped)
    }

    // Only repetition levels and skipping ask for these, and here is neither.
    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Err(ParquetError::NYI(
            "pages are read, not looked at".to_owned(),
        ))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        Err(ParquetError::NYI("pages are read, not skipped".to_owned()))
    }
}
