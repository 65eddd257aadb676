//! The few bytes in front of each page.

use parquet::basic::Encoding;

use super::thrift::{Broken, Thrift, Wire};

/// A page as its header has it. Nothing of it has been compared with anything yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Bytes that follow the header in the file.
    pub(super) stored_bytes: usize,
    /// Bytes that they become.
    pub(super) bytes: usize,
    pub(super) kind: PageKind,
}

/// Source: `parquet.thrift`, `PageHeader` and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    Dictionary {
        values: u32,
        encoding: Encoding,
    },
    Data {
        values: u32,
        encoding: Encoding,
        /// How definition levels are encoded; repetition levels there are none.
        levels: Encoding,
    },
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: Encoding,
        definition_bytes: u32,
        repetition_bytes: u32,
        /// The values are compressed, if the column is; the levels never are.
        compressed: bool,
    },
    /// Passed, as the specification asks.
    Index,
}

impl PageHeader {
    /// Reads the header at the front, and says how long it is.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, usize), Broken> {
        let mut thrift = Thrift::new(bytes);
        let (mut page_type, mut whole, mut stored) = (None, None, None);
        let (mut data, mut dictionary, mut data_v2) = (None, None, None);
        thrift.fields(|thrift, id, wire| {
            match id {
                1 => page_type = Some(thrift.i32(wire)?),
                2 => whole = Some(size(thrift, wire)?),
                3 => stored = Some(size(thrift, wire)?),
                5 => data = Some(data_page(thrift, wire)?),
                7 => dictionary = Some(dictionary_page(thrift, wire)?),
                8 => data_v2 = Some(data_page_v2(thrift, wire)?),
                _ => thrift.pass(wire)?,
            }
            Ok(())
        })?;
        let kind = match page_type {
            Some(0) => data,
            Some(1) => Some(PageKind::Index),
            Some(2) => dictionary,
            Some(3) => data_v2,
            _ => None,
        };
        let header = Self {
            stored_bytes: stored.ok_or(Broken::Malformed)?,
            bytes: whole.ok_or(Broken::Malformed)?,
            kind: kind.ok_or(Broken::Malformed)?,
        };
        Ok((header, bytes.len() - thrift.left()))
    }
}

fn data_page(thrift: &mut Thrift<'_>, wire: Wire) -> Result<PageKind, Broken> {
    let (mut values, mut encoded, mut leveled) = (None, None, None);
    structure(thrift, wire, |thrift, id, wire| {
        match id {
            1 => values = Some(count(thrift, wire)?),
            2 => encoded = Some(encoding(thrift, wire)?),
            3 => leveled = Some(encoding(thrift, wire)?),
            _ => thrift.pass(wire)?,
        }
        Ok(())
    })?;
    Ok(PageKind::Data {
        values: values.ok_or(Broken::Malformed)?,
        encoding: encoded.ok_or(Broken::Malformed)?,
        levels: leveled.ok_or(Broken::Malformed)?,
    })
}

fn dictionary_page(thrift: &mut Thrift<'_>, wire: Wire) -> Result<PageKind, Broken> {
    let (mut values, mut encoded) = (None, None);
    structure(thrift, wire, |thrift, id, wire| {
        match id {
            1 => values = Some(count(thrift, wire)?),
            2 => encoded = Some(encoding(thrift, wire)?),
            _ => thrift.pass(wire)?,
        }
        Ok(())
    })?;
    Ok(PageKind::Dictionary {
        values: values.ok_or(Broken::Malformed)?,
        encoding: encoded.ok_or(Broken::Malformed)?,
    })
}

fn data_page_v2(thrift: &mut Thrift<'_>, wire: Wire) -> Result<PageKind, Broken> {
    let mut counts = [None; 5];
    let mut encoded = None;
    let mut compressed = true;
    structure(thrift, wire, |thrift, id, wire| {
        match (id, wire) {
            (1, _) => counts[0] = Some(count(thrift, wire)?),
            (2, _) => counts[1] = Some(count(thrift, wire)?),
            (3, _) => counts[2] = Some(count(thrift, wire)?),
            (4, _) => encoded = Some(encoding(thrift, wire)?),
            (5, _) => counts[3] = Some(count(thrift, wire)?),
            (6, _) => counts[4] = Some(count(thrift, wire)?),
            (7, Wire::Bool(value)) => compressed = value,
            (7, _) => return Err(Broken::Malformed),
            _ => thrift.pass(wire)?,
        }
        Ok(())
    })?;
    let [
        Some(values),
        Some(nulls),
        Some(rows),
        Some(definition_bytes),
        Some(repetition_bytes),
    ] = counts
    else {
        return Err(Broken::Malformed);
    };
    Ok(PageKind::DataV2 {
        values,
        nulls,
        rows,
        encoding: encoded.ok_or(Broken::Malformed)?,
        definition_bytes,
        repetition_bytes,
        compressed,
    })
}

fn structure(
    thrift: &mut Thrift<'_>,
    wire: Wire,
    take: impl FnMut(&mut Thrift<'_>, i16, Wire) -> Result<(), Broken>,
) -> Result<(), Broken> {
    match wire {
        Wire::Struct => {
            let mut take = take;
            thrift.fields(|thrift, id, wire| take(thrift, id, wire))
        }
        _ => Err(Broken::Malformed),
    }
}

fn count(thrift: &mut Thrift<'_>, wire: Wire) -> Result<u32, Broken> {
    u32::try_from(thrift.i32(wire)?).map_err(|_| Broken::Malformed)
}

fn size(thrift: &mut Thrift<'_>, wire: Wire) -> Result<usize, Broken> {
    usize::try_from(thrift.i32(wire)?).map_err(|_| Broken::Malformed)
}

fn encoding(thrift: &mut Thrift<'_>, wire: Wire) -> Result<Encoding, Broken> {
    #[expect(deprecated, reason = "files that old writers left have it")]
    Ok(match thrift.i32(wire)? {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        4 => Encoding::BIT_PACKED,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return Err(Broken::Malformed),
    })
}
