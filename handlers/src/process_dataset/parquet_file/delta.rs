//! How much texts in the delta encodings come to, found before they are decoded.
//!
//! The crate's decoders set aside memory for as many lengths as the data says there are, and a
//! text that repeats its predecessor's first megabyte is a new megabyte: a page of 100 KB can
//! become many gigabytes. Source of the layout: `Encodings.md` of the Parquet format.

use parquet::basic::Encoding;

use super::thrift::{Broken, Thrift};

/// Bytes that each length takes while its page is read, for two lengths and the text's own place.
const PLACE_BYTES: u64 = 2 * 4 + 64;

/// Bytes of memory that the values of a page take beyond those of the page. `data` begins with
/// the values, of which there are at most `values`.
pub(super) fn extra_bytes(encoding: Encoding, data: &[u8], values: u32) -> Result<u64, Broken> {
    let mut rest = Thrift::new(data);
    match encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            let lengths = Lengths::read(&mut rest, values)?;
            Ok(lengths.count * PLACE_BYTES)
        }
        Encoding::DELTA_BYTE_ARRAY => {
            let shared = Lengths::read(&mut rest, values)?;
            let own = Lengths::read(&mut rest, values)?;
            Ok(shared.count.max(own.count) * PLACE_BYTES + shared.sum + own.sum)
        }
        _ => Ok(0),
    }
}

/// Lengths in `DELTA_BINARY_PACKED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lengths {
    count: u64,
    sum: u64,
}

impl Lengths {
    fn read(data: &mut Thrift<'_>, values: u32) -> Result<Self, Broken> {
        let block = data.varint()?;
        let minis = data.varint()?;
        let count = data.varint()?;
        if count > u64::from(values) || minis == 0 || !block.is_multiple_of(minis) {
            return Err(Broken::Malformed);
        }
        let per_mini = block / minis;
        if per_mini == 0 || !per_mini.is_multiple_of(32) {
            return Err(Broken::Malformed);
        }
        let mut length = data.zigzag()?;
        let mut sum = 0;
        let mut left = count;
        if left > 0 {
            sum += plausible(length)?;
            left -= 1;
        }
        let minis = usize::try_from(minis).map_err(|_| Broken::Malformed)?;
        while left > 0 {
            let least = data.zigzag()?;
            for &width in data.take(minis)? {
                if left == 0 {
                    break;
                }
                if width > 32 {
                    return Err(Broken::Malformed);
                }
                let bits = per_mini
                    .checked_mul(u64::from(width))
                    .ok_or(Broken::Short)?;
                let packed = usize::try_from(bits / 8).map_err(|_| Broken::Short)?;
                let packed = data.take(packed)?;
                let here = left.min(per_mini);
                for index in 0..here {
                    let delta = least.checked_add(unpack(packed, index, u32::from(width)));
                    length = delta
                        .and_then(|delta| length.checked_add(delta))
                        .ok_or(Broken::Malformed)?;
                    sum += plausible(length)?;
                }
                left -= here;
            }
        }
        Ok(Self { count, sum })
    }
}

/// A length is a 32-bit number that is not negative.
fn plausible(length: i64) -> Result<u64, Broken> {
    u32::try_from(length)
        .map(u64::from)
        .map_err(|_| Broken::Malformed)
}

/// A number of `width` bits, least significant bit first.
fn unpack(packed: &[u8], index: u64, width: u32) -> i64 {
    let bit = index * u64::from(width);
    let start = usize::try_from(bit / 8).unwrap_or(usize::MAX);
    let mut window = [0; 8];
    let there = packed.get(start..).unwrap_or_default();
    let count = there.len().min(window.len());
    window[..count].copy_from_slice(&there[..count]);
    let value = u64::from_le_bytes(window) >> (bit % 8) & ((1 << width) - 1);
    value.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block of 128 values in 4 parts of 32: 5 values 3, 5, 9, 9, 10 with deltas from 0 of 3 bits.
    const LENGTHS: [u8; 19] = [
        0x80,
        0x01,
        0x04,
        0x05,
        0x06,
        0x00,
        3,
        9,
        9,
        9,
        0b0010_0010,
        0b0000_0010,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];

    fn padded() -> Vec<u8> {
        // 32 values of 3 bits are 12 bytes.
        let mut bytes = LENGTHS.to_vec();
        bytes.resize(10 + 12, 0);
        bytes
    }

    #[test]
    fn lengths_are_counted_and_summed() {
        let bytes = padded();
        let mut data = Thrift::new(&bytes);
        let lengths = Lengths::read(&mut data, 5).unwrap();
        assert_eq!(lengths, Lengths { count: 5, sum: 36 });
        assert_eq!(data.left(), 0);
        assert_eq!(
            Lengths::read(&mut Thrift::new(&bytes), 4),
            Err(Broken::Malformed)
        );
        for cut in 0..bytes.len() {
            Lengths::read(&mut Thrift::new(&bytes[..cut]), 5).unwrap_err();
        }
    }

    #[test]
    fn shared_beginnings_count_each_time() {
        let bytes = [padded(), padded()].concat();
        let extra = extra_bytes(Encoding::DELTA_BYTE_ARRAY, &bytes, 5).unwrap();
        assert_eq!(extra, 5 * PLACE_BYTES + 72);
        assert_eq!(extra_bytes(Encoding::PLAIN, &bytes, 5), Ok(0));
    }

    #[test]
    fn blocks_without_values_do_not_go_on_for_ever() {
        // A block of 0 values.
        let bytes = [0, 1, 100, 0, 0, 0, 0, 0];
        assert_eq!(
            Lengths::read(&mut Thrift::new(&bytes), 200),
            Err(Broken::Malformed)
        );
    }
}
