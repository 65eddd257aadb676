//! Amounts on the wire: Postgres's binary `numeric`.
//!
//! The layout is four 16-bit words (number of digits, weight of the first digit, sign, decimals
//! to show) and then the digits in base 10,000, most significant first. One ten-thousandth is
//! the last place of the first digit after the point, so an amount's base-10,000 digits are
//! exactly those of the integer. Leading and trailing zero digits are left out, as the server
//! itself does.

use std::io::Write;

use diesel::data_types::PgNumeric;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Numeric;

use super::{Money, Total};

/// Decimals that `numeric(19,4)` shows.
const DISPLAY_SCALE: u16 = 4;
const NEGATIVE: u16 = 0x4000;
const BASE: u128 = 10_000;
/// Base-10,000 digits of the largest i128, with room to spare.
const DIGITS_MAX: usize = 10;
const HEAD_BYTES: usize = 8;

/// One amount in Postgres's binary `numeric` form, without a length in front.
#[derive(Clone, Copy, Debug)]
pub struct NumericWire {
    bytes: [u8; HEAD_BYTES + 2 * DIGITS_MAX],
    len: u8,
}

impl NumericWire {
    /// The bytes as the server sends and takes them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    #[inline]
    fn from_digits(negative: bool, digits: &[u16], lowest_index: u16) -> Self {
        // `digits` has no zero at either end; its last element stands at base-10,000 place
        // `lowest_index`, counted from the ten-thousandths.
        let count = u16::try_from(digits.len()).unwrap_or_default();
        let weight = (lowest_index + count).wrapping_sub(2);
        let head = [
            count,
            if count == 0 { 0 } else { weight },
            if negative { NEGATIVE } else { 0 },
            DISPLAY_SCALE,
        ];
        let mut bytes = [0; HEAD_BYTES + 2 * DIGITS_MAX];
        let mut len = 0;
        for (slot, word) in bytes.chunks_exact_mut(2).zip(head.iter().chain(digits)) {
            slot.copy_from_slice(&word.to_be_bytes());
            len += 2;
        }
        Self { bytes, len }
    }
}

impl From<Money> for NumericWire {
    /// The hot path of loading: every magnitude fits in 64 bits and five digits.
    #[inline]
    fn from(money: Money) -> Self {
        let value = money.ten_thousandths();
        let mut rest = u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX);
        let mut digits = [0_u16; 5];
        let mut first = 5;
        while rest != 0 && first > 0 {
            first -= 1;
            digits[first] = u16::try_from(rest % 10_000).unwrap_or_default();
            rest /= 10_000;
        }
        let mut last = 5;
        let mut lowest_index = 0;
        while last > first && digits[last - 1] == 0 {
            last -= 1;
            lowest_index += 1;
        }
        Self::from_digits(value < 0, &digits[first..last], lowest_index)
    }
}

impl From<Total> for NumericWire {
    fn from(total: Total) -> Self {
        let value = total.ten_thousandths();
        let mut rest = value.unsigned_abs();
        let mut lowest_index = 0;
        while rest != 0 && rest.is_multiple_of(BASE) {
            rest /= BASE;
            lowest_index += 1;
        }
        let mut digits = [0_u16; DIGITS_MAX];
        let mut first = DIGITS_MAX;
        while rest != 0 && first > 0 {
            first -= 1;
            digits[first] = u16::try_from(rest % BASE).unwrap_or_default();
            rest /= BASE;
        }
        Self::from_digits(value < 0, &digits[first..], lowest_index)
    }
}

