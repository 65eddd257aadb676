//! Which column fills which field: the best pairs of names and contents first.

use super::facts::Facts;
use super::words::{says_balance, score};
use crate::process_dataset::profile::Field;
use crate::process_dataset::table::{ColumnKind, DatasetType};

/// Shares of values, in percent, that make a column what its contents say.
const MOST: u64 = 50;
const NEARLY_ALL: u64 = 90;

/// What contents add to a header that says the same.
const CONFIRMED: u32 = 30;

/// A field and the column that fills it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) field: Field,
    pub(super) column: usize,
    /// How surely the header says so; 0 where the contents alone do.
    pub(super) header: u32,
}

/// The pairs, in the order of the fields.
pub(super) fn pairs(dataset_type: DatasetType, facts: &[Facts<'_>], rows: u64) -> Vec<Pair> {
    let mut ranked: Vec<(u32, Pair)> = Vec::new();
    for field in fields(dataset_type) {
        for (column, facts) in facts.iter().enumerate() {
            let header = facts.header.map_or(0, |header| score(header, field));
            if let Some(worth) = worth(field, header, facts, rows) {
                let pair = Pair {
                    field,
                    column,
                    header,
                };
                ranked.push((worth, pair));
            }
        }
    }
    // Stable: of equals, the field that stands first in the table, and then the first column.
    ranked.sort_by_key(|(worth, _)| std::cmp::Reverse(*worth));
    let mut pairs: Vec<Pair> = Vec::new();
    for (_, pair) in ranked {
        let taken = |other: &Pair| other.field == pair.field || other.column == pair.column;
        if !pairs.iter().any(taken) {
            pairs.push(pair);
        }
    }
    settle_amount(&mut pairs);
    settle_date(&mut pairs);
    settle_party(dataset_type, &mut pairs);
    pairs.sort_by_key(|pair| pair.field);
    pairs
}

/// The fields of a type's table, with debit and credit where there is an amount.
pub(super) fn fields(dataset_type: DatasetType) -> Vec<Field> {
    let columns = dataset_type.columns().iter();
    let mut fields: Vec<Field> = columns.map(|column| column.field).collect();
    if dataset_type.by_month() {
        fields.extend([Field::Debit, Field::Credit]);
    }
    fields
}

/// How a field's values are written.
pub(super) fn kind(field: Field) -> ColumnKind {
    let mut columns = DatasetType::ALL.iter().flat_map(|one| one.columns());
    match field {
        Field::Debit | Field::Credit => ColumnKind::Money,
        _ => columns
            .find(|column| column.field == field)
            .map_or(ColumnKind::Text, |column| column.kind),
    }
}

/// What speaks for a pair; `None` where nothing does, or the contents speak against it.
fn worth(field: Field, header: u32, facts: &Facts<'_>, rows: u64) -> Option<u32> {
    let values = &facts.values;
    let named = header > 0;
    if !facts.usable || facts.header.is_some_and(says_balance) {
        return None;
    }
    match kind(field) {
        ColumnKind::RowId => {
            (named && values.filled == rows && values.all_differ()).then_some(header)
        }
        ColumnKind::Day => {
            if facts.most(facts.dates.fits, MOST) && (named || !facts.dates.bare()) {
                Some(header + if named { CONFIRMED } else { 35 })
            } else {
                // A date that cannot be read is better said so than passed over.
                (header > 90 && !facts.most(facts.steps(), MOST)).then_some(1)
            }
        }
        ColumnKind::Moment => {
            let fits = facts.most(facts.dates.fits, MOST);
            let timed = facts.dates.timed();
            match (field, named) {
                (Field::Timestamp, _) if !timed => None,
                (_, true) => fits.then_some(header + CONFIRMED),
                (_, false) => fits.then_some(if timed { 20 } else { 10 }),
            }
        }
        ColumnKind::Money if values.filled == 0 => {
            (named && matches!(field, Field::Debit | Field::Credit)).then_some(header)
        }
        ColumnKind::Money => {
            let fits = facts.most(facts.amounts.fits_best(), MOST);
            let money = facts.most(facts.amounts.like_money, MOST);
            if named {
                fits.then_some(header + if money { CONFIRMED } else { 0 })
            } else {
                (field == Field::Amount && fits && money).then_some(30)
            }
        }
        ColumnKind::Currency => {
            let most = |percent| facts.most(facts.currencies(), percent);
            if named {
                (values.filled == 0 || most(MOST)).then_some(header)
            } else {
                most(100).then_some(40)
            }
        }
        ColumnKind::Choice(_) => {
            let fits = match field {
                Field::Role => facts.roles(),
                _ => facts.entries(),
            };
            facts.most(fits, NEARLY_ALL).then_some(header + 40)
        }
        ColumnKind::Text if named => Some(header),
        ColumnKind::Text => match field {
            Field::PayerAccount | Field::Account => {
                facts.most(facts.ibans(), NEARLY_ALL).then_some(25)
            }
            Field::PayeeAccount => facts.most(facts.ibans(), NEARLY_ALL).then_some(24),
            _ => None,
        },
    }
}

/// An amount, or debit and credit, but not both: the pair where both of it are there and named
/// better.
fn settle_amount(pairs: &mut Vec<Pair>) {
    let header = |pairs: &[Pair], field| {
        pairs
            .iter()
            .find(|pair| pair.field == field)
            .map(|pair| pair.header)
    };
    let amount = header(pairs, Field::Amount);
    let both = header(pairs, Field::Debit).zip(header(pairs, Field::Credit));
    let keep_pair =
        both.is_some_and(|(debit, credit)| amount.is_none_or(|amount| debit.min(credit) > amount));
    pairs.retain(|pair| match pair.field {
        Field::Amount => !keep_pair,
        Field::Debit | Field::Credit => keep_pair,
        _ => true,
    });
}

/// A file whose only days stand in its times: the date is that of the timestamp.
fn settle_date(pairs: &mut Vec<Pair>) {
    let find = |field| pairs.iter().find(|pair| pair.field == field).copied();
    if find(Field::Date).is_none()
        && let Some(moment) = find(Field::Timestamp).or(find(Field::PostedAt))
    {
        pairs.push(Pair {
            field: Field::Date,
            ..moment
        });
    }
}

/// A list of parties whose only id names both the row and the party.
fn settle_party(dataset_type: DatasetType, pairs: &mut Vec<Pair>) {
    let find = |field| pairs.iter().find(|pair| pair.field == field).copied();
    if dataset_type == DatasetType::Parties
        && find(Field::PartyId).is_none()
        && let Some(row) = find(Field::RowId)
    {
        pairs.push(Pair {
            field: Field::PartyId,
            ..row
        });
    }
}
