//! How a file writes its amounts: every value is read both ways, with a point and with a comma
//! before the decimals, by the same code that a load reads them with.

use super::answers::DecimalMark;
use super::values::Values;
use nexus_schema::money::Money;

use crate::process_dataset::head::ColumnType;
use crate::process_dataset::text::amount::{AmountStyle, Grouping, NegativeForms, NegativeSuffix};
use crate::process_dataset::value::Value;

/// Marks between groups of three digits, besides the point or comma that is not before the
/// decimals.
const THOUSANDS: [&str; 5] = ["'", "\u{2019}", " ", "\u{a0}", "\u{202f}"];

/// Signs and codes beside amounts, the longer first, each with the currency if it is one alone.
const SIGNS: [(&str, Option<&str>); 17] = [
    ("US$", Some("USD")),
    ("USD", Some("USD")),
    ("EUR", Some("EUR")),
    ("GBP", Some("GBP")),
    ("CHF", Some("CHF")),
    ("JPY", Some("JPY")),
    ("SEK", Some("SEK")),
    ("NOK", Some("NOK")),
    ("DKK", Some("DKK")),
    ("PLN", Some("PLN")),
    ("Fr.", Some("CHF")),
    ("kr", None),
    ("zł", Some("PLN")),
    ("€", Some("EUR")),
    ("£", Some("GBP")),
    ("¥", None),
    ("$", None),
];

/// What values are as amounts. Those of several columns can be added up: a profile has one way
/// to write amounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    /// Values that are amounts with a point before the decimals, and with a comma.
    fits: [u64; 2],
    /// A value that is an amount only with a point, and one only with a comma.
    proofs: [Option<String>; 2],
    /// The first value that is none, with a point and with a comma.
    strangers: [Option<String>; 2],
    /// A value that is another amount with the other mark.
    pub(super) either: Option<String>,
    /// A value that ends in DR or CR.
    pub(super) suffixed: Option<String>,
    /// Values that look like money and not like an id: with two decimals or a currency's sign.
    pub(super) like_money: u64,
    thousands: Vec<&'static str>,
    signs: Vec<(&'static str, Option<&'static str>)>,
    trailing_minus: bool,
    parentheses: bool,
    /// Groups are of two digits, but for the last.
    pub(super) indian: bool,
    /// Some have an exponent.
    pub(super) exponent: bool,
}

/// The decimal mark, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It makes no difference: there are no marks.
    Any,
    /// A value proves it.
    Proven(DecimalMark, String),
    /// Every value could be read both ways; this is one.
    Open(String),
    /// One value proves the point, the other the comma.
    Mixed(String, String),
}

impl Amounts {
    /// What a column's values are: by their type, or read both ways.
    pub(super) fn of(values: &Values<'_>, kind: ColumnType) -> Self {
        match kind {
            ColumnType::Number | ColumnType::Float => Self::typed(values),
            ColumnType::Text => Self::read(values),
            ColumnType::Day | ColumnType::Moment { .. } | ColumnType::Unusable => Self::default(),
        }
    }

    /// Numbers by their type have no marks that could be mistaken.
    fn typed(values: &Values<'_>) -> Self {
        let style = style(DecimalMark::Point);
        let mut amounts = Self::default();
        for &(text, times) in &values.distinct {
            if style.read_value(Value::Number(text.as_bytes())).is_ok() {
                amounts.fits = amounts.fits.map(|fits| fits + times);
                amounts.like_money += if text.contains('.') { times } else { 0 };
            } else {
                let strangers = amounts.strangers.iter_mut();
                strangers.for_each(|place| keep_first(place, text));
            }
        }
        amounts
    }

    fn read(values: &Values<'_>) -> Self {
        let mut amounts = Self::default();
        let plain = [style(DecimalMark::Point), style(DecimalMark::Comma)];
        let needs = |change: fn(&mut AmountStyle)| {
            let mut changed = plain.clone();
            changed.iter_mut().for_each(change);
            let reads = |styles: &[AmountStyle; 2], text: &str| {
                styles
                    .iter()
                    .any(|style| style.read(text.as_bytes()).is_ok())
            };
            let only_then =
                |&&(text, _): &&(&str, u64)| !reads(&plain, text) && reads(&changed, text);
            values.distinct.iter().find(only_then).is_some()
        };
        amounts.indian = needs(|style| style.grouping = Grouping::Indian);
        amounts.exponent = needs(|style| style.exponent = true);
        let mut styles = plain.clone();
        for style in &mut styles {
            style.exponent = amounts.exponent;
            if amounts.indian {
                style.grouping = Grouping::Indian;
            }
        }
        for &(text, times) in &values.distinct {
            let read = [0, 1].map(|mark: usize| styles[mark].read(text.as_bytes()).ok());
            for mark in [0, 1] {
                match read[mark] {
                    Some(_) => amounts.fits[mark] += times,
                    None => keep_first(&mut amounts.strangers[mark], text),
                }
            }
            match read {
                [Some(_), None] => keep_first(&mut amounts.proofs[0], text),
                [None, Some(_)] => keep_first(&mut amounts.proofs[1], text),
                [Some(point), Some(comma)] if point != comma => {
                    keep_first(&mut amounts.either, text);
                }
                [Some(_), Some(_)] => {}
                [None, None] => continue,
            }
            amounts.note_dress(text, times);
        }
        amounts
    }

