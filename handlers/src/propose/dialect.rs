//! How a text is divided into records and fields: told by which division gives a table.

use memchr::memmem;

use super::amounts;
use super::answers::DecimalMark;
use super::dates;
use super::sample::{Dialect, Inside};
use super::words;
use crate::process_dataset::head::{HeadRecord, split};
use crate::process_dataset::input::InputError;
use crate::process_dataset::profile::{CsvStyle, Escape, Field, Mark, StrayQuotes};

/// Delimiters that are tried, the commonest first.
const DELIMITERS: [u8; 7] = [b',', b';', b'\t', b'|', b'^', b'~', 0x1f];

/// Records that each division is tried on.
const RECORDS_TRIED: usize = 500;

/// The only mark that is taken for a comment's.
const COMMENT: u8 = b'#';

/// A table as one dialect divides it.
pub(super) struct Table {
    pub(super) dialect: Dialect,
    /// Its columns.
    pub(super) width: usize,
}

const PLAIN: Dialect = Dialect {
    delimiter: b',',
    quote: Some(b'"'),
    inside: Inside::Doubled,
    header: true,
    skip_lines: 0,
    comment: None,
    blank_tails: false,
};

/// Ways to quote besides the plain one, each tried against the best so far.
const QUOTINGS: [(Option<u8>, Inside); 4] = [
    (Some(b'"'), Inside::Backslash),
    (Some(b'"'), Inside::Stray),
    (None, Inside::Doubled),
    (Some(b'\''), Inside::Doubled),
];

/// The dialect that gives the most even table.
pub(super) fn sniff(bytes: &[u8]) -> Result<Table, InputError> {
    let mut best = (Evenness::default(), PLAIN);
    for delimiter in DELIMITERS {
        let dialect = Dialect { delimiter, ..PLAIN };
        let evenness = Evenness::of(&tried(bytes, &dialect)?);
        if evenness > best.0 {
            best = (evenness, dialect);
        }
    }
    let (dialect, records) = quoting(bytes, best.1)?;
    Ok(lines(dialect, &records))
}

/// The style that divides so.
pub(super) fn style(dialect: &Dialect) -> CsvStyle {
    let (escape, stray_quotes) = match dialect.inside {
        Inside::Doubled => (Escape::Doubled, StrayQuotes::AsIs),
        Inside::Stray => (Escape::Doubled, StrayQuotes::Literal),
        Inside::Backslash => (Escape::Backslash, StrayQuotes::AsIs),
    };
    CsvStyle {
        delimiter: Mark::byte(dialect.delimiter),
        quote: dialect.quote,
        escape,
        stray_quotes,
        comment: dialect.comment.map(Mark::byte),
        skip_lines: dialect.skip_lines,
        ..CsvStyle::default()
    }
}

fn tried(bytes: &[u8], dialect: &Dialect) -> Result<Vec<HeadRecord>, InputError> {
    split(bytes, style(dialect), RECORDS_TRIED)
}

/// The way to quote that leaves the table as even as it is, or makes it more so.
fn quoting(bytes: &[u8], plain: Dialect) -> Result<(Dialect, Vec<HeadRecord>), InputError> {
    let mut best = (plain, tried(bytes, &plain)?);
    for (quote, inside) in QUOTINGS {
        let dialect = Dialect {
            quote,
            inside,
            ..plain
        };
        let records = tried(bytes, &dialect)?;
        let [evenness, known] = [&records, &best.1].map(|records| Evenness::of(records));
        let as_even = evenness.percent() >= known.percent();
        let better = match (quote, inside) {
            // Without such quotes the records are the same; with them, the fields are whole. A
            // backslash that means nothing would join records instead.
            (_, Inside::Backslash | Inside::Stray) => {
                as_even
                    && records != best.1
                    && best.0.inside == Inside::Doubled
                    && records.len() >= best.1.len()
                    && last_line(&records) <= last_line(&best.1)
                    && (inside == Inside::Stray || memmem::find(bytes, b"\\\"").is_some())
            }
            // A lone quote may be an inch or an apostrophe: only where the table gains by it.
            (quote, Inside::Doubled) => {
                evenness > known || quote.is_some() && as_even && enclosed(&best.1)
            }
        };
        if better {
            best = (dialect, records);
        }
    }
    Ok(best)
}

