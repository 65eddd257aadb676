//! Encoded rows of one chunk, by the month that they belong to.

use nexus_schema::copy::encode::{BinaryRows, int8_field};

use super::cell::Cell;
use super::checkpoint::Checkpoint;
use super::input::InputError;
use super::profile::Profile;
use super::text::date::Date;
use super::text::month::MonthKey;

/// Columns that every row begins with: tenant, case, dataset, row number.
const SHARED_COLUMNS: usize = 4;
/// Bytes of a row besides its texts: lengths, numbers, dates and the amount at its longest.
const FIXED_BYTES_MAX: usize = 256;

/// What to send and to commit together.
#[derive(Debug)]
pub struct Chunk {
    /// Rows by month, in order of time; in one piece where the table has no months.
    pub months: Vec<MonthRows>,
    /// A complete binary COPY stream for `nexus.dataset_rejects`.
    pub rejects: Vec<u8>,
    /// Rows in `rejects`.
    pub rejected: u64,
    /// The state after this chunk.
    pub checkpoint: Checkpoint,
}

/// The rows of one month.
#[derive(Debug)]
pub struct MonthRows {
    /// Which month, and so which partition; `None` in a table without partitions.
    pub month: Option<MonthKey>,
    /// A complete binary COPY stream for it.
    pub payload: Vec<u8>,
    /// Rows in it.
    pub rows: u64,
}

/// Whose rows they are; the same on every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowScope {
    /// The tenant.
    pub tenant_id: i64,
    /// The case.
    pub case_id: i64,
    /// The dataset.
    pub dataset_id: i64,
    /// Rows that earlier files of the dataset have: this one's are numbered behind them.
    pub rows_before: u64,
}

impl RowScope {
    /// The beginning of every row of so many fields: their number, and the three ids.
    pub(super) fn encoded(self, fields: i16) -> [u8; 38] {
        let mut bytes = [0; 38];
        bytes[..2].copy_from_slice(&fields.to_be_bytes());
        let ids = [self.tenant_id, self.case_id, self.dataset_id];
        for (slot, id) in bytes[2..].chunks_exact_mut(12).zip(ids) {
            slot.copy_from_slice(&int8_field(id));
        }
        bytes
    }
}

/// One buffer a month, found by index; used again from chunk to chunk.
pub(super) struct MonthBuffers {
    row_start: [u8; 38],
    columns: usize,
    open: Vec<OpenMonth>,
    /// By month since `first_month`: index into `open` and 1, or 0 where there is none yet. One
    /// slot where the table has no months.
    slots: Vec<u32>,
    first_month: Option<u32>,
    /// By slot: the file has a row of that month; and how many months that are.
    seen: Vec<bool>,
    months: usize,
    months_max: usize,
    spare: Vec<Vec<u8>>,
    /// Bytes in the open buffers.
    bytes: usize,
}

struct OpenMonth {
    month: Option<MonthKey>,
    rows: BinaryRows,
    count: u64,
}

impl MonthBuffers {
    pub(super) fn new(scope: RowScope, profile: &Profile, months_max: usize) -> Self {
        let columns = profile.dataset_type.columns().len();
        let fields = i16::try_from(SHARED_COLUMNS + columns).unwrap_or(i16::MAX);
        let months = profile.dataset_type.by_month().then(|| {
            let bounds = &profile.date_bounds;
            [*bounds.start(), *bounds.end()].map(|date| MonthKey::of(date).index())
        });
        let slots = months.map_or(1, |[first, last]| last.saturating_sub(first) as usize + 1);
        Self {
            row_start: scope.encoded(fields),
            columns,
            open: Vec::new(),
            slots: vec![0; slots],
            seen: vec![false; slots],
            months: 0,
            months_max,
            first_month: months.map(|[first, _]| first),
            spare: Vec::new(),
            bytes: 0,
        }
    }

