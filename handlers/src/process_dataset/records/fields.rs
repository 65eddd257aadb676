//! The fields of one record: ranges of its bytes, or of a scratch buffer where it had to be
//! unescaped. Both are used again for the next record.

use memchr::memchr_iter;

/// A field: a range of the record's bytes or of the scratch buffer.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
    unescaped: bool,
}

/// The fields found in the record split last.
pub(super) struct Fields {
    spans: Vec<Span>,
    scratch: Vec<u8>,
    /// Fields of the record, those that are only counted among them.
    width: usize,
    /// Fields that are kept; those behind them are only counted.
    kept_max: usize,
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
    width: usize,
}

impl<'a> Record<'a> {
    /// How many fields it has.
    #[inline]
    pub(in super::super) fn width(&self) -> usize {
        self.width
    }

    /// A field without its quotes, counted from 0; empty where the record has no such field, or
    /// it was not asked for.
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

impl Fields {
    pub(super) fn new(kept_max: usize) -> Self {
        Self {
            spans: Vec::new(),
            scratch: Vec::new(),
            width: 0,
            kept_max,
        }
    }

    /// From the next record on, only so many fields are kept.
    pub(super) fn keep(&mut self, kept_max: usize) {
        self.kept_max = kept_max;
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.scratch.clear();
        self.width = 0;
    }

    /// The record split last, whose bytes were `raw`.
    #[inline]
    pub(super) fn record<'a>(&'a self, raw: &'a [u8], line: u64) -> Record<'a> {
        Record {
            raw,
            line,
            spans: &self.spans,
            scratch: &self.scratch,
            width: self.width,
        }
    }

    /// The fields of a record that has neither quotes nor escapes.
    #[inline]
    pub(super) fn plain(&mut self, delimiter: u8, record: &[u8]) {
        self.spans.clear();
        let mut delimiters = memchr_iter(delimiter, record);
        let mut start = 0;
        while self.spans.len() < self.kept_max {
            let Some(at) = delimiters.next() else {
                self.span(start, record.len(), false);
                self.width = self.spans.len();
                return;
            };
            self.span(start, at, false);
            start = at + 1;
        }
        self.width = self.spans.len() + 1 + delimiters.count();
    }

    /// One more field, as it stands in the record.
    #[inline]
    pub(super) fn push(&mut self, start: usize, end: usize) {
        if self.width < self.kept_max {
            self.span(start, end, false);
        }
        self.width += 1;
    }

    #[inline]
    fn span(&mut self, start: usize, end: usize, unescaped: bool) {
        // A record's bound is far below 4 GiB.
        let [start, end] = [start, end].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        self.spans.push(Span {
            start,
            end,
            unescaped,
        });
    }
}

/// A field in the making, some of whose bytes may have to be left out.
pub(super) struct Unescaping {
    scratch_start: usize,
    /// Where the bytes begin that have not been copied.
    segment: usize,
    copied: bool,
}

impl Unescaping {
    /// A field whose text begins at `start`.
    #[inline]
    pub(super) fn new(fields: &Fields, start: usize) -> Self {
        Self {
            scratch_start: fields.scratch.len(),
            segment: start,
            copied: false,
        }
    }

    /// Leaves out the byte at `at`.
    #[inline]
    pub(super) fn leave_out(&mut self, fields: &mut Fields, input: &[u8], at: usize) {
        fields.scratch.extend_from_slice(&input[self.segment..at]);
        self.segment = at + 1;
        self.copied = true;
    }

    /// The field ends at `end`.
    #[inline]
    pub(super) fn finish(self, fields: &mut Fields, input: &[u8], end: usize) {
        if !self.copied {
            return fields.push(self.segment, end);
        }
        fields.scratch.extend_from_slice(&input[self.segment..end]);
        if fields.width < fields.kept_max {
            fields.span(self.scratch_start, fields.scratch.len(), true);
        } else {
            fields.scratch.truncate(self.scratch_start);
        }
        fields.width += 1;
    }
}
