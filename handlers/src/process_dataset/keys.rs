//! How often the natural key repeats within one file.
//!
//! Keys are known by their 128-bit xxh3 hashes. Two different keys among n would be taken for one
//! with odds of about n² / 2^129 (birthday bound): for 100 million rows, 1 in 6.8 × 10^22. Hashes
//! are collected in a buffer of fixed size; where it overflows, it goes to a temporary file as a
//! sorted run, and at the end the runs are read side by side in ascending order. So memory is the
//! same for a thousand rows and for a hundred million, whatever their keys are.

mod encode;
mod groups;
mod spill;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::cell::Cell;
use groups::Groups;
use spill::Spill;

/// Bytes of hashes held before they go to the file. Reading the file back takes as much again.
pub const BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a hash.
const HASH_BYTES: usize = size_of::<u128>();

/// What was found of a file's natural keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// Rows with a key: at least one of its cells holds something.
    pub rows: u64,
    /// Rows beyond the first of their key.
    pub duplicate_rows: u64,
    /// Keys that more than one row has.
    pub keys_repeated: u64,
}

/// The keys of the rows observed so far.
#[derive(Debug)]
pub struct Keys {
    columns: Vec<usize>,
    rows: u64,
    /// One key, encoded.
    encoded: Vec<u8>,
    hashes: Vec<u128>,
    hashes_max: usize,
    directory: PathBuf,
    /// None while the buffer has been enough.
    spill: Option<Spill>,
}

impl Keys {
    /// Of rows whose key is at these positions among their cells. The temporary file, if one is
    /// needed, has no name and lies in the directory: 16 bytes a row.
    pub fn new(columns: Vec<usize>, directory: PathBuf) -> Self {
        Self::with_buffer(columns, directory, BUFFER_BYTES)
    }

    fn with_buffer(columns: Vec<usize>, directory: PathBuf, bytes: usize) -> Self {
        Self {
            columns,
            rows: 0,
            encoded: Vec::new(),
            hashes: Vec::new(),
            hashes_max: (bytes / HASH_BYTES).max(1),
            directory,
            spill: None,
        }
    }

    /// Takes in one row: one cell a column. A row whose key cells are all null has no key.
    ///
    /// # Errors
    ///
    /// The temporary file cannot be made or written.
    #[inline]
    pub fn observe(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.encoded.clear();
        let mut any = false;
        for &column in &self.columns {
            let cell = cells.get(column).unwrap_or(&Cell::Null);
            any |= !matches!(cell, Cell::Null);
            encode::cell(cell, self.rows, &mut self.encoded);
        }
        if !any {
            return Ok(());
        }
        if self.hashes.len() == self.hashes_max {
            self.spill()?;
        }
        self.rows += 1;
        self.hashes.push(xxh3_128(&self.encoded));
        Ok(())
    }

    /// What was found.
    ///
    /// # Errors
    ///
    /// The temporary file cannot be written or read.
    pub fn finish(mut self) -> io::Result<KeyReport> {
        let mut groups = Groups::default();
        if self.spill.is_some() {
            self.spill()?;
        }
        match self.spill {
            None => {
                self.hashes.sort_unstable();
                groups.extend(&self.hashes);
            }
            Some(spill) => spill.read_sorted(self.hashes, self.hashes_max, &mut groups)?,
        }
        Ok(KeyReport {
            rows: self.rows,
            duplicate_rows: groups.beyond_first,
            keys_repeated: groups.repeated,
        })
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self) -> io::Result<()> {
        self.hashes.sort_unstable();
        let spill = match self.spill.take() {
            Some(spill) => self.spill.insert(spill),
            None => self.spill.insert(Spill::new(&self.directory)?),
        };
        spill.write(&self.hashes)?;
        self.hashes.clear();
        Ok(())
    }
}
