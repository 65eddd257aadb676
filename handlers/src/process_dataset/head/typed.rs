//! The beginning of a file whose format has types: Parquet.

use super::super::input::{InputError, is_parquet};
use super::super::parquet_file::{Doubles, ParquetBounds, ParquetFile};
use super::super::record_source::{Found, Record as _, RecordSource as _};
use super::super::stored::Stored;
use super::super::text::written;
use super::super::value::Value;

/// Columns of one file that are looked at.
const COLUMNS_MAX: usize = 500;

/// What a value costs besides its text, in bytes, so that many small ones come to an end, too.
const VALUE_BYTES: usize = 8;

/// What a format's own types say about a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Texts, or nothing at all. What they say is still to be found out.
    Text,
    /// Exact numbers.
    Number,
    /// Binary floats, which cannot say exactly what an amount was.
    Float,
    /// Days.
    Day,
    /// Moments: in UTC, or on the clock of wherever they were written.
    Moment {
        /// They are in UTC.
        utc: bool,
    },
    /// Some values can be those of no field: lists and the like.
    Unusable,
}

/// The first records of a file whose columns have types.
pub(crate) struct TypedHead {
    /// What the columns are called and hold.
    pub(crate) columns: Vec<(String, ColumnType)>,
    /// Values in ISO form. `None` where nothing is there.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// Reads at most so many records, and not much more than so many bytes of them. `None` for a file
/// that is no Parquet, or that cannot be read from any place: a pipe.
pub(crate) fn read_typed(
    stored: &Stored,
    records_max: usize,
    bytes_max: usize,
) -> Result<Option<TypedHead>, InputError> {
    if !stored.head().is_ok_and(|head| is_parquet(&head)) {
        return Ok(None);
    }
    let (mut file, floats) = open(stored)?;
    let mut types: Vec<Option<ColumnType>> = vec![None; floats.len()];
    let mut rows = Vec::new();
    let mut bytes = 0;
    while rows.len() < records_max && bytes < bytes_max && file.advance()? == Found::Record {
        let record = file.current();
        let row = types.iter_mut().enumerate().map(|(column, known)| {
            let value = record.value(column);
            *known = joined(*known, value);
            let text = (value != Value::Missing).then(|| written::text(value));
            bytes += VALUE_BYTES + text.as_ref().map_or(0, String::len);
            text
        });
        rows.push(row.collect());
    }
    let types = types.into_iter().zip(floats).map(|(seen, float)| {
        if float {
            return ColumnType::Float;
        }
        seen.unwrap_or(ColumnType::Text)
    });
    let columns = file.columns().iter().cloned().zip(types).collect();
    Ok(Some(TypedHead { columns, rows }))
}

/// The file, and which of its columns hold floats: those that it refuses unless told otherwise.
fn open(stored: &Stored) -> Result<(ParquetFile, Vec<bool>), InputError> {
    let again = || match stored {
        Stored::File(file) => file.try_clone().map(Stored::File).map_err(InputError::Io),
        Stored::Bytes(bytes) => Ok(Stored::Bytes(bytes.clone())),
    };
    let bounds = ParquetBounds::default();
    let mut strict = ParquetFile::open(again()?, &bounds, Doubles::Refuse, None)?;
    let width = strict.columns().len().min(COLUMNS_MAX);
    let floats: Vec<bool> = (0..width)
        .map(|column| strict.want(&[column]).is_err())
        .collect();
    if !floats.contains(&true) {
        return Ok((strict, floats));
    }
    let mut file = ParquetFile::open(again()?, &bounds, Doubles::Shortest, None)?;
    file.want(&(0..width).collect::<Vec<_>>())?;
    Ok((file, floats))
}

/// What a column holds, given what it held so far and one more value.
fn joined(known: Option<ColumnType>, value: Value<'_>) -> Option<ColumnType> {
    let found = match value {
        Value::Missing => return known,
        Value::Text(_) => ColumnType::Text,
        Value::Number(_) => ColumnType::Number,
        Value::Day(_) => ColumnType::Day,
        Value::Moment(moment) => ColumnType::Moment { utc: moment.utc },
        Value::Unreadable(_) => ColumnType::Unusable,
    };
    match known {
        Some(ColumnType::Unusable) => known,
        _ => Some(found),
    }
}