/// Ten-thousandths from a value that the server sent.
fn ten_thousandths(numeric: &PgNumeric) -> Result<i128, &'static str> {
    let (negative, weight, digits) = match numeric {
        PgNumeric::Positive { weight, digits, .. } => (false, *weight, digits),
        PgNumeric::Negative { weight, digits, .. } => (true, *weight, digits),
        PgNumeric::NaN => return Err("NaN is no amount of money"),
    };
    let mut value: i128 = 0;
    // Place -1 is the ten-thousandths.
    let mut place = i32::from(weight);
    for &digit in digits {
        if place < -1 && digit != 0 {
            return Err("amount with more than four decimals");
        }
        if place >= -1 {
            value = value
                .checked_mul(10_000)
                .and_then(|v| v.checked_add(i128::from(digit)))
                .ok_or("amount too large")?;
        }
        place -= 1;
    }
    while value != 0 && place >= -1 {
        value = value.checked_mul(10_000).ok_or("amount too large")?;
        place -= 1;
    }
    Ok(if negative { -value } else { value })
}

impl FromSql<Numeric, Pg> for Money {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let value = ten_thousandths(&PgNumeric::from_sql(bytes)?)?;
        Self::from_ten_thousandths(value).ok_or_else(|| "amount too large for numeric(19,4)".into())
    }
}

impl FromSql<Numeric, Pg> for Total {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_ten_thousandths(ten_thousandths(
            &PgNumeric::from_sql(bytes)?,
        )?))
    }
}

impl ToSql<Numeric, Pg> for Money {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(NumericWire::from(*self).as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Numeric, Pg> for Total {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(NumericWire::from(*self).as_bytes())?;
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> String {
        let wire = NumericWire::from(text.parse::<Money>().unwrap());
        wire.as_bytes()
            .chunks(2)
            .fold(String::new(), |mut all, word| {
                write!(all, "{:02x}{:02x} ", word[0], word[1]).unwrap();
                all
            })
    }

    /// Reads the words back as diesel would, without a connection.
    fn read(wire: &NumericWire) -> PgNumeric {
        let words: Vec<u16> = wire
            .as_bytes()
            .chunks(2)
            .map(|w| u16::from_be_bytes([w[0], w[1]]))
            .collect();
        let weight = words[1].cast_signed();
        let digits: Vec<i16> = words[4..].iter().map(|word| word.cast_signed()).collect();
        assert_eq!(usize::from(words[0]), digits.len());
        match words[2] {
            0 => PgNumeric::Positive {
                weight,
                scale: words[3],
                digits,
            },
            NEGATIVE => PgNumeric::Negative {
                weight,
                scale: words[3],
                digits,
            },
            other => panic!("sign {other}"),
        }
    }

    /// What Postgres 15 answers to `select numeric_send(x::numeric(19,4))`.
    #[test]
    fn bytes_are_those_of_the_server() {
        assert_eq!(hex("0"), "0000 0000 0000 0004 ");
        assert_eq!(hex("1"), "0001 0000 0000 0004 0001 ");
        assert_eq!(hex("-12.5"), "0002 0000 4000 0004 000c 1388 ");
        assert_eq!(hex("0.0001"), "0001 ffff 0000 0004 0001 ");
        assert_eq!(hex("10000"), "0001 0001 0000 0004 0001 ");
        assert_eq!(
            hex("100000000.0001"),
            "0004 0002 0000 0004 0001 0000 0000 0001 "
        );
        assert_eq!(
            hex("-999999999999999.9999"),
            "0005 0003 4000 0004 03e7 270f 270f 270f 270f "
        );
    }

    proptest! {
        #[test]
        fn wire_round_trips(value in -9_999_999_999_999_999_999_i128..=9_999_999_999_999_999_999) {
            let money = Money::from_ten_thousandths(value).unwrap();
            let wire = NumericWire::from(money);
            prop_assert_eq!(ten_thousandths(&read(&wire)).unwrap(), value);
            let total = NumericWire::from(Total::from(money));
            prop_assert_eq!(total.as_bytes(), wire.as_bytes());
        }

        #[test]
        fn sparse_digits_round_trip(digit in 1_i128..10_000, place in 0_u32..8, low in 0_i128..2) {
            let value = digit * 10_000_i128.pow(place) + low;
            let wire = NumericWire::from(Total::from_ten_thousandths(value));
            prop_assert_eq!(ten_thousandths(&read(&wire)).unwrap(), value);
        }
    }
}
