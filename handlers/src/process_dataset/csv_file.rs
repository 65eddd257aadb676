//! CSV as a source of records.

use std::cmp::Ordering;
use std::io::Read;
use std::time::Duration;

use super::header::HeaderError;
use super::input::{Input, InputError, Prefix};
use super::profile::{CsvStyle, LongRows, ShortRows};
use super::record_source::{self, Found, RecordSource};
use super::records::{self, COLUMNS_MAX, Record, Records};
use super::reject::{RejectReason, raw_text};
use super::text::blank::trim;
use super::value::Value;

#[cfg(test)]
mod tests;

/// Bytes of a column's name that are kept for messages and rejects.
const NAME_BYTES_MAX: usize = 1024;

/// A CSV file, opened.
pub(super) struct CsvFile<R> {
    records: Records<R>,
    columns: Vec<String>,
    short_rows: ShortRows,
    long_rows: LongRows,
    /// The first record is data, and has been found but not yet given.
    pending: bool,
}

impl<R: Read> CsvFile<R> {
    /// Reads the first record: the header, or, in a style without one, data whose width is the
    /// file's. Errors if it is unreadable, has more than [`COLUMNS_MAX`] columns, or is not there.
    pub(super) fn open(
        input: Input<R>,
        style: CsvStyle,
        block_bytes: usize,
        record_bytes_max: usize,
    ) -> Result<Self, InputError> {
        let mut records = Records::open(input, style, block_bytes, record_bytes_max)?;
        match columns(&mut records, style.header) {
            Ok(columns) => Ok(Self {
                records,
                columns,
                short_rows: style.short_rows,
                long_rows: style.long_rows,
                pending: !style.header,
            }),
            Err(error) => {
                // A file that changed need not fit any more; that it changed is the better news.
                records.input_mut().drain_prefix()?;
                Err(error)
            }
        }
    }

    /// Whether the record found last has as many fields as it may have.
    #[inline]
    fn check_width(&self) -> Found {
        let record = self.records.current();
        match record.width().cmp(&self.columns.len()) {
            Ordering::Equal => Found::Record,
            Ordering::Less if self.short_rows == ShortRows::Pad => Found::Record,
            Ordering::Less => Found::Faulty(RejectReason::TooFewColumns),
            Ordering::Greater if self.may_cut(record) => Found::Record,
            Ordering::Greater => Found::Faulty(RejectReason::TooManyColumns),
        }
    }

    fn may_cut(&self, record: Record<'_>) -> bool {
        match self.long_rows {
            LongRows::Reject => false,
            LongRows::Cut => true,
            LongRows::CutBlank => {
                let blank = |index| trim(record.field(index)).is_empty();
                record.width() <= COLUMNS_MAX && (self.columns.len()..record.width()).all(blank)
            }
        }
    }
}

impl<R: Read> RecordSource for CsvFile<R> {
    type Record<'a>
        = Record<'a>
    where
        R: 'a;

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn want(&mut self, used: &[usize]) -> Result<(), InputError> {
        // What is cut only if it is blank must be seen.
        if self.long_rows != LongRows::CutBlank {
            let kept = used.iter().max().map_or(0, |last| last + 1);
            self.records.keep_fields(kept);
        }
        Ok(())
    }

    #[inline]
    fn advance(&mut self) -> Result<Found, InputError> {
        if std::mem::take(&mut self.pending) {
            return Ok(Found::Record);
        }
        Ok(match self.records.advance(true)? {
            records::Found::Record => self.check_width(),
            records::Found::LineTooLong => Found::Faulty(RejectReason::LineTooLong),
            records::Found::UnclosedQuote => Found::Faulty(RejectReason::UnclosedQuote),
            records::Found::End => Found::End,
        })
    }

    #[inline]
    fn current(&self) -> Record<'_> {
        self.records.current()
    }

    fn prefix(&self) -> Prefix {
        self.records.input().prefix()
    }

    fn verify_prefix(&mut self) -> Result<(), InputError> {
        self.records.input_mut().verify_prefix()
    }

    fn drain(&mut self) -> Result<(), InputError> {
        self.records.input_mut().drain()
    }

    fn decoded_bytes(&self) -> u64 {
        self.records.input().decoded_bytes()
    }

    fn busy(&self) -> Duration {
        self.records.input().busy()
    }
}

impl<'a> record_source::Record<'a> for Record<'a> {
    #[inline]
    fn value(&self, column: usize) -> Value<'a> {
        if column < self.width() {
            Value::Text(self.field(column))
        } else {
            Value::Missing
        }
    }

    /// ASCII without NUL, in one pass without a branch, which compiles to vector instructions.
    /// Taking quotes and escapes away leaves it so.
    #[inline]
    fn is_plain(&self) -> bool {
        self.raw
            .iter()
            .fold(0, |highest: u8, byte| highest.max(byte.wrapping_sub(1)))
            < 0x7f
    }

    #[inline]
    fn line(&self) -> u64 {
        self.line
    }

    fn raw_text(&self, bytes_max: usize, text: &mut String) {
        raw_text(self.raw, bytes_max, text);
    }
}

/// What the columns are called: by the header, or by their position counted from 1.
fn columns<R: Read>(records: &mut Records<R>, header: bool) -> Result<Vec<String>, InputError> {
    match records.advance(true)? {
        records::Found::Record => {}
        records::Found::LineTooLong | records::Found::UnclosedQuote => {
            return Err(HeaderError::unreadable().into());
        }
        records::Found::End => return Err(InputError::NoRecords { header: false }),
    }
    let first = records.current();
    if first.width() > COLUMNS_MAX {
        return Err(InputError::TooManyColumns {
            found: first.width(),
            max: COLUMNS_MAX,
        });
    }
    let name = |index| {
        if !header {
            return format!("{}", index + 1);
        }
        let mut name = String::new();
        raw_text(trim(first.field(index)), NAME_BYTES_MAX, &mut name);
        name
    };
    Ok((0..first.width()).map(name).collect())
}
