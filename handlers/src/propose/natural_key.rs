//! Which fields could tell that a row is the same row again, and how often they repeat.

use std::collections::HashSet;

use super::plan::Plan;
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::DatasetType;

/// Fields that together tell a row, the best of each place first.
const OF_PAYMENTS: &[&[Field]] = &[
    &[Field::Date],
    &[Field::Amount, Field::Debit],
    &[Field::PartyId, Field::PartyName, Field::PayeeAccount],
    &[
        Field::DocumentNumber,
        Field::Reference,
        Field::Description,
        Field::PayerAccount,
    ],
];
const OF_PARTIES: &[&[Field]] = &[&[Field::Role], &[Field::PartyId]];
const OF_CALENDARS: &[&[Field]] = &[
    &[Field::Entry],
    &[Field::Date],
    &[Field::Name],
    &[Field::Approver],
];

/// The fewest fields of a key. An amount and a day say too little, and a party's id enough.
const FIELDS_MIN: usize = 3;
const FIELDS_MIN_OF_REFERENCES: usize = 1;

/// A key, and how often it repeats in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NaturalKey {
    /// As a profile names them.
    pub(super) fields: Vec<&'static str>,
    /// Rows that an earlier row of the sample agrees with.
    pub(super) repeats: u64,
}

/// The key that the columns offer, if they offer one.
pub(super) fn of(plan: &Plan<'_>) -> Option<NaturalKey> {
    let (places, fewest) = match plan.dataset_type {
        DatasetType::Parties => (OF_PARTIES, FIELDS_MIN_OF_REFERENCES),
        DatasetType::Calendars => (OF_CALENDARS, FIELDS_MIN_OF_REFERENCES),
        _ => (OF_PAYMENTS, FIELDS_MIN),
    };
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for place in places {
        let Some((field, column)) = place.iter().find_map(|&field| filled(plan, field)) else {
            continue;
        };
        columns.push(column);
        if field == Field::Debit {
            columns.extend(plan.pair(Field::Credit).map(|pair| pair.column));
            fields.push(Field::Amount.name());
        } else {
            fields.push(field.name());
        }
    }
    (fields.len() >= fewest).then(|| NaturalKey {
        fields,
        repeats: repeats(plan, &columns),
    })
}

/// The column of a field.
fn filled(plan: &Plan<'_>, field: Field) -> Option<(Field, usize)> {
    match plan.pair(field) {
        Some(pair) => {
            let filled = plan.facts[pair.column].values.filled;
            let mostly = filled * 2 > plan.sample.rows.len() as u64;
            (mostly || field == Field::Debit).then_some((field, pair.column))
        }
        None if field == Field::Date => Some((field, plan.step_column()?)),
        None => None,
    }
}

/// Rows that are, as they are written, the same in these columns as one before.
fn repeats(plan: &Plan<'_>, columns: &[usize]) -> u64 {
    let mut seen = HashSet::new();
    let text = |row: &'_ [Option<String>], column: usize| {
        let cell = row.get(column).and_then(Option::as_deref);
        cell.unwrap_or_default().trim().to_owned()
    };
    let rows = plan.sample.rows.iter();
    rows.map(|row| -> Vec<String> { columns.iter().map(|&column| text(row, column)).collect() })
        .map(|key| u64::from(!seen.insert(key)))
        .sum()
}
