//! The metadata at a file's end: whether it is there, whether it can be, and what it says.

use parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};

use super::super::input::InputError;
use super::super::stored::Stored;
use super::bounds::ParquetBounds;
use super::fault::{damaged, guarded, too_large, unsupported};
use super::thrift::{Broken, Fields, Shape, Thrift, Wire};

const MAGIC: [u8; 4] = *b"PAR1";
const ENCRYPTED_MAGIC: [u8; 4] = *b"PARE";
/// The footer's length and the magic behind it.
const TAIL_BYTES: usize = 8;
/// Groups in one another. The crate's reader recurses once for each.
const DEPTH_MAX: usize = 32;

/// Reads the metadata. Row groups are known to add up to the file's rows.
pub(super) fn read(stored: &Stored, bounds: &ParquetBounds) -> Result<ParquetMetaData, InputError> {
    let bytes = stored.length().map_err(InputError::Io)?;
    if bytes == 0 {
        return Err(InputError::Empty);
    }
    let enclosing = (MAGIC.len() + TAIL_BYTES) as u64;
    if bytes < enclosing {
        return Err(damaged("it is shorter than an empty one"));
    }
    let read_at = |offset, count| stored.read_at(offset, count).map_err(InputError::Io);
    let head = read_at(0, MAGIC.len())?;
    let tail = read_at(bytes - TAIL_BYTES as u64, TAIL_BYTES)?;
    if tail[4..] == ENCRYPTED_MAGIC || head[..] == ENCRYPTED_MAGIC {
        return Err(unsupported("it is encrypted: write it without encryption"));
    }
    if head[..] != MAGIC {
        return Err(damaged("it does not begin with PAR1"));
    }
    if tail[4..] != MAGIC {
        return Err(damaged("it does not end with PAR1: most likely it was cut"));
    }
    let footer_bytes = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
    if u64::from(footer_bytes) > bytes - enclosing {
        return Err(damaged(format!(
            "its metadata is said to have {footer_bytes} bytes, but the file has {bytes}"
        )));
    }
    if u64::from(footer_bytes) > bounds.footer_bytes_max {
        return Err(too_large(format!(
            "its metadata has {footer_bytes} bytes, more than {}",
            bounds.footer_bytes_max
        )));
    }
    let start = bytes - TAIL_BYTES as u64 - u64::from(footer_bytes);
    let footer = read_at(start, usize::try_from(footer_bytes).unwrap_or(usize::MAX))?;
    check(&footer)?;
    // Statistics are not used, and there are writers that get them wrong.
    let options = ParquetMetaDataOptions::new()
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
    let metadata =
        guarded(|| ParquetMetaDataReader::decode_metadata_with_options(&footer, Some(&options)))?;
    check_rows(&metadata)?;
    Ok(metadata)
}

/// Looks for what the crate's reader would believe: a group that claims a billion children has
/// it set aside memory for them, and groups that lie in one another without end have it overflow
/// its stack. Both end the process, so neither can be caught.
fn check(footer: &[u8]) -> Result<(), InputError> {
    let mut encrypted = false;
    let looked = Thrift::new(footer).fields(|thrift, id, wire| match id {
        1 => thrift.i32(wire).map(drop),
        2 => check_schema(thrift, wire),
        8 => {
            encrypted = true;
            thrift.pass(wire)
        }
        _ => thrift.pass(wire),
    });
    match looked {
        Ok(()) if encrypted => Err(unsupported(
            "some of its columns are encrypted: write it without encryption",
        )),
        Ok(()) => Ok(()),
        Err(Broken::Short) => Err(damaged("its metadata ends in the middle")),
        Err(Broken::Malformed) => Err(damaged("its metadata cannot be read")),
    }
}

/// The schema is a tree, listed depth first; each group says how many children follow.
fn check_schema(thrift: &mut Thrift<'_>, wire: Wire) -> Result<(), Broken> {
    let count = thrift.structs(wire)?;
    // Children that are still to come, for each group that is open.
    let mut open: Vec<usize> = Vec::with_capacity(DEPTH_MAX);
    for index in 0..count {
        let children = schema_element(thrift)?;
        if let Some(left) = open.last_mut() {
            *left -= 1;
        } else if index > 0 {
            return Err(Broken::Malformed);
        }
        if children > count - index - 1 || open.len() == DEPTH_MAX {
            return Err(Broken::Malformed);
        }
        open.push(children);
        while open.pop_if(|left| *left == 0).is_some() {}
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(Broken::Malformed)
    }
}

/// How many children it claims. Every field is of the type that it should be, so that the crate's
/// reader, which does not look at types, sees the same ones.
fn schema_element(thrift: &mut Thrift<'_>) -> Result<usize, Broken> {
    let mut children = 0;
    thrift.fields(|thrift, id, wire| match id {
        5 => {
            children = usize::try_from(thrift.i32(wire)?).map_err(|_| Broken::Malformed)?;
            Ok(())
        }
        1..=3 | 6..=9 => thrift.i32(wire).map(drop),
        4 => thrift.pass_shaped(wire, &Shape::Binary),
        10 => thrift.pass_shaped(wire, &Shape::Struct(LOGICAL_TYPE)),
        _ => thrift.pass(wire),
    })?;
    Ok(children)
}

/// Source: `parquet.thrift`, union `LogicalType`.
const LOGICAL_TYPE: Fields = &[
    (1, Shape::Struct(&[])),
    (2, Shape::Struct(&[])),
    (3, Shape::Struct(&[])),
    (4, Shape::Struct(&[])),
    (5, Shape::Struct(&[(1, Shape::I32), (2, Shape::I32)])),
    (6, Shape::Struct(&[])),
    (7, Shape::Struct(TIME)),
    (8, Shape::Struct(TIME)),
    (10, Shape::Struct(&[(1, Shape::I8), (2, Shape::Bool)])),
    (11, Shape::Struct(&[])),
    (12, Shape::Struct(&[])),
    (13, Shape::Struct(&[])),
    (14, Shape::Struct(&[])),
    (15, Shape::Struct(&[])),
    (16, Shape::Struct(&[(1, Shape::I8)])),
    (17, Shape::Struct(&[(1, Shape::Binary)])),
    (18, Shape::Struct(&[(1, Shape::Binary), (2, Shape::I32)])),
    (19, Shape::Struct(&[])),
];
const TIME: Fields = &[
    (1, Shape::Bool),
    (
        2,
        Shape::Struct(&[
            (1, Shape::Struct(&[])),
            (2, Shape::Struct(&[])),
            (3, Shape::Struct(&[])),
        ]),
    ),
];

fn check_rows(metadata: &ParquetMetaData) -> Result<(), InputError> {
    let said = metadata.file_metadata().num_rows();
    let mut sum = 0_i64;
    for group in metadata.row_groups() {
        let rows = group.num_rows();
        sum = sum
            .checked_add(rows)
            .filter(|_| rows >= 0)
            .ok_or_else(|| damaged(format!("a row group is said to have {rows} rows")))?;
    }
    if sum == said {
        Ok(())
    } else {
        Err(damaged(format!(
            "it is said to have {said} rows, but its row groups have {sum}"
        )))
    }
}
