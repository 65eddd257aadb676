//! How a profile says records and fields are told apart.

use super::mistakes::Mistakes;
use super::shape::CsvShape;

mod mark;
mod style;
#[cfg(test)]
mod tests;

pub use mark::Mark;
pub use style::{CsvStyle, Escape, LongRows, ShortRows, StrayQuotes};

/// Bytes that a delimiter may have.
const DELIMITER_BYTES_MAX: usize = 8;
/// Bytes that the beginning of a comment may have.
const COMMENT_BYTES_MAX: usize = 4;
/// Lines that may be skipped before the header.
const SKIP_LINES_MAX: u64 = 1000;

pub(super) fn check(shape: &CsvShape, mistakes: &mut Mistakes) -> Option<CsvStyle> {
    let delimiter = delimiter(&shape.delimiter, mistakes);
    let quote = quote(&shape.quote, mistakes);
    let escape = mistakes.named(
        "csv.escape",
        &shape.escape,
        &[Escape::Doubled, Escape::Backslash],
        |escape| match escape {
            Escape::Doubled => "doubled",
            Escape::Backslash => "backslash",
        },
    );
    let stray_quotes = mistakes.named(
        "csv.stray_quotes",
        &shape.stray_quotes,
        &[StrayQuotes::AsIs, StrayQuotes::Literal],
        |stray| match stray {
            StrayQuotes::AsIs => "as_is",
            StrayQuotes::Literal => "literal",
        },
    );
    let comment = comment(&shape.comment, mistakes);
    let skip_lines = skip_lines(shape.skip_lines, mistakes);
    let short_rows = mistakes.named(
        "csv.short_rows",
        &shape.short_rows,
        &[ShortRows::Reject, ShortRows::Pad],
        |rows| match rows {
            ShortRows::Reject => "reject",
            ShortRows::Pad => "pad",
        },
    );
    let long_rows = mistakes.named(
        "csv.long_rows",
        &shape.long_rows,
        &[LongRows::Reject, LongRows::Cut, LongRows::CutBlank],
        |rows| match rows {
            LongRows::Reject => "reject",
            LongRows::Cut => "cut",
            LongRows::CutBlank => "cut_blank",
        },
    );
    let style = CsvStyle {
        delimiter: delimiter?,
        quote: quote?,
        escape: escape?,
        stray_quotes: stray_quotes?,
        comment: comment?,
        skip_lines: skip_lines?,
        header: shape.header,
        short_rows: short_rows?,
        long_rows: long_rows?,
    };
    contradictions(&style, mistakes);
    Some(style)
}

fn delimiter(text: &str, mistakes: &mut Mistakes) -> Option<Mark> {
    let delimiter =
        Mark::new(text, DELIMITER_BYTES_MAX).filter(|_| !text.chars().all(char::is_alphanumeric));
    if delimiter.is_none() {
        let what = format!(
            "{text:?} should be 1 to {DELIMITER_BYTES_MAX} bytes, like \",\" or \"||\", without \
             line ends, and not all letters or digits"
        );
        mistakes.add("csv.delimiter", what);
    }
    delimiter
}

#[expect(
    clippy::option_option,
    reason = "the outer one says that it was a mistake"
)]
fn quote(text: &str, mistakes: &mut Mistakes) -> Option<Option<u8>> {
    match *text.as_bytes() {
        [] => Some(None),
        [b] if b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, b'\r' | b'\n' | 0) => {
            Some(Some(b))
        }
        _ => {
            let what = format!("{text:?} should be one ASCII character, or \"\" for none");
            mistakes.add("csv.quote", what);
            None
        }
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one says that it was a mistake"
)]
fn comment(text: &str, mistakes: &mut Mistakes) -> Option<Option<Mark>> {
    if text.is_empty() {
        return Some(None);
    }
    let comment = Mark::new(text, COMMENT_BYTES_MAX);
    if comment.is_none() {
        let what = format!(
            "{text:?} should be 1 to {COMMENT_BYTES_MAX} bytes without line ends, like \"#\", or \
             \"\" for none"
        );
        mistakes.add("csv.comment", what);
    }
    comment.map(Some)
}

fn skip_lines(lines: i64, mistakes: &mut Mistakes) -> Option<u64> {
    let skip_lines = u64::try_from(lines)
        .ok()
        .filter(|&lines| lines <= SKIP_LINES_MAX);
    if skip_lines.is_none() {
        let what = format!("{lines} should be a number of lines from 0 to {SKIP_LINES_MAX}");
        mistakes.add("csv.skip_lines", what);
    }
    skip_lines
}

/// Parts that are well each by itself, but not together.
fn contradictions(style: &CsvStyle, mistakes: &mut Mistakes) {
    let delimiter = style.delimiter.as_bytes();
    match style.quote {
        Some(quote) if delimiter.contains(&quote) => {
            mistakes.add("csv.quote", "the quote cannot be in the delimiter");
        }
        None if style.stray_quotes == StrayQuotes::Literal => {
            mistakes.add("csv.stray_quotes", "there is no quote (csv.quote = \"\")");
        }
        _ => {}
    }
    if let Some(comment) = style.comment {
        let comment = comment.as_bytes();
        if comment.starts_with(delimiter) || delimiter.starts_with(comment) {
            let what = "a comment cannot begin as the delimiter does: a blank first field would \
                        make one";
            mistakes.add("csv.comment", what);
        }
        if style.quote == comment.first().copied() {
            mistakes.add("csv.comment", "a comment cannot begin with the quote");
        }
    }
    if style.escape == Escape::Backslash {
        let comment = style.comment.as_ref().map_or(&[][..], Mark::as_bytes);
        let escapes = [
            (style.quote == Some(b'\\'), "quote"),
            (delimiter.contains(&b'\\'), "delimiter"),
            (comment.contains(&b'\\'), "comment"),
        ];
        for (_, name) in escapes.iter().filter(|(clash, _)| *clash) {
            let what = format!("the backslash that escapes cannot be in the {name}");
            mistakes.add("csv.escape", what);
        }
    }
}
