//! From decoded bytes to records: one buffer, no copy of what needs none, no unbounded memory.

use std::io::Read;

use memchr::{memchr, memchr2};

use super::input::{Input, InputError};
use super::profile::{CsvStyle, Mark};

mod fields;
mod hopeless;
mod split;
mod styled;
#[cfg(test)]
mod tests;

pub(super) use fields::Record;

use hopeless::Hopeless;
use split::{Split, Splitter};

/// Columns that a file may have. Fields beyond them are counted, but not kept.
pub(super) const COLUMNS_MAX: usize = 10_000;

/// Room for any mark, however small the blocks and the bound are.
const BUFFER_BYTES_MIN: usize = 8;

/// What [`Records::advance`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record, split into fields.
    Record,
    /// A line longer than the bound, which was skipped as a whole; or lines joined by escaped
    /// line ends that together are, of which the first was skipped.
    LineTooLong,
    /// A quote that is not closed before the record outgrows the bound or the file ends. Its
    /// first line was skipped, and only that: the lines behind it are read as records again.
    /// [`Hopeless`] bounds what that can cost.
    UnclosedQuote,
    /// The end of the file.
    End,
}

/// Records one after another. Blank lines, comments and the lines that the style skips at the
/// beginning are no records, but count as lines. Lines end in LF, CR LF or CR.
pub(super) struct Records<R> {
    input: Input<R>,
    splitter: Splitter,
    comment: Option<Mark>,
    /// Lines up to this one are no records.
    skip_lines: u64,
    quote: Option<u8>,
    record_bytes_max: usize,
    buffer: Vec<u8>,
    /// Where the next record starts in the buffer, and where the bytes read so far end.
    start: usize,
    filled: usize,
    at_end: bool,
    /// The line of the file at `start`; the first is 1.
    line: u64,
    /// In the middle of a line too long: drop what is left of it.
    discarding: bool,
    /// The last line ended in CR: an LF that follows belongs to it and is no blank line.
    expect_lf: bool,
    hopeless: Hopeless,
    /// Bytes that were looked at for the ends of records.
    #[cfg(test)]
    scanned: u64,
    /// The record found last: its bytes in the buffer without the line end, and its line.
    current: (usize, usize, u64),
}

impl<R: Read> Records<R> {
    /// Reads the first block.
    pub(super) fn open(
        mut input: Input<R>,
        style: CsvStyle,
        block_bytes: usize,
        record_bytes_max: usize,
    ) -> Result<Self, InputError> {
        // Room for a record that is just too long and as much again, whatever the block.
        let room = block_bytes.max(2 * (record_bytes_max + 1));
        let mut buffer = vec![0; room.max(BUFFER_BYTES_MIN)];
        let filled = input.fill(&mut buffer)?;
        Ok(Self {
            input,
            splitter: Splitter::new(style, COLUMNS_MAX),
            comment: style.comment,
            skip_lines: style.skip_lines,
            quote: style.quote,
            record_bytes_max,
            buffer,
            start: 0,
            filled,
            at_end: false,
            line: 1,
            discarding: false,
            expect_lf: false,
            hopeless: Hopeless::default(),
            #[cfg(test)]
            scanned: 0,
            current: (0, 0, 1),
        })
    }

    /// From the next record on, only so many fields are kept; those behind them are only counted.
    pub(super) fn keep_fields(&mut self, kept_max: usize) {
        self.splitter.keep(kept_max);
    }

