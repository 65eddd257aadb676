//! The splitter for delimiters of several bytes, backslash escapes and stray quotes.
//!
//! It looks at every byte, where the plain one leaps. A record is complete only once the line end
//! behind it, or the file's, has been seen. So what stands right before the input's end, and what
//! follows could change (half a delimiter, an escape without its byte), may be taken for anything
//! for now: the record is not complete and will be looked at again.

use super::super::profile::{CsvStyle, Escape, Mark, StrayQuotes};
use super::fields::{Fields, Unescaping};
use super::split::Split;

/// What a style asks for, and the bytes that need a look.
pub(super) struct Styled {
    delimiter: Mark,
    quote: Option<u8>,
    backslash: bool,
    literal: bool,
    /// Bytes that may mean something outside quotes, and inside them.
    outside: [bool; 256],
    inside: [bool; 256],
}

/// What stands at a position, as far as it decides where a field ends.
#[derive(Clone, Copy)]
enum Next {
    Delimiter,
    LineEnd(u8),
    /// The end of the file.
    End,
    Text,
    /// The end of the input, but not of the file.
    Unknown,
}

impl Styled {
    pub(super) fn new(style: CsvStyle) -> Self {
        let backslash = style.escape == Escape::Backslash;
        let table = |stops: &[Option<u8>]| {
            let mut table = [false; 256];
            for &stop in stops.iter().flatten() {
                table[usize::from(stop)] = true;
            }
            table
        };
        let escape = backslash.then_some(b'\\');
        let delimiter = Some(style.delimiter.first());
        Self {
            delimiter: style.delimiter,
            quote: style.quote,
            backslash,
            literal: style.stray_quotes == StrayQuotes::Literal,
            outside: table(&[delimiter, Some(b'\n'), Some(b'\r'), escape]),
            inside: table(&[style.quote, escape]),
        }
    }

    /// Looks for one record at the start of `input`; `at_end` says that nothing follows it.
    pub(super) fn split(&self, input: &[u8], at_end: bool, fields: &mut Fields) -> Split {
        fields.clear();
        let mut position = 0;
        loop {
            let end = if self.quote.is_some() && input.get(position).copied() == self.quote {
                self.quoted(input, position, at_end, fields)
            } else {
                let field = Unescaping::new(fields, position);
                self.unquoted(input, position, at_end, field, fields)
            };
            let Some(end) = end else {
                return Split::Partial;
            };
            match self.next(input, end, at_end) {
                Next::Delimiter => position = end + self.delimiter.as_bytes().len(),
                Next::LineEnd(byte) => return Split::complete(input, end, Some(byte)),
                Next::End => return Split::complete(input, end, None),
                // A field ends at none of these.
                Next::Text | Next::Unknown => return Split::Partial,
            }
        }
    }

    /// A field that starts with a quote at `open`. Gives where it ends, if it does.
    fn quoted(
        &self,
        input: &[u8],
        open: usize,
        at_end: bool,
        fields: &mut Fields,
    ) -> Option<usize> {
        let mut field = Unescaping::new(fields, open + 1);
        let mut position = open + 1;
        loop {
            position += stop(&self.inside, input.get(position..)?)?;
            if self.backslash && input[position] == b'\\' {
                field.leave_out(fields, input, position);
                position += 2;
                continue;
            }
            let behind = position + 1;
            if input.get(behind).copied() == self.quote {
                field.leave_out(fields, input, position);
                position += 2;
                continue;
            }
            match self.next(input, behind, at_end) {
                Next::Unknown => return None,
                Next::Text if self.literal => position = behind,
                Next::Text => {
                    field.leave_out(fields, input, position);
                    return self.unquoted(input, behind, at_end, field, fields);
                }
                Next::Delimiter | Next::LineEnd(_) | Next::End => {
                    field.finish(fields, input, position);
                    return Some(behind);
                }
            }
        }
    }

    /// What is left of a field from `position` on, outside quotes. Gives where it ends.
    fn unquoted(
        &self,
        input: &[u8],
        mut position: usize,
        at_end: bool,
        mut field: Unescaping,
        fields: &mut Fields,
    ) -> Option<usize> {
        loop {
            let rest = input.get(position..)?;
            position += stop(&self.outside, rest).unwrap_or(rest.len());
            match self.next(input, position, at_end) {
                Next::Unknown => return None,
                Next::Text if self.backslash && input[position] == b'\\' => {
                    let escaped = self.escaped(input, position + 1);
                    if escaped > 0 {
                        field.leave_out(fields, input, position);
                    }
                    position += 1 + escaped;
                }
                // Only the beginning of a delimiter.
                Next::Text => position += 1,
                Next::Delimiter | Next::LineEnd(_) | Next::End => {
                    field.finish(fields, input, position);
                    return Some(position);
                }
            }
        }
    }

    /// How many bytes at `at` a backslash before them makes text.
    fn escaped(&self, input: &[u8], at: usize) -> usize {
        match (self.next(input, at, false), input.get(at)) {
            (Next::Delimiter, _) => self.delimiter.as_bytes().len(),
            (Next::LineEnd(b'\r'), _) if input.get(at + 1) == Some(&b'\n') => 2,
            (Next::LineEnd(_), _) | (_, Some(b'\\')) => 1,
            (_, Some(&byte)) if Some(byte) == self.quote => 1,
            _ => 0,
        }
    }

    fn next(&self, input: &[u8], at: usize, at_end: bool) -> Next {
        let delimiter = self.delimiter.as_bytes();
        let rest = input.get(at..).unwrap_or_default();
        match rest.first() {
            None if at_end => Next::End,
            None => Next::Unknown,
            Some(&byte @ (b'\n' | b'\r')) => Next::LineEnd(byte),
            Some(_) if rest.starts_with(delimiter) => Next::Delimiter,
            Some(_) => Next::Text,
        }
    }
}

/// Where the first of these bytes is.
#[inline]
fn stop(stops: &[bool; 256], bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| stops[usize::from(byte)])
}
