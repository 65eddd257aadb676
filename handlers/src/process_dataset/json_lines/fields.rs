//! The wanted values of one line, as ranges of the line or of a buffer that is used again.

use memchr::memchr;

use super::super::reject::RejectReason;
use super::super::value::Value;
use super::names::{Names, Wanted};
use super::object::{NotAnObject, scan, unescape};

/// Reads lines, one at a time.
pub(super) struct Fields {
    names: Names,
    /// By name.
    seen: Vec<Seen>,
    /// By column.
    slots: Vec<Slot>,
    /// Texts that had escapes.
    scratch: Vec<u8>,
}

/// A name's values in one record.
#[derive(Clone, Copy)]
struct Seen {
    span: Span,
    /// How often, among keys of the best likeness so far: exact ones, or else those in other case.
    times: u8,
    exact: bool,
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Clone, Copy)]
enum Slot {
    Missing,
    /// A range of the line, without its quotes.
    Text(Span),
    /// A range of the scratch buffer.
    Unescaped(Span),
    /// A range of the line.
    Number(Span),
    Word(&'static [u8]),
    Unreadable(RejectReason),
}

impl Fields {
    pub(super) fn new(names: Names) -> Self {
        Self {
            seen: vec![Seen::NEVER; names.count()],
            slots: vec![Slot::Missing; names.columns.len()],
            names,
            scratch: Vec::new(),
        }
    }

    /// Takes a line apart; the reason where that cannot be done.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), RejectReason> {
        let line = str::from_utf8(line).map_err(|_| RejectReason::BadEncoding)?;
        self.look(line)
            .map_err(|NotAnObject| RejectReason::BadJson)?;
        if self.seen.iter().any(|seen| seen.times > 1) {
            return Err(RejectReason::RepeatedField);
        }
        self.scratch.clear();
        for (slot, wanted) in self.slots.iter_mut().zip(&self.names.columns) {
            *slot = slot_of(wanted, &self.seen, line, &mut self.scratch);
        }
        Ok(())
    }

    /// No text has a NUL. (An escape alone can make one, and all of them are UTF-8.)
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        memchr(0, &self.scratch).is_none()
    }

    /// A column's value in the line read last.
    #[inline]
    pub(super) fn value<'a>(&'a self, line: &'a [u8], column: usize) -> Value<'a> {
        match self.slots.get(column) {
            None | Some(Slot::Missing) => Value::Missing,
            Some(Slot::Text(span)) => Value::Text(span.of(line)),
            Some(Slot::Unescaped(span)) => Value::Text(span.of(&self.scratch)),
            Some(Slot::Number(span)) => Value::Number(span.of(line)),
            Some(Slot::Word(word)) => Value::Text(word),
            Some(Slot::Unreadable(reason)) => Value::Unreadable(*reason),
        }
    }

    fn look(&mut self, line: &str) -> Result<(), NotAnObject> {
        self.seen.fill(Seen::NEVER);
        for level in &self.names.levels {
            let text = match level.parent {
                None => line,
                Some(name) => match self.seen[name].text(line) {
                    Some(object) if object.starts_with('{') => object,
                    _ => continue,
                },
            };
            scan(text, level, |found, raw| {
                self.seen[found.name].add(found.exact, Span::within(line, raw));
            })?;
        }
        Ok(())
    }
}

impl Seen {
    const NEVER: Self = Self {
        span: Span { start: 0, end: 0 },
        times: 0,
        exact: false,
    };

    /// An exact key wins over one in another case; a second one as good leaves it open which.
    #[inline]
    fn add(&mut self, exact: bool, span: Span) {
        if self.times == 0 || exact && !self.exact {
            *self = Self {
                span,
                times: 1,
                exact,
            };
        } else if exact == self.exact {
            self.times = 2;
        }
    }

    #[inline]
    fn text(self, line: &str) -> Option<&str> {
        (self.times > 0)
            .then(|| line.get(self.span.start..self.span.end))
            .flatten()
    }
}

impl Span {
    /// Where a part of a line is in it.
    #[inline]
    fn within(line: &str, part: &str) -> Self {
        let start = part.as_ptr().addr() - line.as_ptr().addr();
        Self {
            start,
            end: start + part.len(),
        }
    }

    #[inline]
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// The whole key first, then the path.
#[inline]
fn slot_of(wanted: &Wanted, seen: &[Seen], line: &str, scratch: &mut Vec<u8>) -> Slot {
    let Some(key) = wanted.key else {
        return Slot::Missing;
    };
    if let Some(raw) = seen[key].text(line) {
        return slot(raw, seen[key].span, scratch);
    }
    let Some((&last, steps)) = wanted.path.split_last() else {
        return Slot::Missing;
    };
    if let Some(raw) = seen[last].text(line) {
        return slot(raw, seen[last].span, scratch);
    }
    // A list on the way has the value perhaps many times; without one there is none.
    let deepest = steps.iter().rev().find_map(|&step| seen[step].text(line));
    match deepest {
        Some(raw) if raw.starts_with('[') => Slot::Unreadable(RejectReason::NotScalar),
        _ => Slot::Missing,
    }
}

/// What a value's raw text says. That it is valid has been seen.
#[inline]
fn slot(raw: &str, span: Span, scratch: &mut Vec<u8>) -> Slot {
    match raw.as_bytes() {
        [b'"', inside @ .., b'"'] => {
            if memchr(b'\\', inside).is_none() {
                return Slot::Text(Span {
                    start: span.start + 1,
                    end: span.end - 1,
                });
            }
            let start = scratch.len();
            match unescape(raw, scratch) {
                Some(()) => Slot::Unescaped(Span {
                    start,
                    end: scratch.len(),
                }),
                None => Slot::Unreadable(RejectReason::BadEncoding),
            }
        }
        [b'{' | b'[', ..] => Slot::Unreadable(RejectReason::NotScalar),
        [b't', ..] => Slot::Word(b"true"),
        [b'f', ..] => Slot::Word(b"false"),
        [b'n', ..] => Slot::Missing,
        _ => Slot::Number(span),
    }
}