    /// Bytes encoded since the last [`take`](Self::take).
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Encodes one row into its month's buffer. The date is within the profile's bounds; in a
    /// table with months there is one.
    #[inline]
    pub(super) fn push(
        &mut self,
        cells: &[Cell<'_>],
        date: Option<Date>,
        row_no: u64,
    ) -> Result<(), InputError> {
        let index = self.open_month(date)?;
        let Some(open) = self.open.get_mut(index) else {
            return Ok(());
        };
        let rows = &mut open.rows;
        let before = rows.len();
        rows.reserve(FIXED_BYTES_MAX);
        rows.encoded(&self.row_start);
        rows.int8(row_no.cast_signed());
        for cell in &cells[..self.columns] {
            encode(rows, cell, row_no);
        }
        open.count += 1;
        self.bytes += rows.len() - before;
        Ok(())
    }

    /// Counts the month of a row that is not encoded.
    #[inline]
    pub(super) fn see(&mut self, date: Option<Date>) -> Result<(), InputError> {
        let (_, slot) = self.slot(date);
        match self.seen.get(slot) {
            Some(false) => self.see_new(slot),
            _ => Ok(()),
        }
    }

    /// Ends the streams and gives them, in order of time.
    pub(super) fn take(&mut self) -> Vec<MonthRows> {
        self.bytes = 0;
        self.slots.fill(0);
        let mut months: Vec<MonthRows> = self
            .open
            .drain(..)
            .map(|open| MonthRows {
                month: open.month,
                payload: open.rows.finish(),
                rows: open.count,
            })
            .collect();
        months.sort_unstable_by_key(|rows| rows.month);
        months
    }

    /// Takes buffers back, as long as all the spare ones together stay within `spare_bytes_max`.
    pub(super) fn recycle(&mut self, months: Vec<MonthRows>, spare_bytes_max: usize) {
        let mut spare: usize = self.spare.iter().map(Vec::capacity).sum();
        for rows in months {
            spare += rows.payload.capacity();
            if spare > spare_bytes_max {
                break;
            }
            self.spare.push(rows.payload);
        }
    }

    #[inline]
    fn open_month(&mut self, date: Option<Date>) -> Result<usize, InputError> {
        let (month, slot) = self.slot(date);
        match self.slots.get(slot) {
            Some(&index @ 1..) => Ok(index as usize - 1),
            _ => self.begin_month(month, slot),
        }
    }

    #[inline]
    fn slot(&self, date: Option<Date>) -> (Option<MonthKey>, usize) {
        let month = self.first_month.and(date).map(MonthKey::of);
        let slot = month.map_or(0, MonthKey::index);
        let slot = slot.wrapping_sub(self.first_month.unwrap_or(0)) as usize;
        (month, slot)
    }

    #[cold]
    fn see_new(&mut self, slot: usize) -> Result<(), InputError> {
        if self.months == self.months_max {
            return Err(InputError::TooManyMonths {
                months_max: self.months_max,
            });
        }
        self.months += 1;
        if let Some(seen) = self.seen.get_mut(slot) {
            *seen = true;
        }
        Ok(())
    }

    #[cold]
    fn begin_month(&mut self, month: Option<MonthKey>, slot: usize) -> Result<usize, InputError> {
        if self.seen.get(slot) == Some(&false) {
            self.see_new(slot)?;
        }
        let rows = BinaryRows::new(self.spare.pop().unwrap_or_default());
        self.open.push(OpenMonth {
            month,
            rows,
            count: 0,
        });
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = u32::try_from(self.open.len()).unwrap_or(0);
        }
        Ok(self.open.len() - 1)
    }
}

#[inline]
fn encode(rows: &mut BinaryRows, cell: &Cell<'_>, row_no: u64) {
    match cell {
        Cell::Null => rows.null(),
        Cell::Text(text) => rows.text(text),
        Cell::Ordinal => rows.text(Ordinal::new(row_no).as_bytes()),
        Cell::Day(date) => rows.date(date.days_since_2000()),
        Cell::Micros(micros) => rows.timestamptz(*micros),
        Cell::Money(amount) => rows.money(*amount),
        Cell::Currency(currency) => rows.text(currency.as_str()),
    }
}

/// A number's decimal digits, without an allocation.
struct Ordinal {
    digits: [u8; 20],
    start: usize,
}

impl Ordinal {
    fn new(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 || start == 0 {
                return Self { digits, start };
            }
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}
