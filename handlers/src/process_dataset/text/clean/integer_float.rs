//! Account numbers and the like that a program took for floats.

use super::super::decimal::{Decimal, length};

/// Every integer of so many digits is exact as a float of 64 bits (IEEE 754; C's `DBL_DIG`).
const EXACT_DIGITS_MAX: i64 = 15;

/// The digits of a whole number that was written as a float: `5142124791.0`, `5.142124791E9`,
/// `5.142124791E+09`. `None` for every other text, also for an integer, which is well as it is.
///
/// Digits are never made up. Programs that print the shortest text for a float (Java, Spark) write
/// 5142120000 as `5.14212E9`: zeros at its end are left out, and known. A spreadsheet writes
/// `5.14212E+09`, with a sign, for every number that begins so: what is missing there was rounded
/// away, and the text stays.
pub(super) fn digits_of(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        return None;
    }
    let number = Decimal::json(text)?;
    let power = number.exponent.map_or(0, |exponent| exponent.power);
    if power < 0 {
        return None;
    }
    let missing = power - length(number.decimals);
    if missing > 0 {
        let rounded = number.exponent.is_some_and(|exponent| exponent.signed);
        if rounded || length(number.units) + power > EXACT_DIGITS_MAX {
            return None;
        }
    }
    let whole = usize::try_from(power).ok()?.min(number.decimals.len());
    let (more_units, fraction) = number.decimals.split_at(whole);
    if fraction.iter().any(|&b| b != b'0') {
        return None;
    }
    let mut digits = [number.units, more_units].concat();
    digits.resize(digits.len() + usize::try_from(missing).unwrap_or(0), b'0');
    // 0.51E1 is 5, and 0.0 is 0.
    let zeros = digits.iter().take_while(|&&b| b == b'0').count();
    digits.drain(..zeros.min(digits.len() - 1));
    if number.negative && digits != b"0" {
        digits.insert(0, b'-');
    }
    Some(digits)
}
