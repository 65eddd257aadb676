//! Amounts as people and programs write them, read exactly.

use nexus_schema::money::Money;

use super::super::value::Value;
use super::blank::trim;
use super::decimal::Decimal;

mod dress;

use dress::Dress;

/// How amounts are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountStyle {
    /// Between the units and the decimals.
    pub decimal_mark: u8,
    /// Between groups of digits; any of them, but only one in a number.
    pub thousands_marks: Vec<String>,
    /// How large the groups are.
    pub grouping: Grouping,
    /// Texts like `$` or `EUR` that may stand before or after the number.
    pub currency_signs: Vec<String>,
    /// Which ways to write a negative amount are known.
    pub negative: NegativeForms,
    /// `1.25E+3` is 1250, as spreadsheets write it; otherwise it is no amount.
    pub exponent: bool,
}

/// How the digits of whole units are grouped, where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// In threes: `1,234,567`.
    #[default]
    Thousands,
    /// The last three, then twos: `12,34,567`, in lakhs and crores.
    Indian,
}

impl Grouping {
    /// Every grouping.
    pub const ALL: [Self; 2] = [Self::Thousands, Self::Indian];

    /// The name in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thousands => "thousands",
            Self::Indian => "indian",
        }
    }

    /// Digits of a group that is not the last; the first may have fewer.
    const fn size(self) -> usize {
        match self {
            Self::Thousands => 3,
            Self::Indian => 2,
        }
    }
}

/// The ways to write a negative amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NegativeForms {
    /// `-12.50`, also with the sign U+2212.
    pub leading_minus: bool,
    /// `12.50-`
    pub trailing_minus: bool,
    /// `(12.50)`
    pub parentheses: bool,
    /// `12.50 DR` or `12.50 CR`, and which of them is negative.
    pub suffix: Option<NegativeSuffix>,
}

/// Which of the suffixes DR and CR is negative; the other is then positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeSuffix {
    /// `12.50 DR` is -12.50: the view of the account's holder.
    Debit,
    /// `12.50 CR` is -12.50: the view of who pays.
    Credit,
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountFault {
    /// Not written in this style, or more precise than four decimals.
    Unreadable,
    /// 10^15 units or more.
    Overflow,
}

/// Digits with which the fast reading cannot reach the bound even without decimals.
const FAST_DIGITS_MAX: usize = 15;
const DECIMALS_MAX: usize = 4;
/// The power of ten from units to ten-thousandths.
const PLACES: i64 = 4;
/// Digits of the last group, whatever the grouping.
const LAST_GROUP: usize = 3;
/// Units that no amount reaches.
const BEYOND: i128 = 10_i128.pow(19);
const POWERS: [u64; DECIMALS_MAX + 1] = [1, 10, 100, 1000, 10_000];

impl AmountStyle {
    /// The amount that a value is, exactly. Texts are read in this style; numbers have the grammar
    /// of JSON, whatever the style.
    #[inline]
    pub fn read_value(&self, value: Value<'_>) -> Result<Money, AmountFault> {
        match value {
            Value::Text(text) => self.read(text),
            Value::Number(number) => read_number(number),
            Value::Missing | Value::Day(_) | Value::Moment(_) | Value::Unreadable(_) => {
                Err(AmountFault::Unreadable)
            }
        }
    }

