//! A record to a row: every value checked and in its standard form, or the first fault.

use memchr::memchr;
use nexus_schema::money::Money;

use super::header::{AmountColumns, Layout};
use super::profile::{Field, Profile};
use super::records::Record;
use super::reject::{Fault, RejectReason};
use super::text::amount::AmountFault;
use super::text::currency::Currency;
use super::text::date::Date;
use super::text::instant::InstantStyle;
use super::value::Value;

/// A row that the table will take. Texts are UTF-8 without NUL, borrowed from the record.
#[expect(clippy::struct_field_names, reason = "named as the columns are")]
pub(super) struct Row<'a> {
    /// `None`: the record's ordinal is its id.
    pub(super) row_id: Option<&'a [u8]>,
    pub(super) date: Date,
    /// Microseconds since 2000-01-01 00:00 UTC, as is `posted_at`.
    pub(super) timestamp: Option<i64>,
    pub(super) posted_at: Option<i64>,
    pub(super) amount: Money,
    pub(super) currency: Option<Currency>,
    /// In the order of [`Field::TEXTS`].
    pub(super) texts: [Option<&'a [u8]>; Field::TEXTS.len()],
}

/// Checks and standardises one record.
#[inline]
pub(super) fn standardise<'a>(
    record: Record<'a>,
    layout: &Layout,
    profile: &Profile,
) -> Result<Row<'a>, Fault> {
    check_shape(record, layout)?;
    check_bytes(record, layout)?;
    let value = |column: usize| profile.blanks.value(record.field(column));
    let required =
        |column: usize| value(column).ok_or(Fault::field(RejectReason::MissingField, column));
    let row_id = layout.row_id.map(required).transpose()?;
    let date = date(required(layout.date)?, layout.date, profile)?;
    let moment = |column: Option<usize>, style: &InstantStyle| {
        let Some((text, column)) = column.and_then(|column| Some((value(column)?, column))) else {
            return Ok(None);
        };
        let micros = style.micros(Value::Text(text));
        micros
            .map(Some)
            .ok_or(Fault::field(RejectReason::BadTimestamp, column))
    };
    let timestamp = moment(layout.timestamp, &profile.timestamp)?;
    let posted_at = moment(layout.posted_at, &profile.posted_at)?;
    let amount = match layout.amount {
        AmountColumns::Single(column) => amount(required(column)?, column, profile)?,
        AmountColumns::Pair { debit, credit } => {
            pair([value(debit), value(credit)], [debit, credit], profile)?
        }
    };
    let currency = match layout
        .currency
        .and_then(|column| Some((value(column)?, column)))
    {
        None => profile.default_currency,
        Some((text, column)) => {
            let bad = Fault::field(RejectReason::BadCurrency, column);
            Some(Currency::parse(text).ok_or(bad)?)
        }
    };
    let texts = layout.texts.map(|column| column.and_then(value));
    Ok(Row {
        row_id,
        date,
        timestamp,
        posted_at,
        amount,
        currency,
        texts,
    })
}

fn check_shape(record: Record<'_>, layout: &Layout) -> Result<(), Fault> {
    match record.width() {
        width if width < layout.width => Err(Fault::record(RejectReason::TooFewColumns)),
        width if width > layout.width => Err(Fault::record(RejectReason::TooManyColumns)),
        _ => Ok(()),
    }
}

/// One look at the whole record; only if that finds something, at the columns that are used.
#[inline]
fn check_bytes(record: Record<'_>, layout: &Layout) -> Result<(), Fault> {
    if is_plain(record.raw) {
        return Ok(());
    }
    for &column in &layout.used {
        let field = record.field(column);
        if std::str::from_utf8(field).is_err() {
            return Err(Fault::field(RejectReason::BadEncoding, column));
        }
        if memchr(0, field).is_some() {
            return Err(Fault::field(RejectReason::NulByte, column));
        }
    }
    Ok(())
}

/// ASCII without NUL, in one pass without a branch, which compiles to vector instructions.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .fold(0, |highest: u8, byte| highest.max(byte.wrapping_sub(1)))
        < 0x7f
}

#[inline]
fn date(text: &[u8], column: usize, profile: &Profile) -> Result<Date, Fault> {
    let date = profile
        .date
        .day(Value::Text(text))
        .ok_or(Fault::field(RejectReason::BadDate, column))?;
    if profile.date_bounds.contains(&date) {
        Ok(date)
    } else {
        Err(Fault::field(RejectReason::DateOutOfRange, column))
    }
}

#[inline]
fn amount(text: &[u8], column: usize, profile: &Profile) -> Result<Money, Fault> {
    profile
        .amount
        .read_value(Value::Text(text))
        .map_err(|fault| {
            let reason = match fault {
                AmountFault::Unreadable => RejectReason::BadAmount,
                AmountFault::Overflow => RejectReason::AmountOverflow,
            };
            Fault::field(reason, column)
        })
}

/// Credit less debit. One of them is there; the other is blank or zero.
fn pair(
    [debit, credit]: [Option<&[u8]>; 2],
    [debit_column, credit_column]: [usize; 2],
    profile: &Profile,
) -> Result<Money, Fault> {
    let read =
        |text: Option<&[u8]>, column| text.map(|text| amount(text, column, profile)).transpose();
    match (read(debit, debit_column)?, read(credit, credit_column)?) {
        (None, None) => Err(Fault::field(RejectReason::MissingField, debit_column)),
        (Some(debit), None) => Ok(debit.negated()),
        (None, Some(credit)) => Ok(credit),
        (Some(debit), Some(credit)) if credit.is_zero() => Ok(debit.negated()),
        (Some(debit), Some(credit)) if debit.is_zero() => Ok(credit),
        (Some(_), Some(_)) => Err(Fault::field(RejectReason::BadAmount, credit_column)),
    }
}
