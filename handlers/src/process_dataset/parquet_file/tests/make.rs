//! Files to read, written by the crate's own writer.

use std::sync::Arc;

use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// The values of a column that are there.
#[derive(Clone)]
pub(super) enum Data {
    Bool(Vec<bool>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    I96(Vec<Int96>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Texts(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// Values with definition levels, where the column has those.
pub(super) type Column = (Data, Option<Vec<i16>>);

pub(super) fn texts(texts: &[&str]) -> Vec<ByteArray> {
    texts.iter().map(|text| ByteArray::from(*text)).collect()
}

/// A file of these row groups.
pub(super) fn file(schema: &str, properties: WriterProperties, groups: &[Vec<Column>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    for columns in groups {
        let mut group = writer.next_row_group().unwrap();
        let mut columns = columns.iter();
        while let Some(mut column) = group.next_column().unwrap() {
            let (data, levels) = columns.next().unwrap();
            let levels = levels.as_deref();
            // Only lists have repetition levels, and those here are empty or of one.
            let repeated = levels.map(|levels| vec![0; levels.len()]);
            let repeated = repeated.as_deref();
            match (column.untyped(), data) {
                (ColumnWriter::BoolColumnWriter(to), Data::Bool(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::Int32ColumnWriter(to), Data::I32(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::Int64ColumnWriter(to), Data::I64(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::Int96ColumnWriter(to), Data::I96(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::FloatColumnWriter(to), Data::F32(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::DoubleColumnWriter(to), Data::F64(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::ByteArrayColumnWriter(to), Data::Texts(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                (ColumnWriter::FixedLenByteArrayColumnWriter(to), Data::Fixed(values)) => {
                    to.write_batch(values, levels, repeated)
                }
                _ => panic!("values of another type than the column"),
            }
            .unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}
