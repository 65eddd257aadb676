//! The smallest and the largest value of a column, by their bytes.

use super::kept::Kept;
use super::kind::ValueKind;

/// The extremes of the values added so far, as far as they are held: the smallest of the heads is
/// the head of the smallest.
#[derive(Debug, Default)]
pub(super) struct Range {
    extremes: Option<(Extreme, Extreme)>,
}

#[derive(Clone, Copy, Debug)]
struct Extreme {
    /// Settles nearly every comparison.
    first: u128,
    value: Kept,
}

impl Extreme {
    fn of(first: u128, bytes: &[u8]) -> Self {
        Self {
            first,
            value: Kept::of(bytes),
        }
    }
}

impl Range {
    #[inline]
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let first = first_16(bytes);
        let Some((min, max)) = &mut self.extremes else {
            let only = Extreme::of(first, bytes);
            self.extremes = Some((only, only));
            return;
        };
        if first <= min.first && (first < min.first || Kept::head(bytes) < min.value.bytes()) {
            *min = Extreme::of(first, bytes);
        }
        if first >= max.first && (first > max.first || Kept::head(bytes) > max.value.bytes()) {
            *max = Extreme::of(first, bytes);
        }
    }

    pub(super) fn show(&self, kind: ValueKind) -> Option<(String, String)> {
        let (min, max) = self.extremes.as_ref()?;
        Some((min.value.show(kind), max.value.show(kind)))
    }
}

/// The first 16 bytes as a number that orders as they do, zeros standing for what is missing.
#[inline]
fn first_16(bytes: &[u8]) -> u128 {
    if let Some(first) = bytes.first_chunk() {
        return u128::from_be_bytes(*first);
    }
    let Some(missing) = 16_usize
        .checked_sub(bytes.len())
        .filter(|&missing| missing < 16)
    else {
        return 0;
    };
    // The beginning and the end, put where each belongs; what they share is the same in both.
    let (start, end) = if let Some(ends) = ends::<8>(bytes) {
        let [start, end] = ends.map(u64::from_be_bytes);
        (u128::from(start) << 64, u128::from(end))
    } else if let Some(ends) = ends::<4>(bytes) {
        let [start, end] = ends.map(u32::from_be_bytes);
        (u128::from(start) << 96, u128::from(end))
    } else {
        let all = bytes
            .iter()
            .fold(0, |all, &byte| (all << 8) | u128::from(byte));
        (0, all)
    };
    start | (end << (8 * missing))
}

/// The first and the last so many bytes, which may overlap.
#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<[[u8; N]; 2]> {
    Some([*bytes.first_chunk()?, *bytes.last_chunk()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_16_bytes_are_padded_at_every_length() {
        let bytes: Vec<u8> = (1..=20).collect();
        for length in 0..=bytes.len() {
            let mut padded = [0; 16];
            let head = &bytes[..length.min(16)];
            padded[..head.len()].copy_from_slice(head);
            let expected = u128::from_be_bytes(padded);
            assert_eq!(first_16(&bytes[..length]), expected, "{length}");
        }
    }
}