/// Every record but the header, the last of what looks like titles, ends in a delimiter.
fn ends_in_delimiters(records: &[&HeadRecord], titles: usize, width: usize) -> bool {
    let mut wide = records.iter().filter(|record| record.fields.len() == width);
    let header = records[..titles].last();
    width > 2
        && header.is_some_and(|header| header.fields.len() + 1 == width)
        && wide.all(|record| record.fields.last().is_some_and(|last| is_blank(last)))
}

fn is_blank(field: &str) -> bool {
    field.trim().is_empty()
}

fn last_line(records: &[HeadRecord]) -> u64 {
    records.last().map_or(0, |record| record.line)
}

/// Titles, comments and the header.
fn lines(mut dialect: Dialect, records: &[HeadRecord]) -> Table {
    let mut width = Evenness::of(records).width;
    dialect.comment = has_comments(records, width).then_some(COMMENT);
    let records: Vec<&HeadRecord> = records
        .iter()
        .filter(|record| dialect.comment.is_none() || record.first != dialect.comment)
        .collect();
    let mut titles = records
        .iter()
        .take_while(|record| record.fields.len() != width)
        .count();
    if titles > 0 && ends_in_delimiters(&records, titles, width) {
        titles -= 1;
        width -= 1;
    }
    let (first, rest) = match &records[titles..] {
        [first, rest @ ..] => (*first, rest),
        [] => return Table { dialect, width },
    };
    dialect.header = is_header(&first.fields, rest);
    dialect.skip_lines = if titles > 0 { first.line - 1 } else { 0 };
    dialect.blank_tails = rest.iter().any(|record| {
        let tail = record.fields.get(width..).unwrap_or_default();
        !tail.is_empty() && tail.iter().all(|field| is_blank(field))
    });
    Table { dialect, width }
}

/// How even a table is: records of the commonest width in ten thousand, and then that width. A
/// decimal comma makes an even table as well, but for the header, which has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Evenness {
    share: usize,
    width: usize,
}

impl Evenness {
    fn of(records: &[HeadRecord]) -> Self {
        let mut counts: Vec<(usize, usize)> = Vec::new();
        for record in records
            .iter()
            .filter(|record| record.first != Some(COMMENT))
        {
            let width = record.fields.len();
            match counts.iter_mut().find(|(_, known)| *known == width) {
                Some((count, _)) => *count += 1,
                None => counts.push((1, width)),
            }
        }
        let all: usize = counts.iter().map(|(count, _)| count).sum();
        let wide = counts.into_iter().filter(|(_, width)| *width > 1);
        match wide.max() {
            Some((count, width)) => Self {
                share: count * 10_000 / all,
                width,
            },
            // One column is a table, too, but only where nothing else is.
            None => Self { share: 0, width: 1 },
        }
    }

    fn percent(self) -> usize {
        self.share / 100
    }
}

/// Half the fields stand between apostrophes.
fn enclosed(records: &[HeadRecord]) -> bool {
    let fields = records.iter().flat_map(|record| &record.fields);
    let (mut all, mut between) = (0, 0);
    for field in fields.filter(|field| !field.is_empty()) {
        all += 1;
        between += usize::from(field.len() > 1 && field.starts_with('\'') && field.ends_with('\''));
    }
    between * 2 > all
}

/// Lines that begin with the mark and do not fit the table. A header may begin so, too.
fn has_comments(records: &[HeadRecord], width: usize) -> bool {
    let marked = |record: &&HeadRecord| record.first == Some(COMMENT);
    let odd = records
        .iter()
        .filter(marked)
        .any(|record| record.fields.len() != width);
    odd && !records.iter().all(|record| record.first == Some(COMMENT))
}

/// The first record names the columns: it has no values, and its words are known or its columns
/// hold values below it.
fn is_header(first: &[String], rest: &[&HeadRecord]) -> bool {
    let value = |text: &str| {
        let text = text.trim();
        dates::is_day(text)
            || amounts::read(text, DecimalMark::Point).is_some()
            || amounts::read(text, DecimalMark::Comma).is_some()
    };
    if first.iter().any(|text| value(text)) {
        return false;
    }
    let known = |text: &String| {
        Field::ALL
            .iter()
            .any(|field| words::score(text, *field) > 0)
    };
    let below = |column: usize| {
        let fields = rest.iter().filter_map(|record| record.fields.get(column));
        let (mut all, mut values) = (0, 0);
        for field in fields.filter(|field| !field.trim().is_empty()) {
            all += 1;
            values += usize::from(value(field));
        }
        values * 2 > all
    };
    first.iter().any(known) || (0..first.len()).any(below)
}

#[cfg(test)]
mod tests;
