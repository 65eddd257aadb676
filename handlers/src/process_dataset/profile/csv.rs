//! How a profile says records and fields are told apart.

use super::mistakes::Mistakes;
use super::shape::CsvShape;

/// How records and fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between fields; ASCII.
    pub delimiter: u8,
    /// Around fields that hold delimiters, quotes (doubled) or line ends; ASCII.
    pub quote: Option<u8>,
    /// The first record names the columns.
    pub header: bool,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            header: true,
        }
    }
}

pub(super) fn check(shape: &CsvShape, mistakes: &mut Mistakes) -> Option<CsvStyle> {
    let delimiter = mark(&shape.delimiter);
    if delimiter.is_none() {
        let what = format!(
            "{:?} should be one ASCII character, like \",\"",
            shape.delimiter
        );
        mistakes.add("csv.delimiter", what);
    }
    let quote = if shape.quote.is_empty() {
        Some(None)
    } else {
        mark(&shape.quote).map(Some)
    };
    if quote.is_none() {
        let what = format!(
            "{:?} should be one ASCII character, or \"\" for none",
            shape.quote
        );
        mistakes.add("csv.quote", what);
    }
    let (delimiter, quote) = (delimiter?, quote?);
    if quote == Some(delimiter) {
        mistakes.add("csv.quote", "the quote cannot be the delimiter");
    }
    Some(CsvStyle {
        delimiter,
        quote,
        header: shape.header,
    })
}

/// One ASCII character that can mark something: no letter or digit, no line end, no NUL.
fn mark(text: &str) -> Option<u8> {
    match *text.as_bytes() {
        [b] if b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, b'\r' | b'\n' | 0) => {
            Some(b)
        }
        _ => None,
    }
}
