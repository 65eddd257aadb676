//! Parquet: columns by their types, a batch of rows at a time.
//!
//! A file is believed in nothing. Its metadata is looked at before the crate's reader sees it
//! ([`footer`]); pages are read, bounded and decompressed here ([`pages`]); only the encodings of
//! values within a page are the crate's, and run where a panic is caught ([`fault::guarded`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::file::metadata::ParquetMetaData;
use sha2::{Digest as _, Sha256};

use super::input::{Digest, FileIdentity, InputError, Prefix};
use super::record_source::{Found, Record, RecordSource};
use super::stored::Stored;
use super::value::Value;

mod bounds;
mod codec;
mod delta;
mod fault;
mod footer;
mod kind;
mod leaf;
mod meter;
mod moment;
mod page_header;
mod pages;
mod raw_text;
#[cfg(test)]
mod tests;
mod thrift;
mod written;

pub use bounds::{Doubles, ParquetBounds};

use fault::{damaged, guarded, unsupported};
use leaf::{Leaf, Scratch};
use meter::Meter;
use pages::Pages;

/// Rows that are decoded at once, of all columns.
const BATCH_ROWS: usize = 4096;
/// Bytes that are hashed at once.
const HASH_BYTES: usize = 256 * 1024;

/// A Parquet file as records.
pub(super) struct ParquetFile {
    stored: Arc<Stored>,
    identity: Option<FileIdentity>,
    prefix: Prefix,
    metadata: ParquetMetaData,
    columns: Vec<String>,
    doubles: Doubles,
    meter: Arc<Meter>,
    /// The columns asked for, with their positions in the file, in that order.
    leaves: Vec<(usize, Leaf)>,
    /// Where a column is among `leaves`.
    slots: Vec<Option<usize>>,
    /// Of the current row group, one for each of `leaves` that can be read.
    readers: Vec<Option<ColumnReader>>,
    scratch: Scratch,
    groups: Groups,
    /// Rows of the batch, and which of them is current.
    batch_rows: usize,
    at: usize,
    is_plain: bool,
    /// Records found so far.
    records: u64,
    busy: Duration,
}

/// How far the row groups have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Groups {
    /// Nothing has been checked or read.
    Untouched,
    /// In this one, with so many rows left behind the batch.
    In { group: usize, rows_left: u64 },
    /// Behind the last one, or at a fault.
    Ended,
}

impl ParquetFile {
    /// Hashes the whole file and reads its metadata. A prefix from an earlier attempt must be the
    /// whole file too.
    pub(super) fn open(
        stored: Stored,
        bounds: &ParquetBounds,
        doubles: Doubles,
        expected: Option<Prefix>,
    ) -> Result<Self, InputError> {
        let started = Instant::now();
        let identity = stored.identity().map_err(InputError::Io)?;
        let prefix = hash(&stored)?;
        if let Some(expected) = expected
            && expected != prefix
        {
            return Err(InputError::ChangedSince {
                prefix_bytes: expected.bytes,
            });
        }
        let metadata = footer::read(&stored, bounds)?;
        let schema = metadata.file_metadata().schema_descr();
        let columns: Vec<String> = schema
            .columns()
            .iter()
            .map(|column| raw_text::name(&column.path().string()))
            .collect();
        Ok(Self {
            meter: Arc::new(Meter::new(bounds, prefix.bytes)),
            stored: Arc::new(stored),
            identity,
            prefix,
            slots: vec![None; columns.len()],
            columns,
            metadata,
            doubles,
            leaves: Vec::new(),
            readers: Vec::new(),
            scratch: Scratch::default(),
            groups: Groups::Untouched,
            batch_rows: 0,
            at: 0,
            is_plain: true,
            records: 0,
            busy: started.elapsed(),
        })
    }

    /// Why a file whose columns these are is not loaded: floats among them, where the profile has
    /// not said that they may be.
    fn refused(&self, used: &[usize]) -> Option<InputError> {
        if self.doubles == Doubles::Shortest {
            return None;
        }
        let schema = self.metadata.file_metadata().schema_descr();
        let is_float = |column: &&usize| {
            **column < schema.num_columns() && Leaf::new(&schema.column(**column)).is_float()
        };
        let column = &self.columns[*used.iter().find(is_float)?];
        Some(unsupported(format!(
            "column {column} holds binary floats, which cannot say exactly what an amount was: \
             set `doubles = \"shortest\"` under [parquet] in the profile to take the shortest \
             decimal that names each"
        )))
    }

    /// Decodes the next rows. `false` at the end of the file.
    fn next_batch(&mut self) -> Result<bool, InputError> {
        if self.groups == Groups::Untouched {
            self.begin()?;
        }
        loop {
            match self.groups {
                Groups::In { group, rows_left } if rows_left > 0 => {
                    let rows =
                        usize::try_from(rows_left).map_or(BATCH_ROWS, |left| left.min(BATCH_ROWS));
                    self.meter.next_batch();
                    self.meter
                        .count_values((self.leaves.len().max(1) * rows) as u64)?;
                    self.decode(rows)?;
                    self.groups = Groups::In {
                        group,
                        rows_left: rows_left - rows as u64,
                    };
                    return Ok(true);
                }
                Groups::In { group, .. } => {
                    self.close_group()?;
                    self.open_group(group + 1)?;
                }
                Groups::Untouched | Groups::Ended => return Ok(false),
            }
        }
    }

