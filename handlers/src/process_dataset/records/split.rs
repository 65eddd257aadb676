//! Finding the end of a record, and its fields.
//!
//! The rules are those of RFC 4180, and where it is silent those of the `csv` crate, which the
//! tests hold this to: a quote counts only at the start of a field; inside quotes it is written
//! twice; what follows the closing quote belongs to the field as it stands.
//!
//! A record without quotes, and a quoted field without doubled quotes, are only ranges of the
//! buffer; nothing is copied. What must be unescaped goes to a scratch buffer that is used again.

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memchr3};

use super::super::profile::CsvStyle;

/// What a stretch of input holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// One whole record.
    Complete {
        /// Its length, without the line end.
        bytes: usize,
        /// The CR or LF that ends it; `None` at the end of the input. The LF of a CR LF is left.
        line_end: Option<u8>,
        /// How many line ends it has, its own included.
        lines: u64,
    },
    /// The record goes on beyond the input; at the end of the file, a quote is not closed.
    Partial,
}

/// A field: a range of the record's bytes or of the scratch buffer.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
    unescaped: bool,
}

/// Splits records, one at a time.
pub(super) struct Splitter {
    delimiter: u8,
    quote: Option<u8>,
    spans: Vec<Span>,
    scratch: Vec<u8>,
}

/// A record and its fields.
#[derive(Clone, Copy)]
pub(in super::super) struct Record<'a> {
    /// The bytes as they stand in the file, without the line end.
    pub(in super::super) raw: &'a [u8],
    /// The line of the file that it starts on; the first is 1.
    pub(in super::super) line: u64,
    spans: &'a [Span],
    scratch: &'a [u8],
}

impl<'a> Record<'a> {
    /// How many fields it has.
    #[inline]
    pub(in super::super) fn width(&self) -> usize {
        self.spans.len()
    }

    /// A field without its quotes, counted from 0; empty where the record has no such field.
    #[inline]
    pub(in super::super) fn field(&self, index: usize) -> &'a [u8] {
        let Some(span) = self.spans.get(index) else {
            return &[];
        };
        let bytes = if span.unescaped {
            self.scratch
        } else {
            self.raw
        };
        bytes
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}

impl Splitter {
    pub(super) fn new(style: CsvStyle) -> Self {
        Self {
            delimiter: style.delimiter,
            quote: style.quote,
            spans: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The record split last, whose bytes were `raw`.
    #[inline]
    pub(super) fn record<'a>(&'a self, raw: &'a [u8], line: u64) -> Record<'a> {
        Record {
            raw,
            line,
            spans: &self.spans,
            scratch: &self.scratch,
        }
    }

    /// Looks for one record at the start of `input`; `at_end` says that nothing follows it.
    /// Without `fields` only its extent is found.
    #[inline]
    pub(super) fn split(&mut self, input: &[u8], at_end: bool, fields: bool) -> Split {
        let first = match self.quote {
            Some(quote) => memchr3(b'\n', b'\r', quote, input),
            None => memchr2(b'\n', b'\r', input),
        };
        let (bytes, line_end) = match first {
            Some(at) if Some(input[at]) == self.quote => return self.split_quoted(input, at_end),
            Some(at) => (at, Some(input[at])),
            None if at_end => (input.len(), None),
            None => return Split::Partial,
        };
        if fields {
            self.spans.clear();
            let mut start = 0;
            for at in memchr_iter(self.delimiter, &input[..bytes]) {
                self.push(start, at, false);
                start = at + 1;
            }
            self.push(start, bytes, false);
        }
        Split::Complete {
            bytes,
            line_end,
            lines: 1,
        }
    }

    /// The same for a record that has a quote somewhere.
    fn split_quoted(&mut self, input: &[u8], at_end: bool) -> Split {
        self.spans.clear();
        self.scratch.clear();
        let mut position = 0;
        loop {
            let end = if input.get(position).copied() == self.quote {
                self.quoted_field(input, position, at_end)
            } else {
                let end = self.field_end(input, position);
                self.push(position, end, false);
                Some(end)
            };
            let Some(end) = end else {
                return Split::Partial;
            };
            match input.get(end) {
                Some(&b) if b == self.delimiter => position = end + 1,
                None if !at_end => return Split::Partial,
                line_end => {
                    return Split::Complete {
                        bytes: end,
                        line_end: line_end.copied(),
                        lines: 1 + line_ends(&input[..end]),
                    };
                }
            }
        }
    }

    /// A field that starts with a quote at `open`. Gives where it ends, if it does.
    fn quoted_field(&mut self, input: &[u8], open: usize, at_end: bool) -> Option<usize> {
        let quote = self.quote?;
        let scratch_start = self.scratch.len();
        let mut segment = open + 1;
        loop {
            let close = segment + memchr(quote, &input[segment..])?;
            let next = match input.get(close + 1) {
                None if !at_end => return None,
                next => next.copied(),
            };
            let untouched = segment == open + 1;
            match next {
                Some(b) if b == quote => {
                    self.scratch.extend_from_slice(&input[segment..=close]);
                    segment = close + 2;
                }
                Some(b) if b != self.delimiter && b != b'\n' && b != b'\r' => {
                    // Text behind the closing quote: it belongs to the field as it stands.
                    let end = self.field_end(input, close + 1);
                    self.scratch.extend_from_slice(&input[segment..close]);
                    self.scratch.extend_from_slice(&input[close + 1..end]);
                    self.push(scratch_start, self.scratch.len(), true);
                    return Some(end);
                }
                _ if untouched => {
                    self.push(segment, close, false);
                    return Some(close + 1);
                }
                _ => {
                    self.scratch.extend_from_slice(&input[segment..close]);
                    self.push(scratch_start, self.scratch.len(), true);
                    return Some(close + 1);
                }
            }
        }
    }

    fn field_end(&self, input: &[u8], start: usize) -> usize {
        let rest = input.get(start..).unwrap_or_default();
        start + memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, unescaped: bool) {
        // A record's bound is far below 4 GiB.
        let [start, end] = [start, end].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        self.spans.push(Span {
            start,
            end,
            unescaped,
        });
    }
}

/// LF, CR LF and CR each end one line.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut after_cr = None;
    for at in memchr2_iter(b'\n', b'\r', bytes) {
        let second_half = bytes[at] == b'\n' && after_cr == Some(at);
        count += u64::from(!second_half);
        after_cr = (bytes[at] == b'\r').then_some(at + 1);
    }
    count
}
