//! Where looking for the end of a record over many lines is given up.
//!
//! A quote that is not closed costs a look at as many bytes as a record may have, and then only
//! its line is skipped. In a file made of lines like `x","y` every line is such a one, and the
//! looks would add up to the number of lines times the bound. So behind a few of them, up to where
//! the first of them had looked, a record gets only its first line: if it does not end there, it
//! is given up at once. Every byte is then looked at a fixed number of times.
//!
//! Nothing is lost by it where line ends can only stand within quotes, except a record that
//! reaches beyond the point up to which the first had looked: two quotes that are both open at the
//! same line end are closed by the same quote, so before that point none is.

/// Looks at a whole record's length for the same stretch of the file.
pub(super) const LOOKS_MAX: u32 = 4;

/// A stretch in which records were not ended, by position in the buffer.
#[derive(Debug, Default)]
pub(super) struct Hopeless {
    /// Where the first look ended.
    until: usize,
    looks: u32,
}

impl Hopeless {
    /// A record that starts here gets its first line only.
    #[inline]
    pub(super) fn covers(&self, start: usize) -> bool {
        self.looks >= LOOKS_MAX && start < self.until
    }

    /// A look from `start` to `end` found no end of the record.
    pub(super) fn add(&mut self, start: usize, end: usize) {
        if start >= self.until {
            *self = Self {
                until: end,
                looks: 0,
            };
        }
        self.looks += 1;
    }

    /// The buffer's contents have moved towards its front by so many bytes.
    pub(super) fn moved(&mut self, bytes: usize) {
        self.until = self.until.saturating_sub(bytes);
    }
}