    /// What two columns have together.
    pub(super) fn and(mut self, other: Self) -> Self {
        for mark in [0, 1] {
            self.fits[mark] += other.fits[mark];
            for (place, text) in [
                (&mut self.proofs[mark], &other.proofs[mark]),
                (&mut self.strangers[mark], &other.strangers[mark]),
            ] {
                *place = place.take().or_else(|| text.clone());
            }
        }
        self.either = self.either.or(other.either);
        self.suffixed = self.suffixed.or(other.suffixed);
        self.like_money += other.like_money;
        other
            .thousands
            .iter()
            .for_each(|mark| keep_once(&mut self.thousands, mark));
        other
            .signs
            .iter()
            .for_each(|sign| keep_once(&mut self.signs, sign));
        self.trailing_minus |= other.trailing_minus;
        self.parentheses |= other.parentheses;
        self.indian |= other.indian;
        self.exponent |= other.exponent;
        self
    }

    /// The decimal mark.
    pub(super) fn mark(&self) -> Mark {
        match (&self.proofs, &self.either) {
            ([Some(point), Some(comma)], _) => Mark::Mixed(point.clone(), comma.clone()),
            ([Some(point), None], _) => Mark::Proven(DecimalMark::Point, point.clone()),
            ([None, Some(comma)], _) => Mark::Proven(DecimalMark::Comma, comma.clone()),
            ([None, None], Some(either)) => Mark::Open(either.clone()),
            ([None, None], None) => Mark::Any,
        }
    }

    /// Values that are amounts with this mark.
    pub(super) fn fits(&self, mark: DecimalMark) -> u64 {
        self.fits[place(mark)]
    }

    /// Values that are amounts with the better mark.
    pub(super) fn fits_best(&self) -> u64 {
        self.fits[0].max(self.fits[1])
    }

    /// A value that is no amount with this mark.
    pub(super) fn stranger(&self, mark: DecimalMark) -> Option<&str> {
        self.strangers[place(mark)].as_deref()
    }

    /// The marks between thousands that stand in the file.
    pub(super) fn thousands(&self, mark: DecimalMark) -> Vec<&'static str> {
        let decimal = mark.as_str();
        let known = self.thousands.iter().copied();
        known.filter(|thousands| *thousands != decimal).collect()
    }

    /// The signs and codes of currencies that stand beside amounts.
    pub(super) fn signs(&self) -> impl Iterator<Item = &'static str> {
        self.signs.iter().map(|(sign, _)| *sign)
    }

    /// The currency of every amount, if their signs leave no doubt. A dollar is of many countries.
    pub(super) fn currency(&self) -> Option<&'static str> {
        let (_, first) = self.signs.first()?;
        let same = self.signs.iter().all(|(_, code)| code == first);
        first.filter(|_| same)
    }

    /// The ways to write a negative amount, as profiles name them.
    pub(super) fn negative(&self, suffix: Option<NegativeSuffix>) -> Vec<&'static str> {
        let suffix = suffix.map(|suffix| match suffix {
            NegativeSuffix::Debit => "dr_suffix",
            NegativeSuffix::Credit => "cr_suffix",
        });
        let forms = [
            Some("leading_minus"),
            self.trailing_minus.then_some("trailing_minus"),
            self.parentheses.then_some("parentheses"),
            suffix.filter(|_| self.suffixed.is_some()),
        ];
        forms.into_iter().flatten().collect()
    }

    /// Which marks and signs a value has, of which it is known that it is an amount.
    fn note_dress(&mut self, text: &str, times: u64) {
        let sign = SIGNS.iter().find(|(sign, _)| text.contains(sign));
        if let Some(sign) = sign {
            keep_once(&mut self.signs, sign);
        }
        let upper = text.to_ascii_uppercase();
        if upper.ends_with("DR") || upper.ends_with("CR") {
            keep_first(&mut self.suffixed, text);
        }
        self.trailing_minus |= text.ends_with(['-', '\u{2212}']);
        self.parentheses |= text.contains('(');
        let digit = |c: char| c.is_ascii_digit();
        let (Some(first), Some(last)) = (text.find(digit), text.rfind(digit)) else {
            return;
        };
        let number = &text[first..=last];
        for mark in THOUSANDS.into_iter().chain([",", "."]) {
            if number.contains(mark) {
                keep_once(&mut self.thousands, &mark);
            }
        }
        let decimals = number.rfind(['.', ',']).map(|at| number.len() - at - 1);
        if sign.is_some() || decimals == Some(2) {
            self.like_money += times;
        }
    }
}

fn place(mark: DecimalMark) -> usize {
    match mark {
        DecimalMark::Point => 0,
        DecimalMark::Comma => 1,
    }
}

/// Everything that the sample may have, with this mark before the decimals.
fn style(mark: DecimalMark) -> AmountStyle {
    let other = match mark {
        DecimalMark::Point => DecimalMark::Comma,
        DecimalMark::Comma => DecimalMark::Point,
    };
    let thousands = THOUSANDS.into_iter().chain([other.as_str()]);
    AmountStyle {
        decimal_mark: mark.byte(),
        thousands_marks: thousands.map(str::to_owned).collect(),
        grouping: Grouping::Thousands,
        exponent: false,
        currency_signs: SIGNS.iter().map(|(sign, _)| (*sign).to_owned()).collect(),
        negative: NegativeForms {
            leading_minus: true,
            trailing_minus: true,
            parentheses: true,
            suffix: Some(NegativeSuffix::Debit),
        },
    }
}

fn keep_first(place: &mut Option<String>, text: &str) {
    if place.is_none() {
        *place = Some(text.to_owned());
    }
}

fn keep_once<T: PartialEq + Copy>(list: &mut Vec<T>, one: &T) {
    if !list.contains(one) {
        list.push(*one);
    }
}

/// The amount that a text is with this mark before its decimals.
pub(super) fn read(text: &str, mark: DecimalMark) -> Option<Money> {
    style(mark).read(text.as_bytes()).ok()
}
