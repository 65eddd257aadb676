//! One column while it is loaded.

use xxhash_rust::xxh3::xxh3_64;

use super::frequent::Frequent;
use super::kind::{ValueKind, ordered};
use super::range::Range;
use super::registers::Registers;
use super::report::{ColumnReport, listed};
use super::sketch::Sketch;
use crate::process_dataset::cell::Cell;

/// What was seen of one column. How often a row came at all is counted once for all columns.
#[derive(Debug)]
pub(super) struct ColumnStatistics {
    nulls: u64,
    numbering: bool,
    frequent: Frequent,
    registers: Registers,
    values: Range,
    /// Of texts, in characters.
    lengths: Option<(usize, usize)>,
}

impl ColumnStatistics {
    pub(super) fn new() -> Self {
        Self {
            nulls: 0,
            numbering: false,
            frequent: Frequent::new(),
            registers: Registers::new(),
            values: Range::default(),
            lengths: None,
        }
    }

    #[inline]
    pub(super) fn observe(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Null => self.nulls += 1,
            Cell::Text(text) => self.text(text),
            Cell::Day(day) => self.number(day.days_since_2000().into()),
            Cell::Micros(micros) => self.number((*micros).into()),
            Cell::Money(money) => self.number(money.ten_thousandths()),
            Cell::Currency(currency) => {
                self.value(currency.as_str().as_bytes());
            }
            Cell::Ordinal => self.numbering = true,
        }
    }

    /// The column holds the records' own numbers.
    pub(super) fn is_numbering(&self) -> bool {
        self.numbering
    }

    #[inline]
    fn text(&mut self, text: &[u8]) {
        if self.value(text) {
            return;
        }
        let length = characters(text);
        let (min, max) = self.lengths.unwrap_or((length, length));
        self.lengths = Some((min.min(length), max.max(length)));
    }

    #[inline]
    fn number(&mut self, number: i128) {
        self.value(&ordered(number));
    }

    /// Whether the value is one of the frequent ones, of which everything else is recorded.
    #[inline]
    fn value(&mut self, bytes: &[u8]) -> bool {
        // The default secret without a seed: the same file gives the same report everywhere.
        let hash = xxh3_64(bytes);
        let known = self.frequent.observe(hash, bytes);
        if !known {
            self.registers.add(hash);
            self.values.add(bytes);
        }
        known
    }

    pub(super) fn report(&self, field: &str, kind: ValueKind, rows: u64) -> ColumnReport {
        let sketch = match self.frequent.every_hash() {
            Some(hashes) => Sketch::exact(hashes),
            None => Sketch::estimated(self.registers.clone()),
        };
        let (repeated, others_at_most) = self.frequent.repeated(kind);
        let (top, unlisted_at_most) = listed(repeated, others_at_most);
        let (value_min, value_max) = self.values.show(kind).unzip();
        let (length_min, length_max) = self.lengths.unzip();
        ColumnReport {
            field: field.to_owned(),
            kind,
            rows,
            nulls: self.nulls,
            distinct: sketch.distinct().min(rows - self.nulls),
            distinct_is_exact: sketch.is_exact(),
            length_min: length_min.map(|length| length as u64),
            length_max: length_max.map(|length| length as u64),
            value_min,
            value_max,
            top,
            unlisted_at_most,
            sketch,
        }
    }
}

/// Characters of a text in UTF-8: bytes that do not continue one.
#[inline]
fn characters(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}
