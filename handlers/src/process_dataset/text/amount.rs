//! Amounts as people and programs write them, read exactly.

use nexus_schema::money::Money;

use super::blank::trim;

/// How amounts are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountStyle {
    /// Between the units and the decimals.
    pub decimal_mark: u8,
    /// Between groups of three digits; any of them, but only one in a number.
    pub thousands_marks: Vec<String>,
    /// Texts like `$` or `EUR` that may stand before or after the number.
    pub currency_signs: Vec<String>,
    /// Which ways to write a negative amount are known.
    pub negative: NegativeForms,
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
/// Units that no amount reaches.
const BEYOND: i128 = 10_i128.pow(19);
const POWERS: [u64; DECIMALS_MAX + 1] = [1, 10, 100, 1000, 10_000];

impl AmountStyle {
    /// The amount, exactly.
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
        if number.len() > FAST_DIGITS_MAX {
            return None;
        }
        let mut value: u64 = 0;
        let mut mark_at = None;
        for (index, &byte) in number.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                value = value * 10 + u64::from(digit);
            } else if byte == self.decimal_mark && mark_at.is_none() {
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
        let value = i128::from(value * POWERS[DECIMALS_MAX - decimals]);
        Money::from_ten_thousandths(if negative { -value } else { value })
    }

    /// Everything else: takes off signs until the bare number is left.
    #[cold]
    fn read_dressed(&self, text: &[u8]) -> Result<Money, AmountFault> {
        let text = std::str::from_utf8(trim(text)).map_err(|_| AmountFault::Unreadable)?;
        let mut dress = Dress {
            style: self,
            negative: None,
            currency_seen: false,
        };
        let bare = dress.take_off(text).ok_or(AmountFault::Unreadable)?;
        let value = self
            .number(bare.as_bytes())
            .ok_or(AmountFault::Unreadable)?;
        let value = if dress.negative == Some(true) {
            -value
        } else {
            value
        };
        Money::from_ten_thousandths(value).ok_or(AmountFault::Overflow)
    }

    /// Ten-thousandths from digits, thousands marks and a decimal mark.
    fn number(&self, text: &[u8]) -> Option<i128> {
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

    /// The whole units. Groups must be of three digits, so that `12,50` is not taken for 1250.
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
                group == 3
            } else {
                (1..=3).contains(&group)
            };
            match known.and_then(|known| rest.strip_prefix(known)) {
                Some(tail) if whole_group => rest = tail,
                _ => return None,
            }
            mark = known;
            group = 0;
        }
        if mark.is_some() && group != 3 {
            return None;
        }
        Some(value)
    }
}

/// Takes signs off a number, each kind at most once.
struct Dress<'a> {
    style: &'a AmountStyle,
    /// The sign, once one was found.
    negative: Option<bool>,
    currency_seen: bool,
}

impl Dress<'_> {
    fn take_off<'t>(&mut self, mut text: &'t str) -> Option<&'t str> {
        loop {
            text = text.trim();
            let before = text.len();
            text = self.sign(text)?;
            text = self.currency(text)?;
            if text.len() == before {
                return Some(text);
            }
        }
    }

    /// `None` where a second sign follows the first.
    fn sign<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let forms = self.style.negative;
        let leading = forms
            .leading_minus
            .then(|| text.strip_prefix(['-', '\u{2212}']))
            .flatten();
        let trailing = forms
            .trailing_minus
            .then(|| text.strip_suffix(['-', '\u{2212}']))
            .flatten();
        let inside = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let inside = forms.parentheses.then_some(inside).flatten();
        let found = [
            (leading, true),
            (text.strip_prefix('+'), false),
            (trailing, true),
            (inside, true),
            (
                self.suffix(text, "DR"),
                forms.suffix == Some(NegativeSuffix::Debit),
            ),
            (
                self.suffix(text, "CR"),
                forms.suffix == Some(NegativeSuffix::Credit),
            ),
        ];
        let Some((bare, negative)) = found
            .into_iter()
            .find_map(|(text, sign)| Some((text?, sign)))
        else {
            return Some(text);
        };
        let first = self.negative.replace(negative).is_none();
        first.then_some(bare)
    }

    fn suffix<'t>(&self, text: &'t str, suffix: &str) -> Option<&'t str> {
        self.style.negative.suffix?;
        let (bare, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
        tail.eq_ignore_ascii_case(suffix).then_some(bare)
    }

    /// `None` where a second currency sign follows the first.
    fn currency<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let bare = self.style.currency_signs.iter().find_map(|sign| {
            text.strip_prefix(sign.as_str())
                .or_else(|| text.strip_suffix(sign.as_str()))
        });
        let Some(bare) = bare else { return Some(text) };
        let first = !std::mem::replace(&mut self.currency_seen, true);
        first.then_some(bare)
    }
}

#[cfg(test)]
mod tests;
