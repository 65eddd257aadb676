//! Finding the end of a record, and its fields.
//!
//! The rules are those of RFC 4180, and where it is silent those of the `csv` crate, which the
//! tests hold this to: a quote counts only at the start of a field; inside quotes it is written
//! twice; what follows the closing quote belongs to the field as it stands. Styles that ask for
//! more go to [`Styled`], chosen once a record.
//!
//! A record without quotes, and a quoted field without doubled quotes, are only ranges of the
//! buffer; nothing is copied. What must be unescaped goes to a scratch buffer that is used again.

use memchr::{memchr, memchr2, memchr2_iter, memchr3};

use super::super::profile::{CsvStyle, Escape, StrayQuotes};
use super::fields::{Fields, Record, Unescaping};
use super::styled::Styled;

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

/// Splits records, one at a time.
pub(super) struct Splitter {
    delimiter: u8,
    quote: Option<u8>,
    styled: Option<Box<Styled>>,
    fields: Fields,
}

impl Splitter {
    /// At most `kept_max` fields of a record are kept; those behind them are only counted.
    pub(super) fn new(style: CsvStyle, kept_max: usize) -> Self {
        let plain = style.delimiter.single().is_some()
            && style.escape == Escape::Doubled
            && style.stray_quotes == StrayQuotes::AsIs;
        Self {
            delimiter: style.delimiter.first(),
            quote: style.quote,
            styled: (!plain).then(|| Box::new(Styled::new(style))),
            fields: Fields::new(kept_max),
        }
    }

    /// From the next record on, only so many fields are kept.
    pub(super) fn keep(&mut self, kept_max: usize) {
        self.fields.keep(kept_max);
    }

    /// The record split last, whose bytes were `raw`.
    #[inline]
    pub(super) fn record<'a>(&'a self, raw: &'a [u8], line: u64) -> Record<'a> {
        self.fields.record(raw, line)
    }

    /// Looks for one record at the start of `input`; `at_end` says that nothing follows it.
    /// Without `fields` only its extent is found.
    #[inline]
    pub(super) fn split(&mut self, input: &[u8], at_end: bool, fields: bool) -> Split {
        if let Some(styled) = &self.styled {
            return styled.split(input, at_end, &mut self.fields);
        }
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
            self.fields.plain(self.delimiter, &input[..bytes]);
        }
        Split::Complete {
            bytes,
            line_end,
            lines: 1,
        }
    }

    /// The same for a record that has a quote somewhere.
    fn split_quoted(&mut self, input: &[u8], at_end: bool) -> Split {
        self.fields.clear();
        let mut position = 0;
        loop {
            let end = if input.get(position).copied() == self.quote {
                self.quoted_field(input, position, at_end)
            } else {
                let end = self.field_end(input, position);
                self.fields.push(position, end);
                Some(end)
            };
            let Some(end) = end else {
                return Split::Partial;
            };
            match input.get(end) {
                Some(&b) if b == self.delimiter => position = end + 1,
                None if !at_end => return Split::Partial,
                line_end => return Split::complete(input, end, line_end.copied()),
            }
        }
    }

    /// A field that starts with a quote at `open`. Gives where it ends, if it does.
    fn quoted_field(&mut self, input: &[u8], open: usize, at_end: bool) -> Option<usize> {
        let quote = self.quote?;
        let mut field = Unescaping::new(&self.fields, open + 1);
        let mut position = open + 1;
        loop {
            let close = position + memchr(quote, &input[position..])?;
            let next = match input.get(close + 1) {
                None if !at_end => return None,
                next => next.copied(),
            };
            match next {
                Some(b) if b == quote => {
                    field.leave_out(&mut self.fields, input, close);
                    position = close + 2;
                }
                Some(b) if b != self.delimiter && b != b'\n' && b != b'\r' => {
                    // Text behind the closing quote: it belongs to the field as it stands.
                    let end = self.field_end(input, close + 1);
                    field.leave_out(&mut self.fields, input, close);
                    field.finish(&mut self.fields, input, end);
                    return Some(end);
                }
                _ => {
                    field.finish(&mut self.fields, input, close);
                    return Some(close + 1);
                }
            }
        }
    }

    fn field_end(&self, input: &[u8], start: usize) -> usize {
        let rest = input.get(start..).unwrap_or_default();
        start + memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len())
    }
}

impl Split {
    /// A record that ends at `end`, and may hold line ends.
    pub(super) fn complete(input: &[u8], end: usize, line_end: Option<u8>) -> Self {
        Self::Complete {
            bytes: end,
            line_end,
            lines: 1 + line_ends(&input[..end]),
        }
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
