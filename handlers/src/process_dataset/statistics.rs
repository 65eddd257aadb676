//! What is recorded of each column of a dataset while its rows are loaded.
//!
//! A row costs one hash a value. The hash is looked up in a small table of the most frequent
//! values; a value found there is only counted, since its length, its place in the range and its
//! share in the distinct estimate were recorded when it came in. All memory is allocated at the
//! start, about 50 KiB a column, whatever is loaded.

mod column;
mod frequent;
mod kept;
mod kind;
mod range;
mod registers;
mod report;
mod sketch;
#[cfg(test)]
mod tests;

use super::cell::Cell;
use super::table::Column;
use column::ColumnStatistics;

pub use kind::ValueKind;
pub use report::{ColumnReport, TopValue};
pub use sketch::{NotASketch, Sketch};

/// Values of a column that a report lists at most.
pub const TOP_VALUES: usize = 10;

/// What was seen of the rows loaded so far, column by column.
#[derive(Debug)]
pub struct Statistics {
    rows: u64,
    columns: Vec<(&'static Column, ColumnStatistics)>,
}

impl Statistics {
    /// Nothing seen yet of a table with these columns.
    pub fn new(columns: &'static [Column]) -> Self {
        Self {
            rows: 0,
            columns: columns
                .iter()
                .map(|column| (column, ColumnStatistics::new()))
                .collect(),
        }
    }

    /// Takes in one row that is loaded: one cell a column, in the table's order.
    #[inline]
    pub fn observe(&mut self, cells: &[Cell<'_>]) {
        self.rows += 1;
        for ((_, column), cell) in self.columns.iter_mut().zip(cells) {
            column.observe(cell);
        }
    }

    /// What is known now, in the table's order. A column that is filled with the records' own
    /// numbers is left out: nothing of it comes from the file.
    pub fn reports(&self) -> Vec<ColumnReport> {
        self.columns
            .iter()
            .filter(|(_, seen)| !seen.is_numbering())
            .map(|(column, seen)| {
                let kind = ValueKind::of(column.kind);
                seen.report(column.field.name(), kind, self.rows)
            })
            .collect()
    }
}
