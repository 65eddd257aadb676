//! How records and fields are told apart, with every question answered.

use super::Mark;

/// How records and fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between fields.
    pub delimiter: Mark,
    /// Around fields that hold delimiters, quotes or line ends; ASCII. It counts only at the
    /// start of a field. Written twice inside quotes it is one of the text, in every style.
    pub quote: Option<u8>,
    /// What a backslash means.
    pub escape: Escape,
    /// What a quote inside quotes means that is not written twice.
    pub stray_quotes: StrayQuotes,
    /// Lines that begin so are passed over, before the header too; not inside a quoted field.
    pub comment: Option<Mark>,
    /// So many lines at the file's beginning are passed over, whatever they hold; blank lines
    /// and comments count.
    pub skip_lines: u64,
    /// The first record names the columns.
    pub header: bool,
    /// What becomes of a record with fewer fields than the file has columns.
    pub short_rows: ShortRows,
    /// What becomes of a record with more.
    pub long_rows: LongRows,
}

/// What a backslash means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Nothing: it is text. Quotes inside quotes are doubled.
    Doubled,
    /// Inside quotes, the byte behind it is text, whatever it is, and the backslash is dropped:
    /// `\"` is a quote, `\\` a backslash, `\n` the letter n. Outside quotes the same holds for a
    /// delimiter, the quote, a line end (CR LF as a whole) and the backslash; before anything
    /// else a backslash outside quotes is text itself, so that `\N` can be told as a blank.
    Backslash,
}

/// What a quote inside quotes means that is neither doubled nor escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayQuotes {
    /// It closes. What follows up to the delimiter or line end belongs to the field as it stands.
    AsIs,
    /// It closes only if a delimiter, a line end or the file's end follows; else it is text.
    Literal,
}

/// What becomes of a record with fewer fields than the file has columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortRows {
    /// It is rejected.
    Reject,
    /// The fields that it lacks, at its end, are blank.
    Pad,
}

/// What becomes of a record with more fields than the file has columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongRows {
    /// It is rejected.
    Reject,
    /// What is beyond the last column is dropped.
    Cut,
    /// It is dropped if there is nothing but white space in it; else the record is rejected.
    CutBlank,
}

impl CsvStyle {
    /// No fields, quotes or header: lines alone, for formats that put a record on each.
    pub const LINES: Self = Self {
        quote: None,
        header: false,
        ..Self::PLAIN
    };

    const PLAIN: Self = Self {
        delimiter: Mark::byte(b','),
        quote: Some(b'"'),
        escape: Escape::Doubled,
        stray_quotes: StrayQuotes::AsIs,
        comment: None,
        skip_lines: 0,
        header: true,
        short_rows: ShortRows::Reject,
        long_rows: LongRows::Reject,
    };
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self::PLAIN
    }
}
