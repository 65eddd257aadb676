//! Transactions as Parquet, by their types: days, moments in UTC, exact decimals.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::plain::{Counted, FIRST_DAY, accounts, unquoted};
use super::rng::Rng;
use super::transaction::Transaction;
use super::world::{CATEGORIES, CURRENCIES, PURPOSES, World};
use super::{Expected, Generator};

/// Rows of a row group, all of which are in memory while it is written.
const GROUP_ROWS: usize = 128 * 1024;
const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Bytes that 19 digits need.
const AMOUNT_BYTES: usize = 9;
const AMOUNT_PER_CENT: i128 = 100;

const SCHEMA: &str = "message transactions {
    REQUIRED BYTE_ARRAY row_id (STRING);
    REQUIRED INT32 date (DATE);
    REQUIRED INT64 posted_at (TIMESTAMP(MICROS, true));
    REQUIRED FIXED_LEN_BYTE_ARRAY(9) amount (DECIMAL(19, 4));
    REQUIRED BYTE_ARRAY currency (STRING);
    REQUIRED BYTE_ARRAY payer_account (STRING);
    REQUIRED BYTE_ARRAY payee_account (STRING);
    REQUIRED BYTE_ARRAY party_id (STRING);
    REQUIRED BYTE_ARRAY party_name (STRING);
    REQUIRED BYTE_ARRAY employee (STRING);
    OPTIONAL BYTE_ARRAY approver (STRING);
    REQUIRED BYTE_ARRAY document_number (STRING);
    REQUIRED BYTE_ARRAY category (STRING);
    REQUIRED BYTE_ARRAY description (STRING);
}";

impl Generator {
    /// Writes the rows of [`write`](Self::write), without faults, as Parquet (Snappy,
    /// dictionaries, row groups of 131,072 rows), and says what a load of it must find. The rows
    /// are the same for ever; the file's bytes may change with the crate that writes it.
    ///
    /// # Errors
    ///
    /// Faulty rows are asked for, or `out` fails.
    pub fn write_parquet(&self, out: impl Write + Send) -> io::Result<Expected> {
        let mut rng = Rng::new(self.seed);
        let world = World::new(&mut rng);
        let names = world.parties.iter().map(|party| unquoted(&party.name));
        let names: Vec<ByteArray> = names
            .map(|name| ByteArray::from(name.into_bytes()))
            .collect();
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(io::Error::other)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let mut out = Counted {
            inner: out,
            bytes: 0,
        };
        let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties))
            .map_err(io::Error::other)?;
        let mut group = Group::default();
        let mut expected = self.each_row(&world, rng, |transaction, row_no| {
            group.push(transaction, &world, &names, row_no);
            if group.days.len() == GROUP_ROWS {
                write_group(&mut writer, &mut group)?;
            }
            Ok(())
        })?;
        if !group.days.is_empty() {
            write_group(&mut writer, &mut group)?;
        }
        writer.close().map_err(io::Error::other)?;
        out.flush()?;
        expected.bytes = out.bytes;
        Ok(expected)
    }
}

/// The columns of a row group.
#[derive(Default)]
struct Group {
    days: Vec<i32>,
    posted: Vec<i64>,
    amounts: Vec<FixedLenByteArray>,
    /// Those before the date, and those behind the amount but for the approver.
    row_ids: Vec<ByteArray>,
    texts: [Vec<ByteArray>; 6],
    approvers: Vec<ByteArray>,
    approved: Vec<i16>,
    last_texts: [Vec<ByteArray>; 3],
}

impl Group {
    fn push(&mut self, drawn: &Transaction, world: &World, names: &[ByteArray], row_no: u64) {
        let party = &world.parties[drawn.party];
        let [from, to] = accounts(drawn, world);
        let day = |day: usize| i32::try_from(FIRST_DAY + day).unwrap_or(i32::MAX);
        let second = i64::try_from(drawn.posted_second).unwrap_or(0);
        let posted = i64::from(day(drawn.posted_day)) * SECONDS_PER_DAY + second;
        let amount = (i128::from(drawn.cents) * AMOUNT_PER_CENT).to_be_bytes();
        let amount = amount[amount.len() - AMOUNT_BYTES..].to_vec();
        self.days.push(day(drawn.day));
        self.posted.push(posted * MICROS_PER_SECOND);
        self.amounts.push(ByteArray::from(amount).into());
        self.row_ids.push(made(format!("T{row_no:09}")));
        let texts = [
            fixed(CURRENCIES[drawn.currency]),
            ByteArray::from(from),
            ByteArray::from(to),
            ByteArray::from(party.id.as_str()),
            names[drawn.party].clone(),
            made(format!("E{:04}", drawn.employee + 1)),
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.push(text);
        }
        self.approved.push(i16::from(drawn.approver.is_some()));
        if let Some(approver) = drawn.approver {
            self.approvers.push(made(format!("A{:03}", approver + 1)));
        }
        let texts = [
            made(format!("INV-{:08}", drawn.document)),
            fixed(CATEGORIES[party.category]),
            fixed(PURPOSES[drawn.purpose]),
        ];
        for (column, text) in self.last_texts.iter_mut().zip(texts) {
            column.push(text);
        }
    }

    fn write<W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let mut index = 0;
        while let Some(mut column) = group.next_column()? {
            let written = match index {
                0 => column
                    .typed::<ByteArrayType>()
                    .write_batch(&self.row_ids, None, None),
                1 => column
                    .typed::<Int32Type>()
                    .write_batch(&self.days, None, None),
                2 => column
                    .typed::<Int64Type>()
                    .write_batch(&self.posted, None, None),
                3 => column
                    .typed::<FixedLenByteArrayType>()
                    .write_batch(&self.amounts, None, None),
                10 => column.typed::<ByteArrayType>().write_batch(
                    &self.approvers,
                    Some(&self.approved),
                    None,
                ),
                _ => {
                    let mut texts = self.texts.iter().chain(&self.last_texts);
                    let before = if index < 10 { 4 } else { 5 };
                    let texts = texts.nth(index - before).map_or(&[][..], Vec::as_slice);
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(texts, None, None)
                }
            };
            written?;
            column.close()?;
            index += 1;
        }
        Ok(())
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    group: &mut Group,
) -> io::Result<()> {
    let mut row_group = writer.next_row_group().map_err(io::Error::other)?;
    group.write(&mut row_group).map_err(io::Error::other)?;
    row_group.close().map_err(io::Error::other)?;
    group.clear();
    Ok(())
}

fn made(text: String) -> ByteArray {
    ByteArray::from(text.into_bytes())
}

fn fixed(text: &'static str) -> ByteArray {
    ByteArray::from(Bytes::from_static(text.as_bytes()))
}
