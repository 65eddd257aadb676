//! Values that are written out as text once, for a whole batch, into one buffer.

use std::fmt::Write as _;

use super::super::reject::RejectReason;
use super::kind::Tick;
use super::moment;

/// Bytes of a 128-bit number.
const WIDE_BYTES: usize = 16;
/// Digits of the largest 128-bit number.
const DIGITS_MAX: usize = 39;

/// Texts one behind the other. One that is empty stands for a value that cannot be written.
#[derive(Debug, Default)]
pub(super) struct Written {
    text: String,
    ends: Vec<usize>,
}

impl Written {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// The text at a place; `None` where the value could not be written.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<&[u8]> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        let text = &self.text.as_bytes()[start..self.ends[place]];
        (!text.is_empty()).then_some(text)
    }

    /// A value that cannot be written.
    pub(super) fn skip(&mut self) {
        self.ends.push(self.text.len());
    }

    /// A number of `value` with its last `scale` digits behind the point, and no zeros at the end
    /// there.
    #[inline]
    pub(super) fn decimal(&mut self, value: i128, scale: u32) {
        let mut digits = [b'0'; DIGITS_MAX + 1];
        let mut start = digits.len();
        let mut left = value.unsigned_abs();
        while left > u128::from(u64::MAX) && start > 0 {
            start -= 1;
            digits[start] = digit(u64::try_from(left % 10).unwrap_or(0));
            left /= 10;
        }
        // Divisions of 64 bits are several times faster.
        let mut left = u64::try_from(left).unwrap_or(u64::MAX);
        while left > 0 && start > 0 {
            start -= 1;
            digits[start] = digit(left);
            left /= 10;
        }
        let point = digits.len() - (scale as usize).min(DIGITS_MAX);
        let start = start.min(point - 1);
        let (units, decimals) = (&digits[start..point], &digits[point..]);
        let zeros = decimals.iter().rev().take_while(|digit| **digit == b'0');
        let decimals = &decimals[..decimals.len() - zeros.count()];
        if value < 0 {
            self.text.push('-');
        }
        self.push_ascii(units);
        if !decimals.is_empty() {
            self.text.push('.');
            self.push_ascii(decimals);
        }
        self.skip();
    }

    /// The same of a number in big-endian two's complement of any length. One that 128 bits
    /// cannot hold, or that is not there, is not written.
    #[inline]
    pub(super) fn wide_decimal(&mut self, bytes: &[u8], scale: u32) {
        match wide(bytes) {
            Some(value) => self.decimal(value, scale),
            None => self.skip(),
        }
    }

    /// The shortest decimal that names the float; `NaN`, `inf` or `-inf` where it is none.
    pub(super) fn double(&mut self, value: f64) {
        let _ = write!(self.text, "{value}");
        self.skip();
    }

    /// The same for a float of half the width, which fewer digits name.
    pub(super) fn float(&mut self, value: f32) {
        let _ = write!(self.text, "{value}");
        self.skip();
    }

    /// `hh:mm:ss`, and `.ffffff` where there are microseconds.
    pub(super) fn time_of_day(&mut self, steps: i64, unit: Tick) {
        let parts = moment::micros(steps, unit).and_then(moment::time_of_day);
        if let Some([hours, minutes, seconds, micros]) = parts {
            let _ = write!(self.text, "{hours:02}:{minutes:02}:{seconds:02}");
            if micros > 0 {
                let _ = write!(self.text, ".{micros:06}");
            }
        }
        self.skip();
    }

    /// 16 bytes as `00112233-4455-6677-8899-aabbccddeeff`.
    pub(super) fn uuid(&mut self, bytes: &[u8]) {
        if bytes.len() == WIDE_BYTES {
            for (index, byte) in bytes.iter().enumerate() {
                let dash = if matches!(index, 4 | 6 | 8 | 10) {
                    "-"
                } else {
                    ""
                };
                let _ = write!(self.text, "{dash}{byte:02x}");
            }
        }
        self.skip();
    }

    fn push_ascii(&mut self, digits: &[u8]) {
        self.text
            .extend(digits.iter().map(|&digit| char::from(digit)));
    }
}

