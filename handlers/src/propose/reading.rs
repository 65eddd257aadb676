//! From the beginning of a file to a table.

use super::dialect::{Table, sniff, style};
use super::sample::{SAMPLE_BYTES_MAX, SAMPLE_RECORDS_MAX, Sample, SampleFormat};
use crate::process_dataset::head::{ColumnType, Head, TypedHead, read_typed, split};
use crate::process_dataset::input::{Encoding, EncodingBasis, InputError};
use crate::process_dataset::stored::Stored;

mod json;

/// Why no sample can be taken.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The file cannot be read, or is of a format that is not loaded.
    #[error(transparent)]
    Input(#[from] InputError),
    /// One document of JSON instead of an object a line.
    #[error(
        "the file is one JSON document; JSON Lines has an object on each line, which for a list \
         `jq -c '.[]'` writes"
    )]
    JsonDocument,
    /// A header, or nothing at all.
    #[error("the file has no records to propose a profile from")]
    NoRecords,
}

/// Takes the sample of a file in any format. `name` is what it is called.
pub fn read_file(stored: impl Into<Stored>, name: &str) -> Result<Sample, SampleError> {
    let stored = stored.into();
    match read_typed(&stored, SAMPLE_RECORDS_MAX, SAMPLE_BYTES_MAX)? {
        Some(head) => typed(head, name),
        None => read_sample(&Head::read(stored, SAMPLE_BYTES_MAX)?, name),
    }
}

fn typed(head: TypedHead, name: &str) -> Result<Sample, SampleError> {
    if head.rows.is_empty() {
        return Err(SampleError::NoRecords);
    }
    let (columns, types) = head.columns.into_iter().unzip();
    Ok(Sample {
        name: name.to_owned(),
        format: SampleFormat::Parquet,
        encoding: None,
        columns,
        types,
        rows: head.rows,
        odd_records: 0,
    })
}

/// Takes the sample of a text.
pub fn read_sample(head: &Head, name: &str) -> Result<Sample, SampleError> {
    let bytes = head
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&head.bytes);
    let bytes = if head.whole {
        bytes
    } else {
        whole_lines(bytes)
    };
    let sample = match bytes.trim_ascii_start().first() {
        Some(b'{') => json::sample(bytes, name, head.encoding)?,
        Some(b'[') => return Err(SampleError::JsonDocument),
        _ => csv(bytes, name, head.encoding)?,
    };
    if sample.rows.is_empty() {
        return Err(SampleError::NoRecords);
    }
    Ok(sample)
}

/// Without the line that the end of the sample cuts.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    &bytes[..end.unwrap_or(bytes.len())]
}

fn csv(
    bytes: &[u8],
    name: &str,
    encoding: (Encoding, EncodingBasis),
) -> Result<Sample, SampleError> {
    let Table { dialect, width } = sniff(bytes)?;
    let mut records = split(bytes, style(&dialect), usize::MAX)?.into_iter();
    let columns = if dialect.header {
        let names = records.next().map(|record| record.fields);
        let names = names.unwrap_or_default();
        names.iter().map(|name| name.trim().to_owned()).collect()
    } else {
        (1..=width).map(|position| position.to_string()).collect()
    };
    let mut sample = Sample {
        name: name.to_owned(),
        format: SampleFormat::Csv(dialect),
        encoding: Some(encoding),
        columns,
        types: vec![ColumnType::Text; width],
        rows: Vec::new(),
        odd_records: 0,
    };
    let blank = |fields: &[String]| fields.iter().all(|field| field.trim().is_empty());
    for record in records.take(SAMPLE_RECORDS_MAX) {
        let mut fields = record.fields;
        if fields.len() > width && dialect.blank_tails && blank(&fields[width..]) {
            fields.truncate(width);
        }
        if fields.len() == width {
            sample.rows.push(fields.into_iter().map(Some).collect());
        } else {
            sample.odd_records += 1;
        }
    }
    Ok(sample)
}
