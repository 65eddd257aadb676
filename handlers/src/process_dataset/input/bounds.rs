//! How much a file may come to, so that a small one cannot exhaust memory, disk or patience.

use super::InputError;

/// Decoded bytes below which the ratio is not looked at: small files that are very regular
/// compress a thousandfold and harm nobody.
pub(in super::super) const RATIO_FLOOR_BYTES: u64 = 64 * 1024 * 1024;

/// Bounds of reading one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputBounds {
    /// Bytes read from the file at a time.
    pub block_bytes: usize,
    /// Bytes that the file may come to once decompressed.
    pub decoded_bytes_max: u64,
    /// Decompressed bytes for each byte read, beyond [64 MiB](RATIO_FLOOR_BYTES) decompressed.
    pub decoded_ratio_max: u32,
}

impl InputBounds {
    /// Whether reading may go on after this many bytes, read and decompressed.
    pub(super) fn check(&self, raw_bytes: u64, decoded_bytes: u64) -> Result<(), InputError> {
        if decoded_bytes > self.decoded_bytes_max {
            return Err(InputError::TooLarge {
                decoded_bytes_max: self.decoded_bytes_max,
            });
        }
        let allowed = raw_bytes.saturating_mul(self.decoded_ratio_max.into());
        if decoded_bytes > allowed.max(RATIO_FLOOR_BYTES) {
            return Err(InputError::TooCompressed {
                raw_bytes,
                decoded_bytes,
                decoded_ratio_max: self.decoded_ratio_max,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_exact() {
        let bounds = InputBounds {
            block_bytes: 1,
            decoded_bytes_max: 10 * RATIO_FLOOR_BYTES,
            decoded_ratio_max: 100,
        };
        let floor = RATIO_FLOOR_BYTES;
        assert!(bounds.check(1, floor).is_ok());
        assert!(matches!(
            bounds.check(1, floor + 1),
            Err(InputError::TooCompressed { raw_bytes: 1, decoded_bytes, decoded_ratio_max: 100 })
                if decoded_bytes == floor + 1
        ));
        assert!(bounds.check(floor / 50, floor / 50 * 100).is_ok());
        assert!(bounds.check(floor / 50, floor / 50 * 100 + 1).is_err());
        assert!(bounds.check(10 * floor, 10 * floor).is_ok());
        assert!(matches!(
            bounds.check(u64::MAX, 10 * floor + 1),
            Err(InputError::TooLarge { decoded_bytes_max }) if decoded_bytes_max == 10 * floor
        ));
    }
}