/// Why a number that is missing from a batch's text could not be written.
pub(super) const UNWRITABLE_NUMBER: RejectReason = RejectReason::BadAmount;

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or(0)
}

fn wide(bytes: &[u8]) -> Option<i128> {
    let fill = match bytes.first()? {
        byte if byte & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut value = [fill; WIDE_BYTES];
    let surplus = bytes.len().saturating_sub(WIDE_BYTES);
    let (beyond, low) = bytes.split_at(surplus);
    value[WIDE_BYTES - low.len()..].copy_from_slice(low);
    let same_sign = (value[0] ^ fill) & 0x80 == 0;
    (same_sign && beyond.iter().all(|byte| *byte == fill)).then(|| i128::from_be_bytes(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Written)) -> String {
        let mut texts = Written::default();
        texts.skip();
        write(&mut texts);
        let text = texts.get(1).unwrap_or(b"(none)");
        String::from_utf8(text.to_vec()).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        for (value, scale, text) in [
            (0, 0, "0"),
            (0, 4, "0"),
            (-5, 2, "-0.05"),
            (1250, 2, "12.5"),
            (120_000, 4, "12"),
            (-1_000_000, 0, "-1000000"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
            (i128::MAX, 38, "1.70141183460469231731687303715884105727"),
            (1, 38, "0.00000000000000000000000000000000000001"),
        ] {
            assert_eq!(written(|texts| texts.decimal(value, scale)), text);
        }
        for (bytes, text) in [
            (&[0xff][..], "-0.01"),
            (&[0x00, 0xff], "2.55"),
            (&[0; 20], "0"),
            (&[0xff; 20], "-0.01"),
            (&[], "(none)"),
            (&[1; 17], "(none)"),
            // 2^127: the sign's bit is taken.
            (
                &[0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                "(none)",
            ),
        ] {
            assert_eq!(written(|texts| texts.wide_decimal(bytes, 2)), text);
        }
    }

    #[test]
    fn floats_times_and_uuids() {
        assert_eq!(written(|texts| texts.double(0.1)), "0.1");
        assert_eq!(written(|texts| texts.float(0.1)), "0.1");
        assert_eq!(
            written(|texts| texts.double(1e21)),
            "1000000000000000000000"
        );
        assert_eq!(written(|texts| texts.double(f64::NAN)), "NaN");
        assert_eq!(written(|texts| texts.double(f64::NEG_INFINITY)), "-inf");
        let nanos = 3_661_000_000_000;
        assert_eq!(
            written(|texts| texts.time_of_day(nanos, Tick::Nanos)),
            "01:01:01"
        );
        assert_eq!(
            written(|texts| texts.time_of_day(1, Tick::Millis)),
            "00:00:00.001000"
        );
        assert_eq!(
            written(|texts| texts.time_of_day(-1, Tick::Micros)),
            "(none)"
        );
        assert_eq!(
            written(|texts| texts.uuid(&[0xab; 16])),
            "abababab-abab-abab-abab-abababababab"
        );
        assert_eq!(written(|texts| texts.uuid(&[0xab; 15])), "(none)");
    }

    proptest! {
        #[test]
        fn decimals_read_back(value: i128, scale in 0_u32..=38) {
            let text = written(|texts| texts.decimal(value, scale));
            let (units, decimals) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert!(!decimals.ends_with('0') && units.len() <= 40);
            let padded = format!("{units}{decimals:0<width$}", width = scale as usize);
            prop_assert_eq!(padded.parse::<i128>().unwrap(), value);
            prop_assert_eq!(wide(&value.to_be_bytes()), Some(value));
        }
    }
}