    /// Goes on to the next record; without `fields` it is not split, which is faster.
    pub(super) fn advance(&mut self, fields: bool) -> Result<Found, InputError> {
        loop {
            if !self.skip_to_record()? {
                return Ok(Found::End);
            }
            // One byte more than the bound: without a line end in it, the bound is passed.
            let mut window_end = self.filled.min(self.start + self.record_bytes_max + 1);
            let whole = window_end == self.filled;
            let mut at_end = whole && self.at_end;
            let mut one_line = false;
            if self.hopeless.covers(self.start) {
                let window = &self.buffer[self.start..window_end];
                if let Some(line_end) = memchr2(b'\n', b'\r', window) {
                    window_end = self.start + line_end + 1;
                    (at_end, one_line) = (false, true);
                }
            }
            let window = &self.buffer[self.start..window_end];
            let split = self.splitter.split(window, at_end, fields);
            #[cfg(test)]
            self.count_scanned(split, window_end);
            match split {
                Split::Complete {
                    bytes,
                    line_end,
                    lines,
                } if bytes <= self.record_bytes_max => {
                    self.current = (self.start, self.start + bytes, self.line);
                    self.start += bytes + usize::from(line_end.is_some());
                    self.line += lines;
                    self.expect_lf = line_end == Some(b'\r');
                    return Ok(Found::Record);
                }
                Split::Partial
                    if whole
                        && !one_line
                        && !self.at_end
                        && window_end - self.start <= self.record_bytes_max =>
                {
                    self.refill()?;
                }
                _ => return Ok(self.give_up_record(window_end, one_line)),
            }
        }
    }

    /// The record found last, valid until the next [`advance`](Self::advance). For a faulty one
    /// only its raw bytes mean something.
    #[inline]
    pub(super) fn current(&self) -> Record<'_> {
        let (start, end, line) = self.current;
        self.splitter.record(&self.buffer[start..end], line)
    }

    pub(super) fn input(&self) -> &Input<R> {
        &self.input
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        &mut self.input
    }

    /// Leaves a record that is too long, or whose quote is never closed.
    fn give_up_record(&mut self, window_end: usize, one_line: bool) -> Found {
        let window = &self.buffer[self.start..window_end];
        let end = memchr2(b'\n', b'\r', window).unwrap_or(window.len());
        let quoted = self
            .quote
            .is_some_and(|quote| memchr(quote, window).is_some());
        self.current = (self.start, self.start + end, self.line);
        self.discarding = true;
        let too_long = end > self.record_bytes_max;
        if !too_long && !one_line {
            self.hopeless.add(self.start, window_end);
        }
        self.start += end;
        if too_long || !quoted {
            Found::LineTooLong
        } else {
            Found::UnclosedQuote
        }
    }

    /// Passes blank lines, comments, skipped lines and the rest of a line given up. `false` at the end of the file.
    fn skip_to_record(&mut self) -> Result<bool, InputError> {
        loop {
            let rest = &self.buffer[self.start..self.filled];
            if self.discarding {
                self.start += memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                self.discarding = self.start == self.filled;
            }
            match &self.buffer[self.start..self.filled] {
                [] if self.at_end => return Ok(false),
                [] => self.refill()?,
                [b'\n', ..] => {
                    self.start += 1;
                    self.line += u64::from(!self.expect_lf);
                    self.expect_lf = false;
                }
                [b'\r', ..] => {
                    self.start += 1;
                    self.line += 1;
                    self.expect_lf = true;
                }
                rest => {
                    self.expect_lf = false;
                    if self.line <= self.skip_lines {
                        self.discarding = true;
                        continue;
                    }
                    let Some(comment) = &self.comment else {
                        return Ok(true);
                    };
                    let comment = comment.as_bytes();
                    if rest.starts_with(comment) {
                        self.discarding = true;
                    } else if self.at_end || !comment.starts_with(rest) {
                        return Ok(true);
                    } else {
                        self.refill()?;
                    }
                }
            }
        }
    }

    /// Moves the unread bytes to the front and reads behind them.
    fn refill(&mut self) -> Result<(), InputError> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.hopeless.moved(self.start);
        self.filled -= self.start;
        self.start = 0;
        let count = self.input.fill(&mut self.buffer[self.filled..])?;
        self.filled += count;
        self.at_end = count == 0;
        Ok(())
    }

    #[cfg(test)]
    fn count_scanned(&mut self, split: Split, window_end: usize) {
        let bytes = match split {
            Split::Complete { bytes, .. } => bytes,
            Split::Partial => window_end - self.start,
        };
        self.scanned += bytes as u64;
    }
}