    /// Checks what can be known before the first row.
    fn begin(&mut self) -> Result<(), InputError> {
        let used: Vec<usize> = self.leaves.iter().map(|(column, _)| *column).collect();
        if let Some(refused) = self.refused(&used) {
            return Err(refused);
        }
        let mut announced = 0_u64;
        for group in self.metadata.row_groups() {
            for column in &used {
                let bytes = group.column(*column).uncompressed_size();
                announced = announced.saturating_add(u64::try_from(bytes).unwrap_or(0));
            }
        }
        self.meter.check_decoded(announced)?;
        self.open_group(0)
    }

    fn open_group(&mut self, group: usize) -> Result<(), InputError> {
        self.readers.clear();
        if group == self.metadata.num_row_groups() {
            self.groups = Groups::Ended;
            return Ok(());
        }
        let metadata = self.metadata.row_group(group);
        for (column, leaf) in &self.leaves {
            // Without rows there are no pages, and where they should be is not said.
            let reader = if leaf.is_readable() && metadata.num_rows() > 0 {
                let chunk = metadata.column(*column);
                let pages = Pages::open(&self.stored, &self.meter, chunk, self.prefix.bytes)?;
                Some(get_column_reader(chunk.column_descr_ptr(), Box::new(pages)))
            } else {
                None
            };
            self.readers.push(reader);
        }
        self.groups = Groups::In {
            group,
            rows_left: u64::try_from(metadata.num_rows()).unwrap_or(0),
        };
        Ok(())
    }

    fn decode(&mut self, rows: usize) -> Result<(), InputError> {
        self.is_plain = true;
        for ((column, leaf), reader) in self.leaves.iter_mut().zip(&mut self.readers) {
            if let Some(reader) = reader {
                let scratch = &mut self.scratch;
                guarded(|| leaf.read(reader, rows, scratch))
                    .map_err(|error| name_column(error, &self.columns[*column]))?;
                self.is_plain &= leaf.is_plain();
            }
        }
        self.batch_rows = rows;
        self.at = 0;
        Ok(())
    }

    /// Looks whether a column has more rows than its group.
    fn close_group(&mut self) -> Result<(), InputError> {
        for ((column, _), reader) in self.leaves.iter().zip(&mut self.readers) {
            if let Some(reader) = reader {
                let scratch = &mut self.scratch;
                let name = &self.columns[*column];
                let ended = guarded(|| Leaf::expect_end(reader, scratch))
                    .map_err(|error| name_column(error, name))?;
                if !ended {
                    return Err(damaged(format!(
                        "column {name} has more rows than its row group"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl RecordSource for ParquetFile {
    type Record<'a> = Row<'a>;

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn want(&mut self, used: &[usize]) -> Result<(), InputError> {
        if let Some(refused) = self.refused(used) {
            return Err(refused);
        }
        let schema = self.metadata.file_metadata().schema_descr();
        for &column in used {
            if column < self.columns.len() && self.slots[column].is_none() {
                self.slots[column] = Some(self.leaves.len());
                self.leaves
                    .push((column, Leaf::new(&schema.column(column))));
            }
        }
        Ok(())
    }

    #[inline]
    fn advance(&mut self) -> Result<Found, InputError> {
        self.at += 1;
        if self.at >= self.batch_rows {
            let started = Instant::now();
            self.batch_rows = 0;
            let more = self.next_batch();
            self.busy += started.elapsed();
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(Found::End),
                Err(error) => {
                    // Decoders are not to be used after a fault.
                    self.readers.clear();
                    self.groups = Groups::Ended;
                    return Err(error);
                }
            }
        }
        self.records += 1;
        Ok(Found::Record)
    }

    #[inline]
    fn current(&self) -> Row<'_> {
        Row { file: self }
    }

    fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// It was compared at opening.
    fn verify_prefix(&mut self) -> Result<(), InputError> {
        Ok(())
    }

    /// Everything was hashed at opening, and read again since: what was read must be what was
    /// hashed, as far as the file's length and its time can tell.
    fn drain(&mut self) -> Result<(), InputError> {
        if self.stored.identity().map_err(InputError::Io)? == self.identity {
            Ok(())
        } else {
            Err(InputError::ChangedWhileRead {
                what: "it was written to".to_owned(),
            })
        }
    }

    fn decoded_bytes(&self) -> u64 {
        self.meter.page_bytes()
    }

    fn busy(&self) -> Duration {
        self.busy
    }
}

/// The current row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    file: &'a ParquetFile,
}

impl<'a> Record<'a> for Row<'a> {
    #[inline]
    fn value(&self, column: usize) -> Value<'a> {
        match self.file.slots.get(column) {
            Some(Some(slot)) => self.file.leaves[*slot].1.value(self.file.at),
            _ => Value::Missing,
        }
    }

    #[inline]
    fn is_plain(&self) -> bool {
        self.file.is_plain
    }

    fn line(&self) -> u64 {
        self.file.records
    }

    fn raw_text(&self, bytes_max: usize, text: &mut String) {
        let file = self.file;
        let fields = file
            .leaves
            .iter()
            .map(|(column, leaf)| (file.columns[*column].as_str(), leaf.value(file.at)));
        raw_text::write(fields, bytes_max, text);
    }
}

fn name_column(error: InputError, column: &str) -> InputError {
    match error {
        InputError::Parquet { what } if !what.starts_with("column ") => {
            damaged(format!("column {column}: {what}"))
        }
        other => other,
    }
}

fn hash(stored: &Stored) -> Result<Prefix, InputError> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; HASH_BYTES];
    let mut bytes = 0;
    loop {
        match stored.fill_at(bytes, &mut block).map_err(InputError::Io)? {
            0 => break,
            count => {
                hasher.update(&block[..count]);
                bytes += count as u64;
            }
        }
    }
    Ok(Prefix {
        bytes,
        sha256: Digest::new(hasher.finalize().into()),
    })
}
