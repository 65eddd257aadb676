//! The beginning of a file as a table: what a proposal is made from.

use crate::process_dataset::input::{Encoding, EncodingBasis};
use crate::process_dataset::text::blank::trim;

/// Records of a sample: enough that a rare way of writing shows, few enough to be read at once.
pub const SAMPLE_RECORDS_MAX: usize = 10_000;

/// Decoded bytes of a sample.
pub const SAMPLE_BYTES_MAX: usize = 1024 * 1024;

/// The first records of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What the file is called, for comments.
    pub name: String,
    /// How its records are told apart.
    pub format: SampleFormat,
    /// The encoding of its text, and how that is known.
    pub encoding: (Encoding, EncodingBasis),
    /// What the columns are called: their headers, their positions from 1, or keys of JSON.
    pub columns: Vec<String>,
    /// Columns whose every value is a number of JSON, which leaves nothing open.
    pub numbers: Vec<bool>,
    /// A value for each column. `None` where nothing is there.
    pub rows: Vec<Vec<Option<String>>>,
    /// Records that are not in `rows`, being faulty or of another width.
    pub odd_records: usize,
}

/// The format of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// Text with delimiters.
    Csv(Dialect),
    /// An object a line.
    JsonLines,
}

/// How text is divided into records and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields.
    pub quote: Option<u8>,
    /// How a quote inside quotes is written.
    pub inside: Inside,
    /// The first record names the columns.
    pub header: bool,
    /// Lines before the first record: titles.
    pub skip_lines: u64,
    /// Lines that begin so are comments.
    pub comment: Option<u8>,
    /// Some records have blank fields beyond the last column.
    pub blank_tails: bool,
}

/// How a quote inside quotes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Twice.
    Doubled,
    /// Once, as any other character.
    Stray,
    /// After a backslash.
    Backslash,
}

impl Sample {
    /// What stands in a column, trimmed, in the order of the rows; empty texts are left out.
    pub(super) fn values(&self, column: usize) -> impl Iterator<Item = &str> {
        let cells = self.rows.iter().filter_map(move |row| row.get(column));
        cells
            .filter_map(|cell| Some(str::from_utf8(trim(cell.as_ref()?.as_bytes())).unwrap_or("")))
            .filter(|text| !text.is_empty())
    }

    /// The columns have names, by which a profile can find them.
    pub(super) fn has_names(&self) -> bool {
        match &self.format {
            SampleFormat::Csv(dialect) => dialect.header,
            SampleFormat::JsonLines => true,
        }
    }
}