    /// The amount that a text says, exactly.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Result<Money, AmountFault> {
        match self.read_plain(text) {
            Some(money) => Ok(money),
            None => self.read_dressed(text),
        }
    }

    /// Only digits, one mark and a leading minus: nearly every amount of nearly every file.
    #[inline]
    fn read_plain(&self, text: &[u8]) -> Option<Money> {
        let (negative, number) = match text {
            [b'-', rest @ ..] if self.negative.leading_minus => (true, rest),
            _ => (false, text),
        };
        let value = plain(number, self.decimal_mark)?;
        Money::from_ten_thousandths(if negative { -value } else { value })
    }

    /// Everything else: takes off signs until the bare number is left.
    #[cold]
    fn read_dressed(&self, text: &[u8]) -> Result<Money, AmountFault> {
        let text = std::str::from_utf8(trim(text)).map_err(|_| AmountFault::Unreadable)?;
        let mut dress = Dress::new(self);
        let bare = dress.take_off(text).ok_or(AmountFault::Unreadable)?;
        let value = self
            .number(bare.as_bytes())
            .ok_or(AmountFault::Unreadable)?;
        let value = if dress.is_negative() { -value } else { value };
        Money::from_ten_thousandths(value).ok_or(AmountFault::Overflow)
    }

    /// Ten-thousandths from digits, thousands marks and a decimal mark; or from digits, a decimal
    /// mark and an exponent.
    fn number(&self, text: &[u8]) -> Option<i128> {
        if self.exponent && text.iter().any(|b| matches!(b, b'e' | b'E')) {
            return Decimal::marked(text, self.decimal_mark)?.scaled(PLACES);
        }
        let mark = text.iter().position(|&b| b == self.decimal_mark);
        let (units, decimals) = match mark {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &[][..]),
        };
        if units.is_empty() && decimals.is_empty() || !decimals.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let (kept, surplus) = decimals.split_at(decimals.len().min(DECIMALS_MAX));
        if surplus.iter().any(|&b| b != b'0') {
            return None;
        }
        let mut value = self.units(units)?;
        for index in 0..DECIMALS_MAX {
            value = value * 10 + kept.get(index).map_or(0, |b| i128::from(b - b'0'));
        }
        Some(value)
    }

    /// The whole units. Groups must have all their digits, so that `12,50` is not taken for 1250.
    fn units(&self, text: &[u8]) -> Option<i128> {
        let mut value: i128 = 0;
        let mut rest = text;
        let mut group = 0;
        let mut mark: Option<&[u8]> = None;
        while let [first, tail @ ..] = rest {
            if first.is_ascii_digit() {
                // Beyond the bound it only has to stay there: what follows must still be read.
                value = (value * 10 + i128::from(first - b'0')).min(BEYOND);
                group += 1;
                rest = tail;
                continue;
            }
            let known = mark.or_else(|| {
                let marks = self.thousands_marks.iter().map(String::as_bytes);
                marks.into_iter().find(|known| rest.starts_with(known))
            });
            let whole_group = if mark.is_some() {
                group == self.grouping.size()
            } else {
                (1..=self.grouping.size()).contains(&group)
            };
            match known.and_then(|known| rest.strip_prefix(known)) {
                Some(tail) if whole_group => rest = tail,
                _ => return None,
            }
            mark = known;
            group = 0;
        }
        if mark.is_some() && group != LAST_GROUP {
            return None;
        }
        Some(value)
    }
}

/// A number in JSON's grammar.
#[inline]
fn read_number(text: &[u8]) -> Result<Money, AmountFault> {
    let (negative, number) = match text {
        [b'-', number @ ..] => (true, number),
        number => (false, number),
    };
    // What the fast reading takes beyond JSON: a mark first or last, and zeros before a digit.
    let begins = matches!(number, [b'0'] | [b'0', b'.', ..] | [b'1'..=b'9', ..]);
    let fast = match number.last() {
        Some(b'0'..=b'9') if begins => plain(number, b'.'),
        _ => None,
    };
    let value = match fast {
        Some(value) if negative => -value,
        Some(value) => value,
        None => Decimal::json(text)
            .and_then(|number| number.scaled(PLACES))
            .ok_or(AmountFault::Unreadable)?,
    };
    Money::from_ten_thousandths(value).ok_or(AmountFault::Overflow)
}

/// Ten-thousandths from digits and at most one mark; `None` also for what is merely long.
#[inline]
fn plain(number: &[u8], mark: u8) -> Option<i128> {
    if number.len() > FAST_DIGITS_MAX {
        return None;
    }
    let mut value: u64 = 0;
    let mut mark_at = None;
    for (index, &byte) in number.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + u64::from(digit);
        } else if byte == mark && mark_at.is_none() {
            mark_at = Some(index);
        } else {
            return None;
        }
    }
    let decimals = mark_at.map_or(0, |at| number.len() - at - 1);
    let any_digit = number.len() > usize::from(mark_at.is_some());
    if !any_digit || decimals > DECIMALS_MAX {
        return None;
    }
    Some(i128::from(value * POWERS[DECIMALS_MAX - decimals]))
}

#[cfg(test)]
mod tests;
