//! What is known of each column before it is decided what it holds.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::amounts::Amounts;
use super::dates::Dates;
use super::sample::Sample;
use super::values::Values;
use crate::process_dataset::head::ColumnType;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::{CALENDAR_ENTRIES, PARTY_ROLES};
use crate::process_dataset::text::clean::{Cleaning, Steps};
use crate::process_dataset::text::steps::StepUnit;

/// Everything known of one column.
#[derive(Debug)]
pub(super) struct Facts<'s> {
    /// What it is called, if its name tells anything.
    pub(super) header: Option<&'s str>,
    pub(super) values: Values<'s>,
    pub(super) dates: Dates,
    pub(super) amounts: Amounts,
    /// What the format says about it.
    pub(super) kind: ColumnType,
    /// A profile can name it, and its values are some that fields can have.
    pub(super) usable: bool,
}

impl<'s> Facts<'s> {
    pub(super) fn of(sample: &'s Sample, column: usize) -> Self {
        let values = Values::of(sample, column);
        let kind = sample.types.get(column).copied();
        let kind = kind.unwrap_or(ColumnType::Text);
        let header = sample.columns.get(column).map(String::as_str);
        Self {
            header: header.filter(|_| sample.has_names()),
            dates: Dates::of(&values, kind),
            amounts: Amounts::of(&values, kind),
            usable: kind != ColumnType::Unusable && sample.is_nameable(column),
            values,
            kind,
        }
    }

    /// Its values are numbers by their type, whatever marks the profile has for texts.
    pub(super) fn numbers(&self) -> bool {
        matches!(self.kind, ColumnType::Number | ColumnType::Float)
    }

    /// At least this share of the values, in percent, and at least one value.
    pub(super) fn most(&self, fits: u64, percent: u64) -> bool {
        fits > 0 && fits * 100 >= self.values.filled * percent
    }

    /// Values of three capital letters.
    pub(super) fn currencies(&self) -> u64 {
        let code = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
        self.values.count(code)
    }

    /// Values that are roles of parties.
    pub(super) fn roles(&self) -> u64 {
        self.one_of(PARTY_ROLES)
    }

    /// Values that are entries of calendars.
    pub(super) fn entries(&self) -> u64 {
        self.one_of(CALENDAR_ENTRIES)
    }

    /// Values that are whole numbers, as steps and epoch times are.
    pub(super) fn steps(&self) -> u64 {
        self.values.count(|text| step(text).is_some())
    }

    /// The unit in which every value is a time from 1990 to 2060 since 1970.
    pub(super) fn epoch(&self) -> Option<StepUnit> {
        const SECONDS: RangeInclusive<u64> = 631_152_000..=2_840_140_800;
        let units = [
            (StepUnit::Second, 1),
            (StepUnit::Millisecond, 1000),
            (StepUnit::Microsecond, 1_000_000),
        ];
        let all = |per_second: u64| {
            let within =
                |text: &str| step(text).is_some_and(|step| SECONDS.contains(&(step / per_second)));
            self.most(self.values.count(within), 100)
        };
        units
            .into_iter()
            .find(|(_, per_second)| all(*per_second))
            .map(|(unit, _)| unit)
    }

    /// Values written as international bank account numbers: a country, two digits, the rest.
    pub(super) fn ibans(&self) -> u64 {
        self.values.count(|text| {
            let bytes: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
            let (country, rest) = bytes.split_at(bytes.len().min(2));
            (15..=34).contains(&bytes.len())
                && country.iter().all(u8::is_ascii_uppercase)
                && rest.iter().take(2).all(u8::is_ascii_digit)
                && rest.iter().all(u8::is_ascii_alphanumeric)
        })
    }

    /// Whole numbers that a spreadsheet turned into floats: `5142124791.0`, `5.14E+09`.
    pub(super) fn floats(&self) -> u64 {
        self.values.count(|text| is_float(text).is_some())
    }

    /// A float of fewer digits than the number had: which number it was is lost.
    pub(super) fn cut_float(&self) -> Option<&'s str> {
        let mut texts = self.values.distinct.iter().map(|(text, _)| *text);
        texts.find(|text| is_float(text) == Some(Float::Cut))
    }

    fn one_of(&self, words: &[&str]) -> u64 {
        let known = |text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text));
        self.values.count(known)
    }
}

fn step(text: &str) -> Option<u64> {
    let digits = text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Float {
    Whole,
    Cut,
}

static CLEANING: LazyLock<Cleaning> =
    LazyLock::new(|| Cleaning::new(&[Field::Account], Steps::default()));

/// A whole number as a program writes a float. Whether its digits can be had back is for the
/// cleaning to say, which does so when it is loaded.
fn is_float(text: &str) -> Option<Float> {
    let cleaned = CLEANING.clean(Field::Account, text.as_bytes());
    if *cleaned != *text.as_bytes() {
        return Some(Float::Whole);
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (number, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let cut = whole.len() == 1 && digits(whole) && digits(fraction);
    (cut && exponent.strip_prefix('+').is_some_and(digits)).then_some(Float::Cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_whole_numbers_are_told_apart() {
        for (text, float) in [
            ("5142124791.0", Some(Float::Whole)),
            ("5.14E+09", Some(Float::Cut)),
            ("5.142124791E+09", Some(Float::Whole)),
            ("1E+5", Some(Float::Cut)),
            ("5.14212E9", Some(Float::Whole)),
            ("12.50", None),
            ("DE12", None),
            ("E", None),
            ("12.5E+30", None),
            ("", None),
        ] {
            assert_eq!(is_float(text), float, "{text}");
        }
    }
}
