//! A record to a row: every value checked and in its standard form, or the first fault.

use std::borrow::Cow;

use memchr::memchr;
use nexus_schema::money::Money;

use super::cell::Cell;
use super::layout::{Layout, Origin, Planned};
use super::profile::{Field, Profile};
use super::record_source::Record;
use super::reject::{Fault, RejectReason};
use super::table::{COLUMNS_MAX, ColumnKind};
use super::text::amount::AmountFault;
use super::text::currency::Currency;
use super::text::written;
use super::value::Value;

/// A row that the table will take: a cell for each of its columns, and nulls behind them.
pub(super) type Cells<'a> = [Cell<'a>; COLUMNS_MAX];

/// Checks and standardises one record. The first fault found counts, looking at its bytes, and
/// then at its fields in the order of the table.
#[inline]
pub(super) fn standardise<'a, R: Record<'a>>(
    record: R,
    layout: &Layout,
    profile: &Profile,
) -> Result<Cells<'a>, Fault> {
    if !record.is_plain() {
        check_texts(record, layout)?;
    }
    let mut cells = [const { Cell::Null }; COLUMNS_MAX];
    for (cell, planned) in cells.iter_mut().zip(&layout.planned) {
        *cell = match planned.from {
            Origin::Nowhere => planned.default.clone(),
            Origin::Ordinal => Cell::Ordinal,
            Origin::Column(column) => single(record, column, planned, profile)?,
            Origin::Pair { debit, credit } => Cell::Money(pair(record, [debit, credit], profile)?),
        };
    }
    Ok(cells)
}

/// Columns that are not loaded may hold any bytes.
#[cold]
fn check_texts<'a, R: Record<'a>>(record: R, layout: &Layout) -> Result<(), Fault> {
    for &column in &layout.used {
        let Value::Text(text) = record.value(column) else {
            continue;
        };
        if std::str::from_utf8(text).is_err() {
            return Err(Fault::field(RejectReason::BadEncoding, column));
        }
        if memchr(0, text).is_some() {
            return Err(Fault::field(RejectReason::NulByte, column));
        }
    }
    Ok(())
}

#[inline]
fn single<'a, R: Record<'a>>(
    record: R,
    column: usize,
    planned: &Planned,
    profile: &Profile,
) -> Result<Cell<'a>, Fault> {
    let said = said(record, column, profile)?;
    let cell = match said {
        Some(value) => {
            read(value, planned, profile).map_err(|reason| Fault::field(reason, column))?
        }
        None => Cell::Null,
    };
    match cell {
        Cell::Null if planned.default != Cell::Null => Ok(planned.default.clone()),
        Cell::Null if planned.column.required => {
            Err(Fault::field(RejectReason::MissingField, column))
        }
        cell => Ok(cell),
    }
}

/// The value, if it says anything.
#[inline]
fn said<'a, R: Record<'a>>(
    record: R,
    column: usize,
    profile: &Profile,
) -> Result<Option<Value<'a>>, Fault> {
    match record.value(column) {
        Value::Text(text) => Ok(profile.blanks.value(text).map(Value::Text)),
        Value::Missing => Ok(None),
        Value::Unreadable(reason) => Err(Fault::field(reason, column)),
        other => Ok(Some(other)),
    }
}

/// A value that says something, as its column wants it.
#[inline]
fn read<'a>(
    value: Value<'a>,
    planned: &Planned,
    profile: &Profile,
) -> Result<Cell<'a>, RejectReason> {
    match planned.column.kind {
        ColumnKind::RowId | ColumnKind::Text => Ok(text(value, planned.column.field, profile)),
        ColumnKind::Day => {
            let date = profile.date.day(value).ok_or(RejectReason::BadDate)?;
            if profile.date_bounds.contains(&date) {
                Ok(Cell::Day(date))
            } else {
                Err(RejectReason::DateOutOfRange)
            }
        }
        ColumnKind::Moment => {
            let style = match planned.column.field {
                Field::PostedAt => &profile.posted_at,
                _ => &profile.timestamp,
            };
            let micros = style.micros(value).ok_or(RejectReason::BadTimestamp)?;
            Ok(Cell::Micros(micros))
        }
        ColumnKind::Money => Ok(Cell::Money(amount(value, profile)?)),
        ColumnKind::Currency => match value {
            Value::Text(text) => Currency::parse(text).map(Cell::Currency),
            _ => None,
        }
        .ok_or(RejectReason::BadCurrency),
        ColumnKind::Choice(words) => choice(value, words),
    }
}

#[inline]
fn text<'a>(value: Value<'a>, field: Field, profile: &Profile) -> Cell<'a> {
    let text = match value {
        Value::Text(text) | Value::Number(text) => profile.clean.clean(field, text),
        other => Cow::Owned(written::text(other).into_bytes()),
    };
    if text.is_empty() {
        return Cell::Null;
    }
    Cell::Text(text)
}

fn choice<'a>(value: Value<'a>, words: &'static [&'static str]) -> Result<Cell<'a>, RejectReason> {
    let Value::Text(text) = value else {
        return Err(RejectReason::UnknownValue);
    };
    let said = words
        .iter()
        .find(|word| word.as_bytes().eq_ignore_ascii_case(text));
    match said {
        Some(word) => Ok(Cell::Text(Cow::Borrowed(word.as_bytes()))),
        None => Err(RejectReason::UnknownValue),
    }
}

#[inline]
fn amount(value: Value<'_>, profile: &Profile) -> Result<Money, RejectReason> {
    profile
        .amount
        .read_value(value)
        .map_err(|fault| match fault {
            AmountFault::Unreadable => RejectReason::BadAmount,
            AmountFault::Overflow => RejectReason::AmountOverflow,
        })
}

/// Credit less debit. One of them is there; the other is blank or zero.
fn pair<'a, R: Record<'a>>(
    record: R,
    [debit_column, credit_column]: [usize; 2],
    profile: &Profile,
) -> Result<Money, Fault> {
    let read = |column| {
        let value = said(record, column, profile)?;
        let amount = value.map(|value| amount(value, profile)).transpose();
        amount.map_err(|reason| Fault::field(reason, column))
    };
    match (read(debit_column)?, read(credit_column)?) {
        (None, None) => Err(Fault::field(RejectReason::MissingField, debit_column)),
        (Some(debit), None) => Ok(debit.negated()),
        (None, Some(credit)) => Ok(credit),
        (Some(debit), Some(credit)) if credit.is_zero() => Ok(debit.negated()),
        (Some(debit), Some(credit)) if debit.is_zero() => Ok(credit),
        (Some(_), Some(_)) => Err(Fault::field(RejectReason::BadAmount, credit_column)),
    }
}
