//! One column that is read: its pages, and the values of the current batch.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescriptor;

use super::super::reject::RejectReason;
use super::super::text::date::Date;
use super::super::value::{Moment, Value};
use super::kind::Kind;
use super::moment;
use super::written::{UNWRITABLE_NUMBER, Written};

/// Stands for a null among the places of a batch.
const NULL: u32 = u32::MAX;

/// A column. Batches reuse its memory.
pub(super) struct Leaf {
    kind: Kind,
    /// The definition level of a value that is there.
    level_max: i16,
    levels: Vec<i16>,
    /// Where each row's value is among those that are not null.
    places: Vec<u32>,
    content: Content,
    /// Every text of the batch is UTF-8 without NUL.
    plain: bool,
}

/// A batch's values without nulls.
enum Content {
    Truths(Vec<bool>),
    Days(Vec<Option<Date>>),
    Moments {
        micros: Vec<Option<i64>>,
        utc: bool,
    },
    /// Parts of pages and dictionaries, which are counted but not copied.
    Texts(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
    Numbers(Written),
    Words(Written, RejectReason),
    /// The same for every row, without a look.
    Always(Value<'static>),
}

/// Where values lie between the crate's decoders and a batch, for all columns.
#[derive(Default)]
pub(super) struct Scratch {
    truths: Vec<bool>,
    ints: Vec<i32>,
    longs: Vec<i64>,
    triples: Vec<Int96>,
    floats: Vec<f32>,
    doubles: Vec<f64>,
    texts: Vec<ByteArray>,
    fixed: Vec<FixedLenByteArray>,
}

impl Leaf {
    pub(super) fn new(column: &ColumnDescriptor) -> Self {
        let kind = Kind::of(column);
        let fixed = column.physical_type() == parquet::basic::Type::FIXED_LEN_BYTE_ARRAY;
        let content = match kind {
            Kind::Truth => Content::Truths(Vec::new()),
            Kind::Day => Content::Days(Vec::new()),
            Kind::Moment { utc, .. } => Content::Moments {
                micros: Vec::new(),
                utc,
            },
            Kind::OldMoment => Content::Moments {
                micros: Vec::new(),
                utc: true,
            },
            Kind::Text if fixed => Content::Fixed(Vec::new()),
            Kind::Text => Content::Texts(Vec::new()),
            Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Float => {
                Content::Numbers(Written::default())
            }
            Kind::TimeOfDay { .. } => {
                Content::Words(Written::default(), RejectReason::BadTimestamp)
            }
            Kind::Uuid => Content::Words(Written::default(), RejectReason::NotScalar),
            Kind::Nulls => Content::Always(Value::Missing),
            Kind::Not(reason) => Content::Always(Value::Unreadable(reason)),
        };
        Self {
            kind,
            level_max: column.max_def_level(),
            levels: Vec::new(),
            places: Vec::new(),
            content,
            plain: true,
        }
    }

    /// Its pages are worth reading.
    pub(super) fn is_readable(&self) -> bool {
        !matches!(self.content, Content::Always(_))
    }

    /// Its values are floats.
    pub(super) fn is_float(&self) -> bool {
        self.kind == Kind::Float
    }

    /// Every text of the batch is UTF-8 without NUL.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Reads the next rows, which must be there.
    pub(super) fn read(
        &mut self,
        reader: &mut ColumnReader,
        rows: usize,
        scratch: &mut Scratch,
    ) -> Result<()> {
        self.levels.clear();
        let levels = &mut self.levels;
        let present = match (reader, &mut self.content) {
            (ColumnReader::ByteArrayColumnReader(reader), Content::Texts(texts)) => {
                read(reader, rows, levels, texts)?
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Content::Fixed(texts)) => {
                read(reader, rows, levels, texts)?
            }
            (ColumnReader::BoolColumnReader(reader), Content::Truths(truths)) => {
                read(reader, rows, levels, truths)?
            }
            (reader, content) => {
                let present = scratch.read(reader, rows, levels)?;
                convert(self.kind, scratch, reader, content)?;
                present
            }
        };
        self.plain = match &self.content {
            Content::Texts(texts) => texts.iter().all(|text| is_plain(text.data())),
            Content::Fixed(texts) => texts.iter().all(|text| is_plain(text.data())),
            _ => true,
        };
        self.place(rows, present)
    }

    /// The column must have ended.
    pub(super) fn expect_end(reader: &mut ColumnReader, scratch: &mut Scratch) -> Result<bool> {
        let mut levels = Vec::new();
        let more = scratch.read_some(reader, 1, &mut levels)?;
        Ok(more == (0, 0))
    }

    #[inline]
    pub(super) fn value(&self, row: usize) -> Value<'_> {
        if let Content::Always(value) = self.content {
            return value;
        }
        let place = match self.places[row] {
            NULL => return Value::Missing,
            place => place as usize,
        };
        match &self.content {
            Content::Texts(texts) => Value::Text(texts[place].data()),
            Content::Fixed(texts) => Value::Text(texts[place].data()),
            Content::Truths(truths) => Value::Text(if truths[place] { b"true" } else { b"false" }),
            Content::Numbers(numbers) => match numbers.get(place) {
                // A float that is not a number is told as what it is, and rejected as an amount.
                Some(word @ [.., b'N' | b'f']) => Value::Text(word),
                Some(number) => Value::Number(number),
                None => Value::Unreadable(UNWRITABLE_NUMBER),
            },
            Content::Days(days) => match days[place] {
                Some(day) => Value::Day(day),
                None => Value::Unreadable(RejectReason::BadDate),
            },
            Content::Moments { micros, utc } => match micros[place] {
                Some(micros) => Value::Moment(Moment { micros, utc: *utc }),
                None => Value::Unreadable(RejectReason::BadTimestamp),
            },
            Content::Words(words, reason) => match words.get(place) {
                Some(word) => Value::Text(word),
                None => Value::Unreadable(*reason),
            },
            Content::Always(value) => *value,
        }
    }

    /// Finds each row's value among those that are not null.
    fn place(&mut self, rows: usize, present: usize) -> Result<()> {
        self.places.clear();
        let mut next = 0;
        if self.level_max == 0 {
            self.places.extend((0..).take(rows));
            next = u32::try_from(rows).unwrap_or(NULL);
        } else {
            let level_max = self.level_max;
            self.places.extend(self.levels.iter().map(|level| {
                let there = *level == level_max;
                let place = if there { next } else { NULL };
                next += u32::from(there);
                place
            }));
        }
        if self.places.len() == rows && next as usize == present {
            Ok(())
        } else {
            Err(ParquetError::General(
                "has other nulls than values".to_owned(),
            ))
        }
    }
}

impl Scratch {
    /// Reads so many rows, and says how many of them are not null.
    fn read(
        &mut self,
        reader: &mut ColumnReader,
        rows: usize,
        levels: &mut Vec<i16>,
    ) -> Result<usize> {
        match self.read_some(reader, rows, levels)? {
            (records, present) if records == rows => Ok(present),
            (records, _) => Err(too_few(rows, records)),
        }
    }

