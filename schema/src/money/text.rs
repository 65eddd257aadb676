//! Amounts as text: the plain decimal that `Display`, `FromStr` and JSON share.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};

use super::TEN_THOUSANDTHS_PER_UNIT;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an optional sign, digits and at most one point.
    #[error("not a plain decimal amount")]
    NotANumber,
    /// A decimal beyond the fourth is not zero.
    #[error("more than four decimals")]
    TooPrecise,
    /// 10^15 units or more.
    #[error("amount too large for numeric(19,4)")]
    TooLarge,
}

/// Ten-thousandths from a plain decimal. The point is a dot.
pub(super) fn parse(text: &str) -> Result<i128, MoneyError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let mut value: i128 = 0;
    let mut any = false;
    let mut decimals: Option<u32> = None;
    for &byte in digits {
        match (byte, decimals) {
            (b'0'..=b'9', _) => {
                any = true;
                let digit = i128::from(byte - b'0');
                match &mut decimals {
                    Some(4) if digit == 0 => continue,
                    Some(4) => return Err(MoneyError::TooPrecise),
                    Some(count) => *count += 1,
                    None => {}
                }
                value = value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(digit))
                    .ok_or(MoneyError::TooLarge)?;
            }
            (b'.', None) => decimals = Some(0),
            _ => return Err(MoneyError::NotANumber),
        }
    }
    if !any {
        return Err(MoneyError::NotANumber);
    }
    let scale = 10_i128.pow(4 - decimals.unwrap_or(0));
    let value = value.checked_mul(scale).ok_or(MoneyError::TooLarge)?;
    Ok(if negative { -value } else { value })
}

/// Prints ten-thousandths as a decimal; honours width and alignment.
pub(super) struct Decimal {
    value: i128,
    short: bool,
}

impl Decimal {
    /// Always four decimals.
    pub(super) fn exact(value: i128) -> Self {
        Self {
            value,
            short: false,
        }
    }

    /// Two decimals where the other two are zeros.
    pub(super) fn short(value: i128) -> Self {
        Self {
            value,
            short: value % 100 == 0,
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = TEN_THOUSANDTHS_PER_UNIT.unsigned_abs();
        let magnitude = self.value.unsigned_abs();
        let (units, rest) = (magnitude / bound, magnitude % bound);
        let digits = if self.short {
            format!("{units}.{:02}", rest / 100)
        } else {
            format!("{units}.{rest:04}")
        };
        f.pad_integral(self.value >= 0, "", &digits)
    }
}

/// Deserialises from a string through `FromStr`.
pub(super) struct FromText<T>(PhantomData<T>);

impl<T> FromText<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: FromStr<Err = MoneyError>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount as a string, like \"12.5000\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse()
            .map_err(|error| E::custom(format_args!("{error}: {text:?}")))
    }
}
