//! The columns of a file against the profile: which fills which column of the table.

use std::collections::BTreeMap;

use super::cell::Cell;
use super::header::HeaderError;
use super::profile::{Field, Profile, Source};
use super::table::{Column, ColumnKind};

/// Where every column of the table comes from. Columns of the file are counted from 0.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// One for each column of the table, in its order.
    pub(super) planned: Vec<Planned>,
    /// The columns of the file that any field comes from.
    pub(super) used: Vec<usize>,
    /// What the file's columns are called.
    pub(super) names: Vec<String>,
}

/// One column of the table.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) column: Column,
    pub(super) from: Origin,
    /// What a row that says nothing has instead.
    pub(super) default: Cell<'static>,
}

/// Where a column of the table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The file has no such column.
    Nowhere,
    /// The record's own number.
    Ordinal,
    /// A column of the file.
    Column(usize),
    /// Credit less debit.
    Pair { debit: usize, credit: usize },
}

/// How a profile's columns can be found in this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// By name, or by position from 1.
    NamesAndPositions,
    /// Only by name: the format has no order of columns.
    NamesOnly,
}

impl Layout {
    /// Fits the file's columns to the profile.
    pub(super) fn resolve(
        profile: &Profile,
        names: &[String],
        naming: Naming,
    ) -> Result<Self, HeaderError> {
        let found = find(profile, names, naming)?;
        let column = |field| found.get(&field).copied();
        let planned = profile.dataset_type.columns().iter().map(|&wanted| {
            let pair = column(Field::Debit).zip(column(Field::Credit));
            let from = match (wanted.field, column(wanted.field), pair) {
                (Field::RowId, None, _) => Origin::Ordinal,
                (_, Some(column), _) => Origin::Column(column),
                (Field::Amount, None, Some((debit, credit))) => Origin::Pair { debit, credit },
                _ => Origin::Nowhere,
            };
            Planned {
                column: wanted,
                from,
                default: profile.default_of(wanted.field),
            }
        });
        let mut used: Vec<usize> = found.values().copied().collect();
        used.sort_unstable();
        used.dedup();
        Ok(Self {
            planned: planned.collect(),
            used,
            names: names.to_vec(),
        })
    }

    /// The position in the table of the one column of that kind which totals are kept of.
    pub(super) fn position(&self, kind: ColumnKind) -> Option<usize> {
        self.planned
            .iter()
            .position(|planned| planned.column.kind == kind)
    }

    /// The position in the table of a field.
    pub(super) fn position_of(&self, field: Field) -> Option<usize> {
        self.planned
            .iter()
            .position(|planned| planned.column.field == field)
    }
}

fn find(
    profile: &Profile,
    names: &[String],
    naming: Naming,
) -> Result<BTreeMap<Field, usize>, HeaderError> {
    let (mut missing, mut ambiguous) = (Vec::new(), Vec::new());
    let mut columns = BTreeMap::new();
    for (field, source) in &profile.columns {
        match locate(source, names, naming) {
            Located::At(column) => {
                columns.insert(*field, column);
            }
            Located::Ordinal => {}
            Located::Nowhere if profile.optional_columns.contains(field) => {}
            Located::Nowhere => missing.push(wanted(*field, source)),
            Located::Ambiguous => ambiguous.push(wanted(*field, source)),
        }
    }
    if missing.is_empty() && ambiguous.is_empty() {
        return Ok(columns);
    }
    Err(HeaderError {
        missing,
        ambiguous,
        found: names.to_vec(),
        unreadable: false,
    })
}

enum Located {
    At(usize),
    Ordinal,
    Nowhere,
    Ambiguous,
}

fn locate(source: &Source, names: &[String], naming: Naming) -> Located {
    match source {
        Source::Ordinal => Located::Ordinal,
        Source::Position(position)
            if naming == Naming::NamesAndPositions && *position <= names.len() =>
        {
            Located::At(position - 1)
        }
        Source::Position(_) => Located::Nowhere,
        Source::Name(wanted) => by_name(wanted, names, naming),
    }
}

/// The only column of that name. A header is compared without case; the keys of a format that has
/// only names are the profile's own.
fn by_name(wanted: &str, names: &[String], naming: Naming) -> Located {
    let folded = wanted.to_lowercase();
    let is_it = |name: &str| match naming {
        Naming::NamesOnly => name == wanted,
        Naming::NamesAndPositions => name.to_lowercase() == folded,
    };
    let mut found = (0..).zip(names).filter(|(_, name)| is_it(name));
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Located::At(index),
        (Some(_), Some(_)) => Located::Ambiguous,
        (None, _) => Located::Nowhere,
    }
}

fn wanted(field: Field, source: &Source) -> String {
    match source {
        Source::Name(name) => format!("{name:?} ({})", field.name()),
        Source::Position(position) => format!("column {position} ({})", field.name()),
        Source::Ordinal => field.name().to_owned(),
    }
}