    fn read_some(
        &mut self,
        reader: &mut ColumnReader,
        rows: usize,
        levels: &mut Vec<i16>,
    ) -> Result<(usize, usize)> {
        use ColumnReader as Reader;
        match reader {
            Reader::BoolColumnReader(reader) => some(reader, rows, levels, &mut self.truths),
            Reader::Int32ColumnReader(reader) => some(reader, rows, levels, &mut self.ints),
            Reader::Int64ColumnReader(reader) => some(reader, rows, levels, &mut self.longs),
            Reader::Int96ColumnReader(reader) => some(reader, rows, levels, &mut self.triples),
            Reader::FloatColumnReader(reader) => some(reader, rows, levels, &mut self.floats),
            Reader::DoubleColumnReader(reader) => some(reader, rows, levels, &mut self.doubles),
            Reader::ByteArrayColumnReader(reader) => some(reader, rows, levels, &mut self.texts),
            Reader::FixedLenByteArrayColumnReader(reader) => {
                some(reader, rows, levels, &mut self.fixed)
            }
        }
    }
}

fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize> {
    match some(reader, rows, levels, values)? {
        (records, present) if records == rows => Ok(present),
        (records, _) => Err(too_few(rows, records)),
    }
}

/// Reads up to so many rows: how many there were, and how many of them are not null.
fn some<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<(usize, usize)> {
    values.clear();
    let (records, present, _) = reader.read_records(rows, Some(levels), None, values)?;
    Ok((records, present))
}

fn too_few(wanted: usize, found: usize) -> ParquetError {
    let missing = wanted - found;
    ParquetError::General(format!("ends {missing} rows or more before its row group"))
}

/// Turns a batch of what the decoders give into what `value` looks up.
fn convert(
    kind: Kind,
    scratch: &Scratch,
    reader: &ColumnReader,
    content: &mut Content,
) -> Result<()> {
    use ColumnReader as Reader;
    if let Content::Numbers(written) | Content::Words(written, _) = content {
        written.clear();
    }
    match (kind, reader, content) {
        (Kind::Day, Reader::Int32ColumnReader(_), Content::Days(days)) => {
            days.clear();
            days.extend(scratch.ints.iter().map(|days| moment::day(*days)));
        }
        (
            Kind::Moment { unit, .. },
            Reader::Int64ColumnReader(_),
            Content::Moments { micros, .. },
        ) => {
            micros.clear();
            micros.extend(
                scratch
                    .longs
                    .iter()
                    .map(|steps| moment::moment(*steps, unit)),
            );
        }
        (Kind::OldMoment, Reader::Int96ColumnReader(_), Content::Moments { micros, .. }) => {
            micros.clear();
            let moments = scratch.triples.iter();
            micros.extend(moments.map(|triple| moment::old_moment(triple.data())));
        }
        (Kind::Integer { signed }, Reader::Int32ColumnReader(_), Content::Numbers(written)) => {
            for value in &scratch.ints {
                let unsigned = i128::from(value.cast_unsigned());
                written.decimal(if signed { i128::from(*value) } else { unsigned }, 0);
            }
        }
        (Kind::Integer { signed }, Reader::Int64ColumnReader(_), Content::Numbers(written)) => {
            for value in &scratch.longs {
                let unsigned = i128::from(value.cast_unsigned());
                written.decimal(if signed { i128::from(*value) } else { unsigned }, 0);
            }
        }
        (Kind::Decimal { scale }, reader, Content::Numbers(written)) => {
            decimals(scale, scratch, reader, written);
        }
        (Kind::Float, Reader::FloatColumnReader(_), Content::Numbers(written)) => {
            scratch
                .floats
                .iter()
                .for_each(|value| written.float(*value));
        }
        (Kind::Float, Reader::DoubleColumnReader(_), Content::Numbers(written)) => {
            scratch
                .doubles
                .iter()
                .for_each(|value| written.double(*value));
        }
        (Kind::TimeOfDay { unit }, Reader::Int32ColumnReader(_), Content::Words(written, _)) => {
            let steps = scratch.ints.iter().copied().map(i64::from);
            steps.for_each(|steps| written.time_of_day(steps, unit));
        }
        (Kind::TimeOfDay { unit }, Reader::Int64ColumnReader(_), Content::Words(written, _)) => {
            scratch
                .longs
                .iter()
                .for_each(|steps| written.time_of_day(*steps, unit));
        }
        (Kind::Uuid, Reader::FixedLenByteArrayColumnReader(_), Content::Words(written, _)) => {
            scratch
                .fixed
                .iter()
                .for_each(|bytes| written.uuid(bytes.data()));
        }
        _ => {
            return Err(ParquetError::General(
                "is of another type than it says".to_owned(),
            ));
        }
    }
    Ok(())
}

fn decimals(scale: u32, scratch: &Scratch, reader: &ColumnReader, written: &mut Written) {
    use ColumnReader as Reader;
    match reader {
        Reader::Int32ColumnReader(_) => {
            let values = scratch.ints.iter().copied();
            values.for_each(|value| written.decimal(value.into(), scale));
        }
        Reader::Int64ColumnReader(_) => {
            let values = scratch.longs.iter().copied();
            values.for_each(|value| written.decimal(value.into(), scale));
        }
        Reader::FixedLenByteArrayColumnReader(_) => {
            let values = scratch.fixed.iter();
            values.for_each(|value| written.wide_decimal(value.data(), scale));
        }
        _ => {
            let values = scratch.texts.iter();
            values.for_each(|value| written.wide_decimal(value.data(), scale));
        }
    }
}

/// UTF-8 without NUL.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    memchr::memchr(0, text).is_none() && std::str::from_utf8(text).is_ok()
}
