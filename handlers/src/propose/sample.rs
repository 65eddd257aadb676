//! The beginning of a file as a table: what a proposal is made from.

use crate::process_dataset::format::Format;
use crate::process_dataset::head::ColumnType;
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
    /// The encoding of its text, and how that is known; `None` in formats that are no text.
    pub encoding: Option<(Encoding, EncodingBasis)>,
    /// What the columns are called: their headers, their positions from 1, or keys of JSON.
    pub columns: Vec<String>,
    /// What the format says about each column.
    pub types: Vec<ColumnType>,
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
    /// Columns with types.
    Parquet,
}

impl SampleFormat {
    /// The format as profiles name it.
    pub const fn format(&self) -> Format {
        match self {
            Self::Csv(_) => Format::Csv,
            Self::JsonLines => Format::JsonLines,
            Self::Parquet => Format::Parquet,
        }
    }
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
            SampleFormat::JsonLines | SampleFormat::Parquet => true,
        }
    }

    /// A profile can name the column, or give its position.
    pub(super) fn is_nameable(&self, column: usize) -> bool {
        let name = self.columns.get(column).map_or("", String::as_str);
        let same = |text: &str| text.trim() == text && !text.is_empty() && text != "@row";
        self.format != SampleFormat::JsonLines || same(name)
    }

    /// The first text beyond ASCII, by which the encoding can be judged.
    pub fn telling_text(&self) -> Option<&str> {
        let cells = self.rows.iter().flatten().flatten();
        let mut texts = self.columns.iter().chain(cells);
        texts.find(|text| !text.is_ascii()).map(String::as_str)
    }

    /// Whether bytes stand in it that the encoding does not have.
    pub fn has_faults(&self) -> bool {
        let cells = self.rows.iter().flatten().flatten();
        let mut texts = self.columns.iter().chain(cells);
        texts.any(|text| text.contains(char::REPLACEMENT_CHARACTER))
    }
}
