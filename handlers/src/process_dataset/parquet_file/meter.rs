//! What reading a file has cost so far, over all of its columns, and where it stops.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::input::{InputError, RATIO_FLOOR_BYTES};
use super::bounds::ParquetBounds;
use super::fault::too_large;

/// Shared by the columns of a file.
#[derive(Debug)]
pub(super) struct Meter {
    held: AtomicU64,
    pages: AtomicU64,
    values: AtomicU64,
    batch: AtomicU64,
    held_max: u64,
    decoded_max: u64,
}

impl Meter {
    pub(super) fn new(bounds: &ParquetBounds, file_bytes: u64) -> Self {
        let by_ratio = file_bytes
            .saturating_mul(bounds.decoded_ratio_max)
            .max(RATIO_FLOOR_BYTES);
        Self {
            held: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            values: AtomicU64::new(0),
            batch: AtomicU64::new(0),
            held_max: bounds.held_bytes_max,
            decoded_max: bounds.decoded_bytes_max.min(by_ratio),
        }
    }

    /// Bytes of all pages so far, decompressed.
    pub(super) fn page_bytes(&self) -> u64 {
        self.pages.load(Ordering::Relaxed)
    }

    /// Counts a page.
    pub(super) fn count_page(&self, bytes: u64) -> Result<(), InputError> {
        self.pages.fetch_add(bytes, Ordering::Relaxed);
        self.check_decoded(0)
    }

    /// Counts values as a byte each.
    pub(super) fn count_values(&self, values: u64) -> Result<(), InputError> {
        self.values.fetch_add(values, Ordering::Relaxed);
        self.check_decoded(0)
    }

    /// Compares what has been decoded, and as much more, with the bounds.
    pub(super) fn check_decoded(&self, more: u64) -> Result<(), InputError> {
        let values = self.values.load(Ordering::Relaxed);
        let decoded = self
            .page_bytes()
            .saturating_add(values)
            .saturating_add(more);
        if decoded <= self.decoded_max {
            return Ok(());
        }
        Err(too_large(format!(
            "decompressed it comes to {decoded} bytes or more, beyond the {} that a file of its \
             length may come to",
            self.decoded_max
        )))
    }

    /// Asks for memory before it is taken.
    pub(super) fn hold(&self, bytes: u64) -> Result<(), InputError> {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed);
        let held = held.saturating_add(bytes);
        if held <= self.held_max {
            return Ok(());
        }
        self.release(bytes);
        Err(too_large(format!(
            "its pages need {held} bytes of memory at once, more than {}: write it with smaller \
             pages",
            self.held_max
        )))
    }

    /// Memory that is held now.
    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Gives memory back.
    pub(super) fn release(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The values of the batch before are no longer needed.
    pub(super) fn next_batch(&self) {
        self.batch.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn batch(&self) -> u64 {
        self.batch.load(Ordering::Relaxed)
    }
}
